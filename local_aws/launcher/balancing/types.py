"""What the emulator's CloudFormation leaves out of load balancers: networks, weights, conditions, declared targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.balancing.api import NETWORK_ZONE, forward
from local_aws.launcher.extended import After, extended
from local_aws.launcher.hooks import Attributes, Handler, Properties, Provisioned, Record
from local_aws.launcher.values import items, mapping, text

_PROTECTED = ("deletion_protection.enabled", "true")


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handlers, extended."""
    _keep_weights_and_conditions()
    prefix = "AWS::ElasticLoadBalancingV2::"
    return {
        f"{prefix}LoadBalancer": _extended(known[f"{prefix}LoadBalancer"], _balancer),
        f"{prefix}Listener": _extended(known[f"{prefix}Listener"], _listener),
        f"{prefix}ListenerRule": _extended(known[f"{prefix}ListenerRule"], _rule),
        f"{prefix}TargetGroup": _extended(known[f"{prefix}TargetGroup"], _target_group),
    }


def _extended(original: Handler, after: After) -> Handler:
    def delete(physical_id: str, properties: Properties) -> None:
        listed = hooks.lists(hooks.BALANCER_ATTRIBUTES).get(physical_id, [])
        if any((one["Key"], str(one["Value"])) == _PROTECTED for one in listed):
            raise ValueError(f"Load balancer '{physical_id}' cannot be deleted because deletion protection is enabled")
        original["delete"](physical_id, properties)

    return extended(original, after, delete=delete)


def _keep_weights_and_conditions() -> None:
    template_actions = cast("Callable[..., list[Record]]", hooks.TEMPLATE_ACTIONS.get())
    template_conditions = cast("Callable[[object], list[Record]]", hooks.TEMPLATE_CONDITIONS.get())

    def actions(properties: Properties, balancer: str | None, prop: str = "DefaultActions") -> list[Record]:
        found = template_actions(properties, balancer, prop)
        declared = [mapping(one) for one in items(properties, prop)]
        # Weights are for forwarding, authentication before it has none.
        configured = {
            one["Order"]: mapping(given.get("ForwardConfig")) for one, given in zip(found, declared, strict=True)
        }
        kept = [forward(one, configured[one["Order"]]) if configured[one["Order"]] else one for one in found]
        for one in kept:
            _attach(one, balancer)
        return kept

    def conditions(declared: object) -> list[Record]:
        found = template_conditions(declared)
        given = [mapping(one) for one in declared] if isinstance(declared, list) else []
        for one, source in zip(found, given, strict=True):
            if pairs := mapping(source.get("QueryStringConfig")).get("Values"):
                one.update(Values=[], QueryStringConfig={"Values": pairs})
        return found

    hooks.TEMPLATE_ACTIONS.replace(actions)
    hooks.TEMPLATE_CONDITIONS.replace(conditions)


def _attach(action: Record, balancer: str | None) -> None:
    """Every group of a weighted action has the load balancer in front of it, not the first one only."""
    groups = hooks.store(hooks.TARGET_GROUPS)
    for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
        known = groups.get(group["TargetGroupArn"])
        if balancer and known is not None and balancer not in known.setdefault("LoadBalancerArns", []):
            known["LoadBalancerArns"].append(balancer)


def _balancer(done: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
    arn, attributes = done
    mappings = [mapping(one) for one in items(properties, "SubnetMappings")]
    balancer = hooks.store(hooks.BALANCERS)[arn]
    if mappings:
        balancer["Subnets"] = [text(one, "SubnetId") for one in mappings]
        balancer["LocalAwsAddresses"] = {
            text(one, "SubnetId"): text(one, "AllocationId") for one in mappings if "AllocationId" in one
        }
    subnets = hooks.store(hooks.SUBNETS)
    balancer["VpcId"] = next(
        (subnets[one]["VpcId"] for one in balancer["Subnets"] if one in subnets), balancer["VpcId"]
    )
    if balancer["Type"] != "network":
        return arn, attributes
    name, identifier = balancer["LoadBalancerName"], arn.rpartition("/")[2]
    new = arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
    balancer["LoadBalancerArn"] = new
    balancer["DNSName"] = f"{name}-{identifier}.elb.{hooks.region()}.amazonaws.com"
    for state in (hooks.BALANCERS, hooks.BALANCER_TAGS, hooks.BALANCER_ATTRIBUTES):
        _rename(state, arn, new)
    network: Attributes = {
        "Arn": new,
        "LoadBalancerArn": new,
        "DNSName": balancer["DNSName"],
        "LoadBalancerFullName": f"net/{name}/{identifier}",
        "CanonicalHostedZoneID": NETWORK_ZONE,
    }
    return new, {**attributes, **network}


def _listener(done: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
    arn, attributes = done
    listener = hooks.store(hooks.LISTENERS)[arn]
    declared = [mapping(one) for one in items(properties, "ListenerAttributes")]
    if declared:
        hooks.lists(hooks.LISTENER_ATTRIBUTES)[arn] = [
            {"Key": text(one, "Key"), "Value": text(one, "Value")} for one in declared
        ]
    if ":loadbalancer/net/" not in listener["LoadBalancerArn"] or ":listener/net/" in arn:
        return arn, attributes
    new = arn.replace(":listener/app/", ":listener/net/")
    listener["ListenerArn"] = new
    for state in (hooks.LISTENERS, hooks.BALANCER_TAGS, hooks.LISTENER_ATTRIBUTES):
        _rename(state, arn, new)
    for rule in hooks.store(hooks.LISTENER_RULES).values():
        if rule["ListenerArn"] == arn:
            rule["ListenerArn"] = new
    return new, {**attributes, "ListenerArn": new, "Arn": new}


def _rule(done: Provisioned, _properties: Properties, _before: Properties) -> Provisioned:
    rule = hooks.store(hooks.LISTENER_RULES)[done[0]]
    listener = hooks.store(hooks.LISTENERS)[rule["ListenerArn"]]
    for action in rule["Actions"]:
        single = [{"TargetGroupArn": action["TargetGroupArn"]}] if "TargetGroupArn" in action else []
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or single
        _attach({"ForwardConfig": {"TargetGroups": groups}}, listener["LoadBalancerArn"])
    return done[0], {**done[1], "IsDefault": False}


def _target_group(done: Provisioned, properties: Properties, before: Properties) -> Provisioned:
    """Targets that are declared are registered; others, an Auto Scaling group's, stay."""
    arn, attributes = done
    group = hooks.store(hooks.TARGET_GROUPS)[arn]
    declared, gone = _targets(properties), [one["Id"] for one in _targets(before)]
    stores = hooks.lists(hooks.TARGETS)
    kept = [one for one in stores.get(arn, []) if one["Id"] not in gone]
    new = [one for one in declared if one["Id"] not in {target["Id"] for target in kept}]
    stores[arn] = [*kept, *new]
    if "HealthCheckProtocol" not in properties:
        tcp = group["Protocol"] in {"TCP", "UDP", "TCP_UDP", "TLS"}
        group["HealthCheckProtocol"] = "TCP" if tcp else "HTTP"
    full_name = arn.rpartition(":")[2]
    return arn, {**attributes, "TargetGroupFullName": full_name, "LoadBalancerArns": group["LoadBalancerArns"]}


def _targets(properties: Properties) -> list[Record]:
    declared = [mapping(one) for one in items(properties, "Targets")]
    ports = ({"Port": int(text(one, "Port"))} if one.get("Port") else {} for one in declared)
    return [{"Id": text(one, "Id"), **port} for one, port in zip(declared, ports, strict=True)]


def _rename(state: hooks.Hook, old: str, new: str) -> None:
    store = hooks.store(state)
    if old in store and old != new:
        store[new] = store.pop(old)
