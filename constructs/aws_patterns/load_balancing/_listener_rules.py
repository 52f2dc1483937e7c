"""Rules of content routing as the CDK has them."""

from __future__ import annotations

from typing import assert_never

from aws_cdk import Duration
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns.load_balancing._rule_priorities import priority_of
from aws_patterns.load_balancing.content_routing import (
    Condition,
    FixedResponse,
    Forward,
    HostHeader,
    HttpHeader,
    HttpMethod,
    PathPattern,
    QueryString,
    Redirect,
    Rule,
    RuleAction,
    SourceIp,
    WeightedForward,
)


def make_rule(
    scope: Construct,
    rule: Rule,
    *,
    listener: elbv2.IApplicationListener,
    default_action: elbv2.ListenerAction,
    fleet: elbv2.IApplicationTargetGroup | None,
) -> elbv2.ApplicationListenerRule:
    """One rule of a listener.

    Args:
        scope: What it belongs to.
        rule: It, checked.
        listener: Whose it is.
        default_action: What ``Forward()`` stands for.
        fleet: What ``None`` stands for where requests are shared out; ``None`` where there is no such one.
    """
    return elbv2.ApplicationListenerRule(
        scope,
        rule.name,
        listener=listener,
        priority=priority_of(rule),
        conditions=[_condition(condition) for condition in rule.conditions],
        action=_action(rule.action, default_action, fleet),
    )


def needs_fleet(action: RuleAction) -> bool:
    """Whether the action shares requests out to the tier's own fleet."""
    return isinstance(action, WeightedForward) and None in action.weights


def _condition(condition: Condition) -> elbv2.ListenerCondition:
    match condition:
        case PathPattern(values=values):
            return elbv2.ListenerCondition.path_patterns(list(values))
        case HostHeader(values=values):
            return elbv2.ListenerCondition.host_headers(list(values))
        case HttpMethod(values=values):
            return elbv2.ListenerCondition.http_request_methods(list(values))
        case SourceIp(values=values):
            return elbv2.ListenerCondition.source_ips(list(values))
        case HttpHeader(name=name, values=values):
            return elbv2.ListenerCondition.http_header(name, list(values))
        case QueryString(key=key, values=values):
            return elbv2.ListenerCondition.query_strings(
                [elbv2.QueryStringCondition(key=key, value=value) for value in values]
            )
        case _:
            assert_never(condition)


def _action(
    action: RuleAction, default_action: elbv2.ListenerAction, fleet: elbv2.IApplicationTargetGroup | None
) -> elbv2.ListenerAction:
    match action:
        case Forward():
            return elbv2.ListenerAction.forward([action.target_group]) if action.target_group else default_action
        case WeightedForward():
            return elbv2.ListenerAction.weighted_forward(
                [
                    elbv2.WeightedTargetGroup(target_group=target_group, weight=weight)
                    for given, weight in action.weights.items()
                    if (target_group := fleet if given is None else given) is not None
                ],
                stickiness_duration=Duration.seconds(action.sticky_seconds) if action.sticky_seconds else None,
            )
        case Redirect():
            return elbv2.ListenerAction.redirect(
                protocol=action.protocol,
                host=action.host,
                port=None if action.port is None else str(action.port),
                path=action.path,
                query=action.query,
                permanent=action.permanent,
            )
        case FixedResponse():
            return elbv2.ListenerAction.fixed_response(
                action.status_code, content_type=action.content_type, message_body=action.body or None
            )
        case _:
            assert_never(action)
