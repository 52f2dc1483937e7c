"""The table of recovery times says what the parts say, for each loss."""

from __future__ import annotations

from aws_patterns.recovery import NONE, Loss, Recovery, Span
from docs.generate import recovery

_PAGE = "https://docs.aws.amazon.com/a"
_STANDBY = Recovery(
    recovery_time=Span(usual=60, worst=120), recovery_point=NONE, automatic=True, how="A standby.", source=_PAGE
)
_BACKUP = Recovery(
    recovery_time=Span(usual=3600, worst=7200),
    recovery_point=Span(usual=300, worst=300),
    automatic=False,
    how="A restore.",
    source=_PAGE,
)
_GONE = Recovery(recovery_time=None, recovery_point=None, automatic=False, how="No copy.", source=_PAGE)
_DATABASE = {Loss.INSTANCE: _STANDBY, Loss.AVAILABILITY_ZONE: _BACKUP, Loss.REGION: _GONE}
_TABLE = [
    "| Part | Lost | Serves again after | Changes lost | How |",
    "| --- | --- | --- | --- | --- |",
    f"| Database | instance | 1 to 2 minutes | none | A standby. ([source]({_PAGE})) |",
    f"|  | Availability Zone | 1 to 2 hours | 5 minutes | A restore. **Somebody has to do it.** ([source]({_PAGE})) |",
    f"|  | Region | not recovered | all | No copy. ([source]({_PAGE})) |",
]


def test_each_part_says_what_each_loss_means() -> None:
    assert recovery.table({"as shipped": {"Database": _DATABASE}}).splitlines() == _TABLE


def test_variants_are_told_apart() -> None:
    found = recovery.table({"as shipped": {"Database": _DATABASE}, "one zone": {"Database": _DATABASE}})
    assert found.splitlines() == ["**as shipped**", "", *_TABLE, "", "**one zone**", "", *_TABLE]
