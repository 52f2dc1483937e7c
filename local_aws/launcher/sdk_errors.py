"""The names under which Step Functions reports the errors of the services it calls."""

from __future__ import annotations

from functools import lru_cache

import botocore.session

# Signing names whose API description has another name.
_DESCRIPTIONS = {"ses": "sesv2", "monitoring": "cloudwatch", "states": "stepfunctions"}
# What Step Functions puts before an error: of an integration made for the service, and of any SDK call.
_PREFIXES = {
    "dynamodb": ("DynamoDB", "DynamoDb"),
    "events": ("EventBridge", "EventBridge"),
    "lambda": ("Lambda", "Lambda"),
    "monitoring": ("CloudWatch", "CloudWatch"),
    "ses": ("SesV2", "SesV2"),
    "sns": ("SNS", "Sns"),
    "sqs": ("SQS", "Sqs"),
    "states": ("StepFunctions", "Sfn"),
}


def error_name(service: str, code: str, *, sdk: bool) -> str:
    """The name for an error code that a service sends.

    Args:
        service: Its signing name.
        code: What it sends: "Throttled" where the SDKs' class is ThrottledException.
        sdk: Whether the call is an ``aws-sdk`` integration.

    >>> error_name("sns", "Throttled", sdk=True)
    'Sns.ThrottledException'
    """
    if "." in code:
        return code
    fallback = service.capitalize()
    prefix = _PREFIXES.get(service, (fallback, fallback))[sdk]
    name = _classes(service).get(code, code)
    if sdk and not name.endswith("Exception"):
        # The SDK names every class so; what it has no class for is the service's general exception.
        known = name in _classes(service).values()
        name = f"{name.removesuffix('Fault')}Exception" if known else f"{prefix}Exception"
    return f"{prefix}.{name}"


@lru_cache(maxsize=32)
def _classes(service: str) -> dict[str, str]:
    """The class of each error code of a service."""
    session = botocore.session.get_session()
    name = _DESCRIPTIONS.get(service, service)
    if name not in session.get_available_services():
        return {}
    shapes = session.get_service_model(name).error_shapes
    return {shape.metadata.get("error", {}).get("code", shape.name): shape.name for shape in shapes}
