"""The instances that would install a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.programs.boot_script import Program, program_of
from local_aws.launcher.scaling import groups, instances
from local_aws.launcher.values import mapping


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instance that would install a program.

    Attributes:
        instance: Its id.
        profile: The ARN of its instance profile; empty where it has none.
        leaving: Whether its group has begun to terminate it.
        reachable: Whether anything here could ask its program.
    """

    instance: str
    account: str
    region: str
    zone: str
    instance_type: str
    profile: str
    leaving: bool
    program: Program
    reachable: bool


def wanted() -> Mapping[str, Wanted]:
    """Those of every group, account and Region, by their ids."""
    found: dict[str, Wanted] = {}
    groups.every(lambda group: found.update((one.instance, one) for one in _of_group(group)))
    return found


def sleeping() -> Mapping[str, str]:
    """The groups that have no instance now, and whose instances would install what works when there is work.

    Returns:
        The program's name by the group's.
    """
    found: dict[str, str] = {}

    def look(group: Record) -> None:
        program = None if group["Instances"] else program_of(instances.user_data_of(group))
        if program and not program.kind.serves:
            found[group["AutoScalingGroupName"]] = program.kind.name

    groups.every(look)
    return found


def _of_group(group: Record) -> Iterator[Wanted]:
    known = hooks.store(hooks.TARGET_GROUPS)
    protocols = {known[arn].get("Protocol") for arn in group.get("TargetGroupARNs", ()) if arn in known}
    for one in group["Instances"]:
        identifier = one["InstanceId"]
        described = hooks.store(hooks.INSTANCES).get(identifier, {})
        program = program_of(str(described.get("UserData") or ""))
        if program and instances.is_running(identifier):
            yield Wanted(
                instance=identifier,
                account=hooks.account(),
                region=hooks.region(),
                zone=one["AvailabilityZone"],
                instance_type=one["InstanceType"],
                profile=str(mapping(described.get("IamInstanceProfile")).get("Arn", "")),
                leaving=one["LifecycleState"].startswith("Terminating"),
                program=program,
                reachable=not program.kind.serves or ("HTTP" in protocols and not program.speaks_tls),
            )
