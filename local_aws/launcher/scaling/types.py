"""What the emulator's CloudFormation leaves out of Auto Scaling groups: their instances above all."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher import hooks
from local_aws.launcher.extended import replaced, update_of
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.scaling import groups, instances

_GROUP = "AWS::AutoScaling::AutoScalingGroup"


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handlers, extended."""
    return {_GROUP: _group(known[_GROUP])}


def _group(original: Handler) -> Handler:
    update_original = update_of(original)

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        done = original["create"](logical_id, properties, stack)
        with groups.lock:
            group = hooks.store(hooks.SCALING_GROUPS)[done[0]]
            groups.set_fields(group, properties)
            groups.reconcile(group)
        return done

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        with groups.lock:
            before = hooks.store(hooks.SCALING_GROUPS).get(physical_id, {})
            desired, template, served = (
                before.get("DesiredCapacity"),
                instances.template_of(before),
                list(before.get("TargetGroupARNs", ())),
            )
            done = update_original(physical_id, old, new, stack, logical_id)
            group = hooks.store(hooks.SCALING_GROUPS)[done[0]]
            groups.set_fields(group, new)
            if "DesiredCapacity" not in new and desired is not None:
                # What scaling has made of it stays, within the new limits.
                group["DesiredCapacity"] = max(group["MinSize"], min(group["MaxSize"], desired))
            if done[0] == physical_id:
                _move(group, served)
                if instances.template_of(group) != template:
                    _roll(group)
            groups.reconcile(group)
            return done

    def delete(physical_id: str, properties: Properties) -> None:
        with groups.lock:
            group = hooks.store(hooks.SCALING_GROUPS).get(physical_id)
            for instance in group["Instances"] if group else ():
                for arn in group["TargetGroupARNs"] if group else ():
                    groups.deregister(arn, instance)
                instances.end(instance["InstanceId"])
            original["delete"](physical_id, properties)

    return replaced(original, create=create, update=update, delete=delete)


def _move(group: hooks.Record, served: list[str]) -> None:
    for instance in groups.staying(group):
        for arn in served:
            if arn not in group["TargetGroupARNs"]:
                groups.deregister(arn, instance)
        for arn in group["TargetGroupARNs"]:
            groups.register(arn, instance)


def _roll(group: hooks.Record) -> None:
    """Replace the instances, as every update policy does in the end; at once, and without hooks."""
    for instance in groups.staying(group):
        for arn in group["TargetGroupARNs"]:
            groups.deregister(arn, instance)
        groups.remove(group, instance)
