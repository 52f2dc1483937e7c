"""Arrows that a template's properties tell: integrations, origins, subscriptions, targets, redrive policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from docs.generate import balancing, messaging
from docs.generate.template import Resource, Template, at, items, text

Label = Callable[[Template, Resource], str]

# By ports whose numbers tell few.
_PROTOCOLS = {"2049": "NFS 2049"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Resources of a type connect what one property refers to with what another one refers to.

    Attributes:
        type: The type.
        source: Dotted path of the property that names where the arrow starts; empty: the resource itself.
        target: Dotted path of the property that names where it ends; empty: the resource itself.
        label: What happens, or how to tell.
        failure: Taken only when something went wrong.
        last_resort: Used only where nothing else connects the two.
    """

    type: str
    source: str = ""
    target: str = ""
    label: str | Label = ""
    failure: bool = False
    last_resort: bool = False

    def labels(self, template: Template, resource: Resource) -> tuple[str, ...]:
        """The arrow's text."""
        label = self.label if isinstance(self.label, str) else self.label(template, resource)
        return tuple(label.splitlines())


def _port(template: Template, resource: Resource) -> str:
    port = resource.properties.get("FromPort")
    # A database tells its own port, which the template may know.
    told = [template.resources[name].properties.get("Port") for name in template.references(port)]
    found = next((text(one) for one in [*told, port] if text(one).isdigit()), "")
    return _PROTOCOLS.get(found, f"port {found}") if found else ""


def _rotation(_template: Template, schedule: Resource) -> str:
    days = text(at(schedule.properties, "RotationRules.AutomaticallyAfterDays"))
    return f"rotates\nevery {days} days" if days not in ("", "1") else "rotates"


def _event(_template: Template, resource: Resource) -> str:
    types = [text(one).removeprefix("EC2 ") for one in items(at(resource.properties, "EventPattern.detail-type"))]
    return " or ".join(types)


def _schedule(_template: Template, resource: Resource) -> str:
    return text(resource.properties.get("ScheduleExpression"))


WIRES: tuple[Wire, ...] = (
    Wire(type="AWS::WAFv2::WebACLAssociation", source="WebACLArn", target="ResourceArn", label="filters"),
    Wire(type="AWS::CloudFront::Distribution", source="DistributionConfig.WebACLId", label="filters"),
    Wire(type="AWS::CloudFront::Distribution", target="DistributionConfig.Origins", label="origin"),
    Wire(type="AWS::Route53::RecordSet", target="AliasTarget"),
    Wire(type="AWS::ApiGateway::Method", target="Integration", label=messaging.method),
    Wire(type="AWS::ApiGatewayV2::Integration", target="IntegrationUri", label=messaging.routes),
    Wire(type="AWS::ElasticLoadBalancingV2::Listener", target="DefaultActions"),
    Wire(type="AWS::ElasticLoadBalancingV2::TargetGroup", target="Targets"),
    Wire(type="AWS::AutoScaling::AutoScalingGroup", source="TargetGroupARNs", label=balancing.ways),
    Wire(type="AWS::ElasticLoadBalancingV2::LoadBalancer", target="LoadBalancerAttributes.Value", label="access logs"),
    Wire(
        type="AWS::ElasticLoadBalancingV2::ListenerRule",
        target="Actions",
        label=lambda _template, rule: balancing.words_of(rule),
    ),
    Wire(type="AWS::ECS::Service", source="LoadBalancers"),
    Wire(type="AWS::Lambda::EventSourceMapping", source="EventSourceArn", target="FunctionName", label=messaging.batch),
    Wire(type="AWS::SNS::Subscription", source="TopicArn", target="Endpoint", label=messaging.subscription),
    Wire(type="AWS::SNS::Subscription", source="TopicArn", target="RedrivePolicy", label="undelivered", failure=True),
    Wire(type="AWS::Events::Rule", source="EventBusName"),
    Wire(type="AWS::Events::Rule", source="EventPattern.detail.AutoScalingGroupName", label=_event),
    Wire(type="AWS::Events::Rule", target="Targets.Arn", label=_schedule),
    Wire(type="AWS::Events::Rule", target="Targets.DeadLetterConfig", label="undelivered", failure=True),
    Wire(type="AWS::Events::Archive", source="SourceArn", label=messaging.archived),
    Wire(type="AWS::EventSchemas::Discoverer", source="SourceArn", label="reads events"),
    Wire(type="AWS::Scheduler::Schedule", target="Target.Arn"),
    Wire(type="AWS::Scheduler::Schedule", target="Target.DeadLetterConfig", label="undelivered", failure=True),
    Wire(type="AWS::Pipes::Pipe", source="Source"),
    Wire(type="AWS::Pipes::Pipe", target="Target"),
    Wire(type="AWS::S3::Bucket", target="NotificationConfiguration", label=messaging.notified),
    Wire(type="AWS::S3::Bucket", target="ReplicationConfiguration", label="replicates"),
    Wire(
        type="Custom::S3BucketNotifications",
        source="BucketName",
        target="NotificationConfiguration",
        label=messaging.notified,
    ),
    Wire(type="AWS::CloudFront::Distribution", target="DistributionConfig.Logging", label="access logs"),
    Wire(
        type="AWS::KinesisFirehose::DeliveryStream",
        target="ExtendedS3DestinationConfiguration.BucketARN",
        label=messaging.buffered,
    ),
    Wire(type="AWS::SQS::Queue", target="RedrivePolicy", label=messaging.redrive, failure=True),
    Wire(type="AWS::Lambda::Function", target="DeadLetterConfig", label="failed events", failure=True),
    Wire(
        type="AWS::Lambda::EventInvokeConfig",
        source="FunctionName",
        target="DestinationConfig.OnFailure",
        label="failed events",
        failure=True,
    ),
    Wire(type="AWS::Lambda::EventInvokeConfig", source="FunctionName", target="DestinationConfig.OnSuccess"),
    Wire(
        type="AWS::EC2::SecurityGroupIngress",
        source="SourceSecurityGroupId",
        target="GroupId",
        label=_port,
        last_resort=True,
    ),
    Wire(type="AWS::CloudWatch::Alarm", target="AlarmActions", label="tells"),
    Wire(type="AWS::RDS::DBInstance", source="SourceDBInstanceIdentifier", label="replicates"),
    Wire(type="AWS::RDS::DBProxyTargetGroup", source="DBProxyName", target="DBClusterIdentifiers", label="pooled"),
    Wire(type="AWS::RDS::DBProxyTargetGroup", source="DBProxyName", target="DBInstanceIdentifiers", label="pooled"),
    Wire(type="AWS::SecretsManager::RotationSchedule", source="RotationLambdaARN", target="SecretId", label=_rotation),
    Wire(type="AWS::Lambda::Permission", source="SourceArn", target="FunctionName", last_resort=True),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A state that uses another service: what it refers to, by which action, and whether only after a failure."""

    references: list[str]
    action: str
    failure: bool


def definition(resource: Resource) -> dict[str, object]:
    """The definition of a state machine; empty where the template does not hold it."""
    given = resource.properties.get("Definition")
    if isinstance(given, dict):
        return given
    written = text(resource.properties.get("DefinitionString"))
    parsed = json.loads(written) if written else {}
    return parsed if isinstance(parsed, dict) else {}


def tasks(template: Template, machine: Resource) -> list[Task]:
    """The states of a machine that use other resources of the template."""
    return _tasks(template, definition(machine))


def _tasks(template: Template, scope: object) -> list[Task]:
    found = []
    states = at(scope, "States")
    states = states if isinstance(states, dict) else {}
    caught = {text(target) for state in states.values() for target in items(at(at(state, "Catch"), "Next"))}
    for name, state in states.items():
        arn = text(at(state, "Resource"))
        own = {key: state[key] for key in ("Resource", "Arguments", "Parameters") if key in state}
        if references := template.references(own):
            action = arn.rpartition(":::")[2].partition(".")[0].rpartition(":")[2] if ":::" in arn else "Invoke"
            found.append(Task(references, action[:1].upper() + action[1:], failure=name in caught))
        inner = [*items(at(state, "Branches")), *items(at(state, "Iterator")), *items(at(state, "ItemProcessor"))]
        found += [task for scope in inner for task in _tasks(template, scope)]
    return found
