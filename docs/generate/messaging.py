"""What the arrows between queues, topics, buses, buckets and APIs say."""

from __future__ import annotations

from docs.generate import filters
from docs.generate.template import Resource, Template, at, items, text

_ROUTE = "AWS::ApiGatewayV2::Route"
_REST_PARENT = "AWS::ApiGateway::Resource"
_MINUTE = 60


def subscription(_template: Template, resource: Resource) -> str:
    """What a subscription's filter lets through; nothing where it is all."""
    policy = resource.properties.get("FilterPolicy")
    return "\n".join(filters.lines(policy)) if policy else ""


def archived(_template: Template, resource: Resource) -> str:
    """What an archive keeps of a bus's events."""
    return "\n".join(filters.lines(resource.properties.get("EventPattern")))


def batch(_template: Template, resource: Resource) -> str:
    """How many messages a function is given at a time, and how many times at once."""
    size = resource.properties.get("BatchSize")
    found = [f"batches of up to {size}" if isinstance(size, int) and size > 1 else "one by one"]
    at_once = at(resource.properties, "ScalingConfig.MaximumConcurrency")
    if isinstance(at_once, int):
        found.append(f"{at_once} at a time")
    return "\n".join(found)


def redrive(_template: Template, resource: Resource) -> str:
    """After how many attempts a message is a dead letter."""
    attempts = text(at(resource.properties, "RedrivePolicy.maxReceiveCount"))
    return f"after {attempts} attempts" if attempts not in ("", "1") else "after one attempt"


def buffered(_template: Template, stream: Resource) -> str:
    """How often a Firehose stream writes."""
    hints = at(stream.properties, "ExtendedS3DestinationConfiguration.BufferingHints")
    seconds, size = at(hints, "IntervalInSeconds"), at(hints, "SizeInMBs")
    if not isinstance(seconds, int) or not isinstance(size, int):
        return ""
    interval = f"{seconds // _MINUTE} min" if seconds and seconds % _MINUTE == 0 else f"{seconds} s"
    return f"every {interval}\nor {size} MiB"


def notified(_template: Template, resource: Resource) -> str:
    """Which objects a bucket tells about."""
    configuration = resource.properties.get("NotificationConfiguration")
    kinds = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations", "LambdaConfigurations")
    told = [one for kind in kinds for one in items(at(configuration, kind))]
    events = [text(event) for one in told for event in [*items(at(one, "Events")), *items(at(one, "Event"))]]
    what = "new objects" if all("ObjectCreated" in event for event in events) else "what happens to objects"
    rules = [rule for one in told for key in ("Key", "S3Key") for rule in items(at(one, f"Filter.{key}.FilterRules"))]
    rules += [rule for one in told for rule in items(at(one, "Filter.S3Key.Rules"))]
    parts = {text(at(rule, "Name")).lower(): text(at(rule, "Value")) for rule in rules}
    below = f"\nbelow {parts['prefix']}" if parts.get("prefix") else ""
    ending = f"\nnamed \u2026{parts['suffix']}" if parts.get("suffix") else ""
    return f"{what}{below}{ending}"


def method(template: Template, resource: Resource) -> str:
    """A method of a REST API with its path."""
    return f"{text(resource.properties.get('HttpMethod'))} {_path(template, resource)}".strip()


def routes(template: Template, integration: Resource) -> str:
    """The routes of an HTTP API that lead to an integration."""
    leading = [
        text(route.properties.get("RouteKey"))
        for route in template.of_type(_ROUTE)
        if integration.id in template.references(route.properties.get("Target"))
    ]
    return "\n".join(leading)


def signed(template: Template, api: Resource) -> bool:
    """Whether everything that an API does is for those who sign as somebody whom IAM knows."""
    methods = [
        one.properties.get("AuthorizationType")
        for one in template.of_type("AWS::ApiGateway::Method", _ROUTE)
        if api.id in template.references([one.properties.get("RestApiId"), one.properties.get("ApiId")])
        and text(one.properties.get("HttpMethod")) != "OPTIONS"
    ]
    return bool(methods) and all(text(one) == "AWS_IAM" for one in methods)


def _path(template: Template, method_or_part: Resource) -> str:
    holder = method_or_part.properties.get("ResourceId") or method_or_part.properties.get("ParentId")
    for name in template.references(holder):
        part = template.resources[name]
        if part.type == _REST_PARENT:
            return f"{_path(template, part).rstrip('/')}/{text(part.properties.get('PathPart'))}"
    return "/" if holder else ""
