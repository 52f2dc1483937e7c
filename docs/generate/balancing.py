"""What the arrows to and from load balancers say: listeners, rules, weights."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generate.template import Resource, Template, at, items, text

_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
_CONDITIONS = {
    "path-pattern": "PathPatternConfig.Values",
    "host-header": "HostHeaderConfig.Values",
    "http-request-method": "HttpRequestMethodConfig.Values",
    "source-ip": "SourceIpConfig.Values",
    "http-header": "HttpHeaderConfig.Values",
}
_SHOWN_VALUES = 2


def doors(template: Template, balancer: Resource) -> tuple[str, ...]:
    """The listeners of a load balancer, one line each."""
    listeners = [
        one
        for one in template.of_type(_LISTENER)
        if balancer.id in template.references(one.properties.get("LoadBalancerArn"))
    ]
    return tuple(dict.fromkeys(_door(one) for one in sorted(listeners, key=_redirects)))


def ways(template: Template, fleet: Resource) -> str:
    """How requests come to a fleet: which rules and what share, and to which port."""
    served = set(template.references(fleet.properties.get("TargetGroupARNs")))
    told = [line for listener in template.of_type(_LISTENER, _RULE) for line in _lines(template, listener, served)]
    groups = [template.resources[name] for name in served]
    ports = {
        " ".join(filter(None, (text(one.properties.get("Protocol")), text(one.properties.get("Port")))))
        for one in groups
    }
    return "\n".join(dict.fromkeys([*told, *sorted(filter(None, ports))]))


def words_of(rule: Resource) -> str:
    """The conditions of a rule, in short."""
    return " and ".join(filter(None, (_condition(one) for one in items(rule.properties.get("Conditions")))))


def _door(listener: Resource) -> str:
    name = f"{text(listener.properties.get('Protocol'))} {text(listener.properties.get('Port'))}".strip()
    return f"{name}, redirected" if _redirects(listener) else name


def _redirects(listener: Resource) -> bool:
    return "redirect" in [text(at(one, "Type")) for one in items(listener.properties.get("DefaultActions"))]


def _lines(template: Template, listener: Resource, served: set[str]) -> Iterator[str]:
    condition = words_of(listener) if listener.type == _RULE else ""
    for action in [*items(listener.properties.get("DefaultActions")), *items(listener.properties.get("Actions"))]:
        groups = items(at(action, "ForwardConfig.TargetGroups"))
        weights = [at(one, "Weight") for one in groups]
        total = sum(weight for weight in weights if isinstance(weight, int))
        for group, weight in zip(groups, weights, strict=True):
            if set(template.references(group)) & served and total and len(groups) > 1 and isinstance(weight, int):
                yield " ".join(filter(None, (condition, f"{100 * weight / total:.3g} %")))
        if condition and (not groups or len(groups) == 1) and set(template.references(action)) & served:
            yield condition


def _condition(condition: object) -> str:
    field = text(at(condition, "Field"))
    if field == "query-string":
        pairs = items(at(condition, "QueryStringConfig.Values"))
        return "?" + " or ".join(
            "=".join(filter(None, (text(at(one, "Key")), text(at(one, "Value"))))) for one in pairs
        )
    values = [text(one) for one in items(at(condition, _CONDITIONS.get(field, "Values")) or at(condition, "Values"))]
    shown = " or ".join(values[:_SHOWN_VALUES]) + (" ..." if len(values) > _SHOWN_VALUES else "")
    name = text(at(condition, "HttpHeaderConfig.HttpHeaderName"))
    return f"{name}: {shown}" if name else shown
