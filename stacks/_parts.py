"""What several stacks take from their settings in the same way."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_sns as sns

from aws_patterns.load_balancing.tls import TlsApproach


def alarm_topic(stack: cdk.Stack, arn: str | None) -> sns.ITopic | None:
    """The topic that is told about alarms, where there is one."""
    return sns.Topic.from_topic_arn(stack, "AlarmTopic", arn) if arn else None


def certificates(stack: cdk.Stack, arns: Sequence[str]) -> list[acm.ICertificate]:
    """Certificates that exist already."""
    return [acm.Certificate.from_certificate_arn(stack, f"Certificate{n}", arn) for n, arn in enumerate(arns, 1)]


def warn_of_plain_http(stack: cdk.Stack, tls: TlsApproach) -> None:
    """Say what is given up to be deployed without a certificate."""
    if tls is TlsApproach.PLAIN_HTTP:
        name = stack.node.id
        warning = (
            "tls is plain-http: whoever is on the way reads and changes what is sent. "
            f"Pass -c {name}.tls=offload -c {name}.certificate_arns=<a certificate in this Region>"
        )
        cdk.Annotations.of(stack).add_warning_v2("aws-patterns:plainHttp", warning)
