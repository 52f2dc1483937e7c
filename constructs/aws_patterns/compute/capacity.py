"""How many instances a fleet has, and what remains of it when a zone is lost. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """How many instances there may be: ``Capacity(minimum=3, maximum=9)``.

    Args:
        minimum: Never fewer; one in each zone, so that none is empty when another is lost.
        maximum: Never more, which is what bounds the bill.
        desired: How many to run from now on. Every deployment sets it again, whatever scaling has made of it
            meanwhile. Default: the minimum at first, afterwards what scaling decides.
        needed: How many carry the load. Fewer may be left after the loss of a zone: synthesis then says how many to
            run instead. Default: ``desired`` if given, otherwise unknown.
        fewer_than_zones: Accepts a minimum below the number of zones: some are empty at times.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html
    """

    minimum: int
    maximum: int
    desired: int | None = None
    needed: int | None = None
    fewer_than_zones: bool = False

    @property
    def running(self) -> int:
        """How many a first deployment starts."""
        return self.minimum if self.desired is None else self.desired


def check_capacity(problems: Problems, capacity: Capacity, *, zones: int, name: str = "capacity") -> None:
    """Add to ``problems`` whatever is wrong with the numbers of one fleet over so many ``zones``."""
    least, most, desired, needed = capacity.minimum, capacity.maximum, capacity.desired, capacity.needed
    if not is_token(least) and least < 0:
        problems.add(f"{name}.minimum must be 0 or more, got {least}")
    if not is_token(most) and most < 1:
        problems.add(f"{name}.maximum must be 1 or more, got {most}: nothing could ever run")
        return
    known = not is_token(least) and not is_token(most)
    if known and least > most:
        problems.add(f"{name}.minimum must be at most its maximum, {most}, got {least}")
        return
    if desired is not None and known:
        problems.between(f"{name}.desired", desired, least, most)
    if needed is not None and known:
        problems.between(f"{name}.needed", needed, 1, most)
    if not is_token(least) and 0 <= least < zones and not capacity.fewer_than_zones:
        problems.add(
            f"{name}.minimum must be at least {zones}, one for each zone, got {least}: raise it, use fewer zones, "
            "or accept empty zones with fewer_than_zones=True"
        )


def zone_loss_advice(capacity: Capacity, zones: int) -> str | None:
    """What to change so that the loss of one zone leaves what is needed; ``None`` where that is so or unknown."""
    needed = capacity.desired if capacity.needed is None else capacity.needed
    running = capacity.running
    if needed is None or zones < 2 or is_token(needed) or is_token(running):  # noqa: PLR2004 - one zone has no other
        return None
    left = _left(running, zones)
    if left >= needed:
        return None
    enough = next(count for count in range(needed, 2 * needed + zones) if _left(count, zones) >= needed)
    room = f" and maximum={enough}" if not is_token(capacity.maximum) and capacity.maximum < enough else ""
    setting = "minimum" if capacity.desired is None else "desired"
    otherwise = "" if capacity.needed is not None else f", or say how many carry the load, such as needed={left}"
    return (
        f"The loss of one of {zones} zones leaves {left} of {running} instances, and {needed} are needed until others "
        f"have started: run {enough} ({setting}={enough}{room}){otherwise}"
    )


def _left(running: int, zones: int) -> int:
    """How many the loss of the fullest zone leaves."""
    return running - -(-running // zones)
