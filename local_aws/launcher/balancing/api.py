"""What the emulator's load balancer API loses on the way in and on the way out, and the operations it lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from xml.sax.saxutils import escape

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record

Parameters = Mapping[str, Any]
_CERTIFICATES = "LocalAwsCertificates"
# Of network load balancers in us-east-1; the emulator gives that of application load balancers to both.
NETWORK_ZONE = "Z26RNL4JYFTOTI"


def install() -> None:
    """Let the API keep weights, conditions and certificates."""
    parse_actions = cast("Callable[..., list[Record]]", hooks.PARSE_ACTIONS.get())
    parse_conditions = cast("Callable[..., list[Record]]", hooks.PARSE_CONDITIONS.get())
    action_xml = cast("Callable[[Record], str]", hooks.ACTION_XML.get())
    condition_xml = cast("Callable[[Record], str]", hooks.CONDITION_XML.get())
    balancer_xml = cast("Callable[[Record], str]", hooks.BALANCER_XML.get())

    def actions(parameters: Parameters, prefix: str = "DefaultActions") -> list[Record]:
        found = parse_actions(parameters, prefix)
        return [_with_forward(parameters, f"{prefix}.member.{number}", one) for number, one in enumerate(found, 1)]

    def conditions(parameters: Parameters, prefix: str = "Conditions") -> list[Record]:
        found = parse_conditions(parameters, prefix)
        return [_with_query(parameters, f"{prefix}.member.{number}", one) for number, one in enumerate(found, 1)]

    hooks.PARSE_ACTIONS.replace(actions)
    hooks.PARSE_CONDITIONS.replace(conditions)
    hooks.ACTION_XML.replace(lambda action: _inside(action_xml(action), _forward_xml(action)))
    hooks.CONDITION_XML.replace(lambda condition: _inside(condition_xml(condition), _query_xml(condition)))
    hooks.BALANCER_XML.replace(lambda balancer: _described(balancer_xml(balancer), balancer))
    operations = cast("dict[str, object]", hooks.BALANCER_ACTIONS.get())
    operations.update(
        {
            "AddListenerCertificates": _add_certificates,
            "RemoveListenerCertificates": _remove_certificates,
            "DescribeListenerCertificates": _describe_certificates,
        }
    )


def forward(action: Record, configuration: Record) -> Record:
    """An action with the weights and the stickiness of its target groups."""
    groups = [
        {"TargetGroupArn": str(group["TargetGroupArn"]), "Weight": int(group.get("Weight", 1))}
        for group in configuration.get("TargetGroups") or ()
    ]
    stickiness = configuration.get("TargetGroupStickinessConfig") or {}
    return {**action, "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}}


def _with_forward(parameters: Parameters, base: str, action: Record) -> Record:
    under = f"{base}.ForwardConfig"
    groups = []
    for number in range(1, 6):
        if arn := _one(parameters, f"{under}.TargetGroups.member.{number}.TargetGroupArn"):
            weight = _one(parameters, f"{under}.TargetGroups.member.{number}.Weight") or "1"
            groups.append({"TargetGroupArn": arn, "Weight": weight})
    if not groups:
        return action
    stickiness = {
        "Enabled": _one(parameters, f"{under}.TargetGroupStickinessConfig.Enabled") == "true",
        "DurationSeconds": _one(parameters, f"{under}.TargetGroupStickinessConfig.DurationSeconds") or 0,
    }
    known = {"TargetGroupArn": groups[0]["TargetGroupArn"], **action}
    return forward(known, {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness})


def _with_query(parameters: Parameters, base: str, condition: Record) -> Record:
    under = f"{base}.QueryStringConfig.Values.member"
    pairs = []
    for number in range(1, 6):
        if value := _one(parameters, f"{under}.{number}.Value"):
            key = _one(parameters, f"{under}.{number}.Key")
            pairs.append({**({"Key": key} if key else {}), "Value": value})
    return {**condition, "QueryStringConfig": {"Values": pairs}} if pairs else condition


def _one(parameters: Parameters, key: str) -> str:
    value = parameters.get(key, "")
    return str(value[0]) if isinstance(value, list) else str(value)


def _inside(element: str, more: str) -> str:
    return element.removesuffix("</member>") + more + "</member>" if more else element


def _forward_xml(action: Record) -> str:
    configuration = action.get("ForwardConfig")
    if not configuration:
        return ""
    groups = "".join(
        f"<member><TargetGroupArn>{escape(group['TargetGroupArn'])}</TargetGroupArn>"
        f"<Weight>{group['Weight']}</Weight></member>"
        for group in configuration["TargetGroups"]
    )
    stickiness = configuration["TargetGroupStickinessConfig"]
    enabled = str(stickiness.get("Enabled", False)).lower()
    seconds = f"<DurationSeconds>{int(stickiness['DurationSeconds'])}</DurationSeconds>" if enabled == "true" else ""
    return (
        f"<ForwardConfig><TargetGroups>{groups}</TargetGroups><TargetGroupStickinessConfig>"
        f"<Enabled>{enabled}</Enabled>{seconds}</TargetGroupStickinessConfig></ForwardConfig>"
    )


def _query_xml(condition: Record) -> str:
    pairs = condition.get("QueryStringConfig", {}).get("Values") or ()
    keys = (f"<Key>{escape(str(pair['Key']))}</Key>" if pair.get("Key") else "" for pair in pairs)
    members = "".join(
        f"<member>{key}<Value>{escape(str(pair['Value']))}</Value></member>"
        for key, pair in zip(keys, pairs, strict=True)
    )
    return f"<QueryStringConfig><Values>{members}</Values></QueryStringConfig>" if members else ""


def _described(xml: str, balancer: Record) -> str:
    """The zones that the subnets are in, and the Elastic IPs."""
    subnets, addresses = hooks.store(hooks.SUBNETS), balancer.get("LocalAwsAddresses", {})
    zones = ""
    for subnet in balancer.get("Subnets", []):
        zone = subnets.get(subnet, {}).get("AvailabilityZone", f"{hooks.region()}a")
        allocation = addresses.get(subnet)
        fixed = f"<member><AllocationId>{allocation}</AllocationId></member>" if allocation else ""
        zones += (
            f"<member><ZoneName>{zone}</ZoneName><SubnetId>{subnet}</SubnetId>"
            f"<LoadBalancerAddresses>{fixed}</LoadBalancerAddresses></member>"
        )
    described = re.sub(
        "<AvailabilityZones>.*</AvailabilityZones>", f"<AvailabilityZones>{zones}</AvailabilityZones>", xml
    )
    if balancer.get("Type") == "network":
        return re.sub("(<CanonicalHostedZoneId>)[^<]*", rf"\g<1>{NETWORK_ZONE}", described)
    return described


def _add_certificates(parameters: Parameters) -> object:
    found = _certificates(parameters)
    found.extend(arn for arn in _named(parameters) if arn not in found)
    return _answer("AddListenerCertificates", found)


def _remove_certificates(parameters: Parameters) -> object:
    found, removed = _certificates(parameters), _named(parameters)
    found[:] = [arn for arn in found if arn not in removed]
    return _answer("RemoveListenerCertificates", found)


def _describe_certificates(parameters: Parameters) -> object:
    listener = hooks.store(hooks.LISTENERS).get(_one(parameters, "ListenerArn"), {})
    return _answer("DescribeListenerCertificates", _certificates(parameters), listener.get("Certificates", ()))


def _certificates(parameters: Parameters) -> list[str]:
    listener = hooks.store(hooks.LISTENERS).get(_one(parameters, "ListenerArn"), {})
    return cast("list[str]", listener.setdefault(_CERTIFICATES, []))


def _named(parameters: Parameters) -> list[str]:
    keys = (f"Certificates.member.{number}.CertificateArn" for number in range(1, 26))
    return [arn for key in keys if (arn := _one(parameters, key))]


def _answer(operation: str, added: Sequence[str], default: Sequence[str] = ()) -> object:
    members = "".join(
        f"<member><CertificateArn>{escape(arn)}</CertificateArn><IsDefault>{is_default}</IsDefault></member>"
        for arns, is_default in ((default, "true"), (added, "false"))
        for arn in arns
    )
    respond = cast("Callable[[int, str, str], object]", hooks.XML_ANSWER.get())
    return respond(200, operation, f"<Certificates>{members}</Certificates>")
