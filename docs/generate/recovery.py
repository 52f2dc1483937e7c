"""What the parts of a stack promise for the day on which something is lost, as they state it themselves."""

from __future__ import annotations

from collections.abc import Mapping

from aws_patterns.recovery import Loss, Recovery, RecoveryCharacteristics, in_words

_HEAD = ("Part", "Lost", "Serves again after", "Changes lost", "How")

Promises = Mapping[str, RecoveryCharacteristics]
"""The parts of a stack that keep data, by their titles."""


def table(variants: Mapping[str, Promises]) -> str:
    """Every part and every loss, in Markdown; one table for each variant of the settings.

    Args:
        variants: By the names of the variants.
    """
    tables = {name: _table(promises) for name, promises in variants.items()}
    return "\n\n".join(
        tables.values() if len(tables) == 1 else (f"**{name}**\n\n{one}" for name, one in tables.items())
    )


def _table(promises: Promises) -> str:
    rows = [
        (part if loss is Loss.INSTANCE else "", f"{loss}", *_cells(of_part[loss]))
        for part, of_part in promises.items()
        for loss in Loss
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [_HEAD, ("---",) * len(_HEAD), *rows])


def _cells(recovery: Recovery) -> tuple[str, str, str]:
    lost = "all" if recovery.recovery_point is None else in_words(recovery.recovery_point)
    by = "" if recovery.automatic or recovery.recovery_time is None else " **Somebody has to do it.**"
    return in_words(recovery.recovery_time), lost, f"{recovery.how}{by} ([source]({recovery.source}))"
