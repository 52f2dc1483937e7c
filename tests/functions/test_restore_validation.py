"""What was restored is compared with the originals, and AWS Backup is told: the truth, once, and never by mistake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore_validation import handler
from restore_validation.gateway import Restored
from restore_validation.logic import (
    MARGIN_SECONDS,
    Content,
    NotComparableError,
    Status,
    digest_of_item,
    is_marker,
    judge,
    key_of_item,
    written_of_item,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TAKEN = 1_800_000_000.0
BEFORE, AFTER = TAKEN - 3600, TAKEN + 3600
ENVIRONMENT = {
    "PLAN": "orders",
    "PLAN_ARN": "arn:plan",
    "COMPARED_ITEMS": "10",
    "LEAST_IDENTICAL_PERCENT": "90",
    "WRITTEN_ATTRIBUTE": "",
}
Side = Mapping[str, Content]


def verdict(restored: Side, originals: Side, least: float = 90) -> tuple[str, str]:
    found = judge(restored, originals, taken=TAKEN, least_identical_percent=least)
    return str(found.status), found.message


def some(*digests: str, written: float | None = None) -> dict[str, Content]:
    return {str(place): Content(digest=digest, written=written) for place, digest in enumerate(digests)}


class TestJudging:
    def test_the_same_is_good(self) -> None:
        told = (
            "Compared: 2 identical, 0 written since, 0 deleted since, 0 different without saying since when, 0 lost, "
            "0 spoiled."
        )
        assert verdict(some("a", "b"), some("a", "b")) == ("SUCCESSFUL", told)
        assert verdict({}, {}) == ("SUCCESSFUL", "Both are empty.")

    def test_what_was_written_or_deleted_since_explains_itself(self) -> None:
        originals = {"kept": Content(digest="a"), "changed": Content(digest="new", written=AFTER)}
        originals["added"] = Content(digest="x", written=AFTER)
        restored = {"kept": Content(digest="a"), "changed": Content(digest="old"), "deleted": Content(digest="d")}
        status, message = verdict(restored, originals, least=100)
        assert status == "SUCCESSFUL"
        assert "1 identical, 2 written since, 1 deleted since" in message

    @pytest.mark.parametrize(("restored", "word"), [({}, "1 lost, 0 spoiled"), (some("b"), "0 lost, 1 spoiled")])
    def test_what_was_there_before_must_be_there_as_it_was(self, restored: Side, word: str) -> None:
        status, message = verdict(restored, some("a", written=BEFORE), least=1)
        assert status == "FAILED"
        assert message.startswith("The backup lacks what it should have: ")
        assert word in message

    def test_clocks_may_differ_a_little(self) -> None:
        assert verdict({}, some("a", written=TAKEN - MARGIN_SECONDS + 1))[0] == "SUCCESSFUL"
        assert verdict({}, some("a", written=TAKEN - MARGIN_SECONDS))[0] == "FAILED"

    def test_without_times_a_share_must_be_identical(self) -> None:
        originals = some(*"abcdefghij")
        assert verdict({**originals, "0": Content(digest="x")}, originals)[0] == "SUCCESSFUL"
        status, message = verdict({**originals, "0": Content(digest="x"), "1": Content(digest="y")}, originals)
        assert status == "FAILED"
        assert message.startswith("Only 80.0 % are identical, 90 % are asked for: 8 identical, ")

    def test_nothing_restored_is_no_good_test(self) -> None:
        assert verdict({}, some("a", "b"))[0] == "FAILED"

    @given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=20))
    def test_every_side_is_as_good_as_itself(self, contents: dict[str, str]) -> None:
        side = {key: Content(digest=text, written=BEFORE) for key, text in contents.items()}
        assert verdict(side, side, least=100)[0] == "SUCCESSFUL"


class TestItems:
    def test_sets_have_no_order(self) -> None:
        one = {"id": {"S": "1"}, "tags": {"SS": ["b", "a"]}, "deep": {"M": {"l": {"L": [{"NS": ["2", "1"]}]}}}}
        other = {"deep": {"M": {"l": {"L": [{"NS": ["1", "2"]}]}}}, "tags": {"SS": ["a", "b"]}, "id": {"S": "1"}}
        assert digest_of_item(one) == digest_of_item(other)

    @pytest.mark.parametrize("other", [{"N": "1"}, {"S": "2"}, {"B": b"1"}, {"L": [{"S": "1"}]}])
    def test_everything_else_counts(self, other: dict[str, object]) -> None:
        assert digest_of_item({"id": {"S": "1"}}) != digest_of_item({"id": other})

    def test_keys_are_those_of_the_table(self) -> None:
        item = {"id": {"B": b"\x00"}, "line": {"N": "1"}, "more": {"S": "x"}}
        assert key_of_item(item, ["id", "line"]) == json.dumps({"id": {"B": "AA=="}, "line": {"N": "1"}})

    def test_marks_of_a_recovery_are_nobodys(self) -> None:
        assert is_marker({"id": {"S": "recovery-marker#heartbeat"}, "line": {"N": "0"}}, ["id", "line"])
        assert not is_marker({"id": {"S": "1"}, "line": {"N": "0"}, "more": {"S": "recovery-marker"}}, ["id", "line"])

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ({"N": "1800000000"}, 1_800_000_000),
            ({"N": "1800000000123"}, 1_800_000_000.123),
            ({"S": "2027-01-15T08:00:00Z"}, 1_800_000_000),
            ({"S": "2027-01-15T09:00:00+01:00"}, 1_800_000_000),
            ({"S": "2027-01-15T08:00:00"}, 1_800_000_000),
            ({"S": "yesterday"}, None),
            ({"N": "soon"}, None),
            ({"BOOL": True}, None),
            (None, None),
        ],
    )
    def test_they_say_when_they_were_written(self, value: object, written: float | None) -> None:
        assert written_of_item({"written": value}, "written") == written
        assert written_of_item({"written": value}, None) is None


@dataclass
class FakeBackups:
    """AWS Backup, and both sides."""

    new: Side = field(default_factory=dict)
    old: Side = field(default_factory=dict)
    trouble: Exception | None = None
    told: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[tuple[int, str | None]] = field(default_factory=list)
    good: datetime = datetime(2027, 1, 1, tzinfo=UTC)

    def job(self, identifier: str) -> Restored:
        return Restored(job=identifier, source="arn:old", created="arn:new", kind="DynamoDB", taken=TAKEN)

    def tell(self, identifier: str, status: str, message: str) -> None:
        self.told.append((identifier, str(status), message))

    def last_good(self, plan: str, plan_arn: str) -> datetime:
        assert (plan, plan_arn) == ("orders", "arn:plan")
        return self.good

    def sides(self, _restored: Restored, most: int, written_attribute: str | None) -> tuple[Side, Side]:
        self.asked.append((most, written_attribute))
        if self.trouble:
            raise self.trouble
        return self.new, self.old


class TestTelling:
    @pytest.fixture(autouse=True)
    def _metrics(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handler.metrics, "namespace", "Test")
        monkeypatch.setattr(handler.metrics, "service", "restore_validation")
        handler.metrics.clear_metrics()

    def test_a_good_test_is_told(self) -> None:
        backups = FakeBackups(new=some("a"), old=some("a"))
        assert handler.validate(backups, "job-1", ENVIRONMENT).status is Status.SUCCESSFUL
        ((identifier, status, _),) = backups.told
        assert (identifier, status) == ("job-1", "SUCCESSFUL")
        assert backups.asked == [(10, None)]

    def test_originals_that_are_gone_are_told_as_a_failure(self) -> None:
        backups = FakeBackups(trouble=NotComparableError("Nothing to compare with: gone"))
        handler.validate(backups, "job-1", ENVIRONMENT)
        assert backups.told == [("job-1", "FAILED", "Nothing to compare with: gone")]

    def test_what_may_pass_by_itself_is_not_told(self) -> None:
        """A verdict can't be changed: the next attempt is to have its chance."""
        backups = FakeBackups(trouble=ConnectionError("no route"))
        with pytest.raises(ConnectionError):
            handler.validate(backups, "job-1", ENVIRONMENT)
        assert backups.told == []

    def test_the_age_of_the_last_good_test_is_published(self) -> None:
        backups = FakeBackups()
        assert handler.look(backups, ENVIRONMENT, backups.good + timedelta(days=2)) == 2 * 86_400

    @pytest.mark.parametrize(
        ("event", "metric"),
        [
            ({"detail-type": "Scheduled Event", "detail": {}}, "LastGoodRestoreTestAge"),
            ({"detail": {"restoreJobId": "job-1"}}, "RestoreTestsFailed"),
        ],
    )
    def test_each_event_leaves_its_metric(
        self,
        event: dict[str, Any],
        metric: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        context: LambdaContext,
    ) -> None:
        for name, value in {**ENVIRONMENT, "SOURCE_REGION": "eu-west-1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(handler, "Gateway", lambda **_: FakeBackups())
        handler.handle(event, context)
        written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        (published,) = [one for one in written if metric in one]
        assert published["Plan"] == "orders"
        assert published["service"] == "restore_validation"
