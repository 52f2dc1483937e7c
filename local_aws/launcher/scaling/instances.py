"""The instances of Auto Scaling groups as EC2 describes them."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.values import items, mapping, text

_DEFAULT_TYPE = "t3.micro"
_DEFAULT_IMAGE = "ami-0c2023a1b2c3d4e5f"
# The first four addresses of a subnet are AWS's own.
_FIRST_ADDRESS = 4


def subnets_of(group: Record) -> list[str]:
    """The subnets that a group may use."""
    return [subnet for subnet in str(group.get("VPCZoneIdentifier") or "").split(",") if subnet]


def zones_of(group: Record) -> list[str]:
    """The zones of a group's subnets; where they are not known, those that it has been given."""
    known = hooks.store(hooks.SUBNETS)
    zones = [known[subnet]["AvailabilityZone"] for subnet in subnets_of(group) if subnet in known]
    return list(dict.fromkeys(zones or group.get("AvailabilityZones") or [f"{hooks.region()}a"]))


def launch(group: Record) -> Record:
    """Start an instance in the zone that has the fewest."""
    template = template_of(group)
    counted = Counter(one["AvailabilityZone"] for one in group["Instances"])
    zone = min(zones_of(group), key=lambda name: counted[name])
    known = hooks.store(hooks.SUBNETS)
    subnet = next((one for one in subnets_of(group) if known.get(one, {}).get("AvailabilityZone") == zone), "")
    data = _template_data(template)
    kind = _next_type(group) or text(data, "InstanceType", _DEFAULT_TYPE)
    start = cast("Callable[..., Sequence[Record]]", hooks.LAUNCH_INSTANCES.get())
    instance = start(
        image_id=text(data, "ImageId", _DEFAULT_IMAGE),
        instance_type=kind,
        subnet_id=subnet,
        count=1,
        user_data=text(data, "UserData"),
        sg_ids=[str(one) for one in items(data, "SecurityGroupIds")] or None,
        requested_private_ip=_free_address(subnet),
        iam_profile=_profile(data),
    )[0]
    instance["Placement"]["AvailabilityZone"] = zone
    instance.pop("PublicIpAddress", None)
    instance["PublicIpAddress"], instance["PublicDnsName"] = "", ""
    hooks.lists(hooks.EC2_TAGS)[instance["InstanceId"]] = _tags(group, data)
    return {
        "InstanceId": instance["InstanceId"],
        "InstanceType": kind,
        "LifecycleState": "Pending",
        "HealthStatus": "Healthy",
        "AvailabilityZone": zone,
        "ProtectedFromScaleIn": group["NewInstancesProtectedFromScaleIn"],
        "LaunchTemplate": template,
        "LaunchConfigurationName": group.get("LaunchConfigurationName", ""),
        "LaunchedAt": time.time(),
    }


def user_data_of(group: Record) -> str:
    """The boot script, in Base64, of the instances that a group would start now."""
    return text(_template_data(template_of(group)), "UserData")


def end(instance: str) -> None:
    """Let EC2 describe it as terminated."""
    if known := hooks.store(hooks.INSTANCES).get(instance):
        known["State"] = {"Code": 48, "Name": "terminated"}
        known["_terminated_at"] = time.time()


def is_running(instance: str) -> bool:
    """Whether nobody has terminated or stopped it behind the group's back."""
    known = hooks.store(hooks.INSTANCES).get(instance)
    return known is not None and known["State"]["Name"] in {"pending", "running"}


def template_of(group: Record) -> Record:
    """The launch template that new instances are started from, with a version in numbers."""
    mixed = mapping(group.get("MixedInstancesPolicy"))
    specification = group.get("LaunchTemplate") or mapping(
        mapping(mixed.get("LaunchTemplate")).get("LaunchTemplateSpecification")
    )
    identifier = specification.get("LaunchTemplateId") or specification.get("LaunchTemplateName") or ""
    for found in hooks.store(hooks.LAUNCH_TEMPLATES).values():
        if identifier in {found["LaunchTemplateId"], found["LaunchTemplateName"]}:
            asked = str(specification.get("Version") or "$Default")
            numbers = {"$Default": found["DefaultVersionNumber"], "$Latest": found["LatestVersionNumber"]}
            return {
                "LaunchTemplateId": found["LaunchTemplateId"],
                "LaunchTemplateName": found["LaunchTemplateName"],
                "Version": str(numbers.get(asked, asked)),
            }
    return dict(specification)


def _template_data(template: Record) -> Mapping[str, object]:
    found = hooks.store(hooks.LAUNCH_TEMPLATES).get(str(template.get("LaunchTemplateId")), {})
    versions = {str(one["VersionNumber"]): one for one in found.get("Versions", ())}
    return mapping(versions.get(str(template.get("Version")), {}).get("LaunchTemplateData"))


def _profile(data: Mapping[str, object]) -> Record | None:
    """The instance profile that a launch template names."""
    named = mapping(data.get("IamInstanceProfile"))
    find = cast("Callable[..., tuple[Record | None, object]]", hooks.INSTANCE_PROFILE.get())
    return find(iam_arn=text(named, "Arn"), iam_name=text(named, "Name"))[0]


def _next_type(group: Record) -> str:
    """Of several types the next in turn: which one AWS had capacity of is anybody's guess."""
    overrides = items(mapping(mapping(group.get("MixedInstancesPolicy")).get("LaunchTemplate")), "Overrides")
    types = [text(mapping(one), "InstanceType") for one in overrides if "InstanceType" in mapping(one)]
    return types[len(group["Instances"]) % len(types)] if types else ""


def _free_address(subnet: str) -> str | None:
    known = hooks.store(hooks.SUBNETS).get(subnet)
    if known is None:
        return None
    taken = {one["PrivateIpAddress"] for one in hooks.store(hooks.INSTANCES).values() if one["State"]["Code"] != 48}  # noqa: PLR2004 # terminated
    hosts = list(ipaddress.ip_network(known["CidrBlock"]).hosts())[_FIRST_ADDRESS - 1 :]
    return next((str(address) for address in hosts if str(address) not in taken), None)


def _tags(group: Record, data: Mapping[str, object]) -> list[Record]:
    specifications = (mapping(one) for one in items(data, "TagSpecifications"))
    declared = [
        mapping(tag) for one in specifications if one.get("ResourceType") == "instance" for tag in items(one, "Tags")
    ]
    propagated = [tag for tag in group.get("Tags", []) if tag.get("PropagateAtLaunch")]
    named = {"Key": "aws:autoscaling:groupName", "Value": group["AutoScalingGroupName"]}
    by_key = {text(tag, "Key"): text(tag, "Value") for tag in [*declared, *propagated, named]}
    return [{"Key": key, "Value": value} for key, value in by_key.items()]
