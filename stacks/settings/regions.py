"""Stacks that are in more than one Region: what a stack brings along elsewhere, by its settings. Needs no CDK.

Settings whose stack makes another one in a further Region (`stacks/_parts.py`, `in_further_region`) have a method
``further_regions``: what that stack's name ends in, and the name of the setting that holds its Region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping


@runtime_checkable
class InFurtherRegions(Protocol):
    """Settings of a stack that is in more than one Region."""

    def further_regions(self) -> Mapping[str, str]:
        """What the name of each further stack ends in, and the setting that says where it is."""
        ...


def further_stacks(name: str, settings: object) -> dict[str, str]:
    """The stacks that a stack of this name brings along, and the Region of each."""
    found = settings.further_regions() if isinstance(settings, InFurtherRegions) else {}
    return {f"{name}{suffix}": str(getattr(settings, setting)) for suffix, setting in found.items()}


def region_problems(settings: object, region: str | None) -> list[str]:
    """One line for every setting that names the Region where the stack itself is."""
    found = settings.further_regions() if isinstance(settings, InFurtherRegions) else {}
    return [
        f"{setting} must be another Region than the stack's own, got {region} for both"
        for setting in found.values()
        if region is not None and getattr(settings, setting) == region
    ]
