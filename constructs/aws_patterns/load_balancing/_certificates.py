"""Certificates as constructs take them: settings have ARNs, constructs the CDK's objects. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns._validation import Problems


def check_made(problems: Problems, certificates: Sequence[object], *, name: str = "certificates") -> None:
    """Add to ``problems`` every certificate that is no more than its ARN."""
    for position, certificate in enumerate(certificates):
        if isinstance(certificate, str):
            problems.add(
                f"{name}[{position}] must be an object of the CDK, got {certificate!r}: make it with "
                "acm.Certificate.from_certificate_arn(scope, id, arn)"
            )
