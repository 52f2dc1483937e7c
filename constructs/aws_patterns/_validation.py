"""Collects every problem of one call, so that a user fixes them in one go. Needs no CDK."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection
from types import TracebackType

# What a token can be written as, and what else the CDK's process knows of.
_WRITTEN = (str, int, float, list)
_OF_JSII = ("__jsii_type__", "__jsii_ifaces__")


class Problems:
    """Context manager that raises one ValueError naming every problem found inside it.

    Values known only at deployment (CDK tokens) are let through.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self.found: list[str] = []

    def __enter__(self) -> Problems:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self.found:
            raise ValueError("\n  - ".join([f"{self._subject} can't be built:", *self.found]))

    def add(self, problem: str) -> None:
        self.found.append(problem)

    def between(self, name: str, value: float, low: float, high: float, unit: str = "") -> None:
        if is_token(value):
            return
        if not isinstance(value, int | float):
            self.add(f"{name} must be a number between {low:.15g} and {high:.15g}{unit}, got {value!r}")
        elif not low <= value <= high:
            self.add(f"{name} must be between {low:.15g} and {high:.15g}{unit}, got {value:.15g}{unit}")

    def one_of(self, name: str, value: str, allowed: Collection[str]) -> None:
        if not is_token(value) and value not in allowed:
            self.add(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def is_token(value: object) -> bool:
    """Whether the value is known only at deployment. Without the CDK loaded there are no such values."""
    if isinstance(value, float) and not math.isfinite(value):
        return False  # Would end the CDK's Node process, which is asked in JSON.
    if not isinstance(value, _WRITTEN) and not any(hasattr(type(value), mark) for mark in _OF_JSII):
        return False  # Could not be sent there.
    cdk = sys.modules.get("aws_cdk")
    return cdk is not None and bool(cdk.Token.is_unresolved(value))
