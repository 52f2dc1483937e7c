"""What becomes of messages, how many are taken, how long they are held, and when a worker is well."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import queue_worker.job
from queue_worker.job import Message, RefusedError, is_entry, load
from queue_worker.logic import (
    Bury,
    Delete,
    Done,
    Failed,
    Interrupted,
    Ledger,
    Outcome,
    Pace,
    QueueTerms,
    Received,
    Refused,
    Return,
    Verdict,
    Vitals,
    epitaph,
    health,
    in_batches,
    lanes,
    pause,
    verdict,
)
from queue_worker.settings import Host, Settings, SettingsError

TERMS = QueueTerms(visibility_seconds=30, max_receive_count=3, dead_letters="https://dead")
LONELY = QueueTerms(visibility_seconds=30)
REQUIRED = {"QUEUE_URL": "https://queue", "JOB": "package.module:function"}


def received(name: str, *, group: str | None = None, attempt: int = 1) -> Received:
    return Received(message=Message(id=name, body="", receive_count=attempt, group=group), receipt=f"receipt {name}")


class TestVerdict:
    @pytest.mark.parametrize(
        ("outcome", "attempt", "terms", "decided"),
        [
            (Done(), 1, TERMS, Delete()),
            (Interrupted(), 3, TERMS, Return(seconds=0)),
            (Refused(reason="empty"), 1, TERMS, Bury(reason="empty")),
            (Refused(reason="empty"), 3, LONELY, Return(seconds=4)),
            (Failed(kind="OSError", where="a.py:1"), 2, TERMS, Return(seconds=2)),
            (Failed(kind="OSError", where="a.py:1"), 3, TERMS, Bury(reason="failed", detail="OSError a.py:1")),
            (Failed(kind="timed out"), 4, TERMS, Bury(reason="failed", detail="timed out")),
            (
                Failed(kind="timed out"),
                9,
                QueueTerms(visibility_seconds=30, dead_letters="https://dead"),
                Return(seconds=30),
            ),
        ],
    )
    def test_follows_from_what_the_job_said_and_how_often_it_was_tried(
        self, outcome: Outcome, attempt: int, terms: QueueTerms, decided: Verdict
    ) -> None:
        assert verdict(outcome, Message(id="1", body="", receive_count=attempt), terms) == decided

    @given(attempt=st.integers(1, 100_000), visibility=st.integers(1, 43_200))
    def test_never_hides_a_message_that_failed_for_longer_than_the_queue_does(
        self, attempt: int, visibility: int
    ) -> None:
        terms = QueueTerms(visibility_seconds=visibility)
        assert 1 <= pause(Message(id="1", body="", receive_count=attempt), terms) <= visibility


class TestEpitaph:
    @pytest.mark.parametrize(("own", "fit"), [(0, 4), (6, 4), (7, 3), (9, 1), (10, 0)])
    def test_keeps_the_senders_attributes_and_says_what_sqs_takes_besides(self, own: int, fit: int) -> None:
        theirs = {f"A{number}": {"DataType": "String", "StringValue": "x"} for number in range(own)}
        dead = Received(message=Message(id="m", body="", receive_count=2), receipt="r", raw_attributes=theirs)
        written = epitaph(Bury(reason="failed", detail="OSError"), dead)
        ours = ("DeadLetterReason", "DeadLetterDetail", "OriginalMessageId", "Attempts")
        assert list(written) == [*theirs, *ours[:fit]]

    def test_of_a_message_that_is_buried_again_is_the_new_one(self) -> None:
        old = {name: {"DataType": "String", "StringValue": "old"} for name in ("DeadLetterReason", "DeadLetterDetail")}
        dead = Received(message=Message(id="m", body=""), receipt="r", raw_attributes=old)
        written = epitaph(Bury(reason="empty"), dead)
        assert written["DeadLetterReason"] == {"DataType": "String", "StringValue": "empty"}
        assert "DeadLetterDetail" not in written


def test_messages_of_one_group_are_in_one_lane_in_their_order() -> None:
    a1, b1, a2, free, other = (
        received("a1", group="a"),
        received("b1", group="b"),
        received("a2", group="a"),
        received("free"),
        received("other"),
    )
    assert lanes([a1, b1, a2, free, other]) == [[a1, a2], [b1], [free], [other]]


@given(st.lists(st.integers()))
def test_batches_hold_everything_once_and_ten_at_most(items: list[int]) -> None:
    batches = list(in_batches(items))
    assert [item for batch in batches for item in batch] == items
    assert all(1 <= len(batch) <= 10 for batch in batches)


class TestPace:
    def test_takes_no_more_than_it_can_begin_with_until_it_knows_better(self) -> None:
        assert [Pace(4).room(unfinished) for unfinished in range(6)] == [4, 3, 2, 1, 0, 0]

    def test_takes_whole_batches_ahead_when_jobs_are_quick(self) -> None:
        pace = Pace(4)
        pace.took(0.0)
        assert [pace.room(unfinished) for unfinished in (0, 4, 14, 15, 24)] == [10, 10, 10, 0, 0]

    def test_takes_nothing_ahead_when_jobs_are_slow(self) -> None:
        pace = Pace(4)
        pace.took(30.0)
        assert [pace.room(unfinished) for unfinished in (0, 3, 4)] == [4, 1, 0]

    def test_forgets_how_it_used_to_be(self) -> None:
        pace = Pace(1)
        pace.took(0.001)
        for _ in range(20):
            pace.took(10.0)
        assert pace.room(1) == 0

    @given(
        concurrency=st.integers(1, 256),
        seconds=st.lists(st.floats(0, 50_000), max_size=5),
        unfinished=st.integers(0, 300),
    )
    def test_never_lets_anybody_wait_for_work_that_could_be_had(
        self, concurrency: int, seconds: list[float], unfinished: int
    ) -> None:
        pace = Pace(concurrency)
        for each in seconds:
            pace.took(each)
        room = pace.room(unfinished)
        assert 0 <= room <= 10
        assert unfinished >= concurrency or room >= 1


class TestLedger:
    def test_names_whose_time_runs_down_and_no_other(self) -> None:
        ledger = Ledger(30)
        ledger.take([received("early")], now=0)
        ledger.take([received("late")], now=5)
        assert ledger.due(now=10) == []
        assert ledger.due(now=11) == [("receipt early", 30)]
        ledger.extended([("receipt early", 30)], now=11)
        assert ledger.due(now=20) == [("receipt late", 30)]

    def test_asks_for_no_longer_than_sqs_hides_a_message_at_most(self) -> None:
        ledger = Ledger(40_000)
        ledger.take([received("a")], now=0)
        assert ledger.due(now=20_000) == [("receipt a", 23_200)]
        ledger.extended([("receipt a", 23_200)], now=20_000)
        assert ledger.due(now=43_199.5) == []

    def test_hides_nothing_any_more_that_is_somebody_elses(self) -> None:
        ledger = Ledger(30)
        ledger.take([received("a")], now=0)
        ledger.forsake(["receipt a", "unknown"])
        ledger.extended([("receipt a", 30), ("unknown", 30)], now=1)
        assert ledger.due(now=29) == []
        assert len(ledger) == 1, "its job goes on"

    def test_holds_what_is_finished_until_sqs_knows(self) -> None:
        ledger = Ledger(30)
        ledger.take([received("a"), received("b")], now=0)
        ledger.finish()
        assert (len(ledger), ledger.unfinished) == (2, 1)
        assert len(ledger.due(now=15)) == 2
        ledger.drop(["receipt a", "unknown"])
        assert len(ledger) == 1


class TestHealth:
    WELL = Vitals(now=1000, beaten_at=990, trouble_since=None, unfit=0, draining=False, visibility_seconds=30)

    def test_is_ok_when_messages_come_hearts_beat_and_jobs_run(self) -> None:
        assert health(self.WELL).status == "ok"

    @pytest.mark.parametrize(
        ("change", "check", "told"),
        [
            ({"trouble_since": 879.0}, "receiving", "failing for 121 s"),
            ({"beaten_at": 969.0}, "heartbeat", "silent for 31 s"),
            ({"unfit": 2}, "jobs", "2 processes can't run the job"),
        ],
    )
    def test_says_what_is_wrong(self, change: dict[str, float], check: str, told: str) -> None:
        values = {name: getattr(self.WELL, name) for name in Vitals.__slots__}
        sick = health(Vitals(**{**values, **change}))
        assert (sick.status, sick.checks[check]) == ("failing", told)
        assert health(Vitals(**{**values, **change, "draining": True})).status == "draining"

    def test_forgives_a_hiccup(self) -> None:
        values = {name: getattr(self.WELL, name) for name in Vitals.__slots__}
        assert health(Vitals(**{**values, "trouble_since": 900.0})).status == "ok"


class TestSettings:
    def test_need_a_queue_and_a_job_only(self) -> None:
        assert Settings.of(REQUIRED, cpus=3) == Settings(
            queue_url="https://queue", job="package.module:function", concurrency=3
        )

    def test_are_read_from_the_environment(self) -> None:
        environment = {
            **REQUIRED,
            "CONCURRENCY": "8",
            "RECEIVE_WAIT_SECONDS": "0",
            "JOB_TIMEOUT_SECONDS": "60",
            "GRACE_SECONDS": "110",
            "HEALTH_ADDRESS": "0.0.0.0",
            "HEALTH_PORT": "0",
            "HOST": "ec2",
            "TERMINATION_HOOK": "drain",
        }
        assert Settings.of(environment, cpus=1) == Settings(
            queue_url="https://queue",
            job="package.module:function",
            concurrency=8,
            receive_wait_seconds=0,
            job_timeout_seconds=60,
            grace_seconds=110,
            health_address="0.0.0.0",
            health_port=0,
            host=Host.EC2,
            protected=True,
            termination_hook="drain",
        )

    @pytest.mark.parametrize(("host", "protected"), [("", False), ("ecs", True), ("ec2", True)])
    def test_protect_where_there_is_somebody_to_ask(self, host: str, protected: bool) -> None:
        assert Settings.of({**REQUIRED, "HOST": host}, cpus=1).protected is protected
        assert Settings.of({**REQUIRED, "HOST": host, "SCALE_IN_PROTECTION": "no"}, cpus=1).protected is False

    def test_of_a_large_machine_stay_within_the_limit(self) -> None:
        assert Settings.of(REQUIRED, cpus=400).concurrency == 256

    def test_are_refused_with_all_that_is_wrong_at_once(self) -> None:
        environment = {
            "JOB": "package.module",
            "CONCURRENCY": "257",
            "RECEIVE_WAIT_SECONDS": "21",
            "JOB_TIMEOUT_SECONDS": "1.5",
            "GRACE_SECONDS": "22",
            "HEALTH_PORT": "\u0664",
            "HOST": "moon",
            "SCALE_IN_PROTECTION": "maybe",
            "TERMINATION_HOOK": "drain",
        }
        with pytest.raises(SettingsError) as raised:
            Settings.of(environment, cpus=1)
        assert str(raised.value).splitlines() == [
            "HOST must be one of none, ec2, ecs, got 'moon'",
            "QUEUE_URL must be set: the URL of a queue",
            "CONCURRENCY must be a whole number between 1 and 256, got '257'",
            "RECEIVE_WAIT_SECONDS must be a whole number between 0 and 20, got '21'",
            "JOB_TIMEOUT_SECONDS must be a whole number between 1 and 42,000, got '1.5'",
            "HEALTH_PORT must be a whole number between 0 and 65,535, got '\u0664'",
            "SCALE_IN_PROTECTION must be one of yes, no, got 'maybe'",
            "JOB must look like package.module:function, got 'package.module'",
            "GRACE_SECONDS must be so long that nine tenths of it are more than RECEIVE_WAIT_SECONDS (20), got 22",
            "TERMINATION_HOOK must not be set unless HOST is ec2",
        ]

    def test_are_refused_when_there_is_nobody_to_ask_for_protection(self) -> None:
        with pytest.raises(SettingsError) as raised:
            Settings.of({**REQUIRED, "SCALE_IN_PROTECTION": "yes"}, cpus=1)
        assert str(raised.value) == "SCALE_IN_PROTECTION must be no where HOST is none: there is nobody to ask for it"


class TestJob:
    def test_is_as_its_description_shows(self) -> None:
        result = doctest.testmod(queue_worker.job)
        assert (result.failed, result.attempted > 0) == (0, True)

    @pytest.mark.parametrize("reason", ["", "Not an image", "ann@example.org", "-a", "a--b", "a" * 65])
    def test_refuses_with_a_code_and_nothing_of_the_message(self, reason: str) -> None:
        with pytest.raises(ValueError, match=r"^a reason must be a code like not-an-image of at most 64 characters$"):
            RefusedError(reason)

    def test_is_found_by_its_entry(self) -> None:
        assert is_entry("json:loads")
        assert load("json:loads") is not None

    @pytest.mark.parametrize(
        ("entry", "complaint"),
        [
            ("json.loads", "a job must look like package.module:function, got 'json.loads'"),
            ("json:nothing", "json has no function nothing"),
            ("json:__name__", "json has no function __name__"),
        ],
    )
    def test_that_is_not_there_is_named(self, entry: str, complaint: str) -> None:
        with pytest.raises(ValueError, match=f"^{complaint}$"):
            load(entry)
