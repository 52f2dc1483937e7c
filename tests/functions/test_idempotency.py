"""Nothing is started twice, and nothing that was cut off is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functions.conftest import FakeAws, Page

GOOD = {"waitSeconds": 60, "message": "Cuddle!", "email": "ann@example.org"}
OTHER = {**GOOD, "message": "Food!"}


@pytest.fixture(params=[False, True], ids=["as AWS", "as an emulator that refuses every repeated name"])
def any_aws(aws: FakeAws, request: pytest.FixtureRequest) -> FakeAws:
    aws.always_refuses_repeated_names = request.param
    return aws


def test_the_same_request_inside_the_window_starts_one_and_gets_the_same_answer(any_aws: FakeAws, page: Page) -> None:
    first = page.post(GOOD)
    any_aws.age(290)
    again = page.post({**GOOD, "waitSeconds": " 60", "colour": "tabby", "phone": "NO_PHONE"})
    assert (first[0], again[0], len(any_aws.started)) == (200, 200, 1)
    assert first[1]["ExecutionId"] == again[1]["ExecutionId"]


def test_the_answer_to_a_repeated_request_tells_the_time_of_the_first(any_aws: FakeAws, page: Page) -> None:
    assert page.post(GOOD)[1] == page.post(GOOD)[1]


def test_a_repeated_request_is_welcome_after_the_reminder_was_sent(any_aws: FakeAws, page: Page) -> None:
    first = page.post(GOOD)
    any_aws.started[0].status = "SUCCEEDED"
    assert page.post(GOOD) == first
    assert len(any_aws.started) == 1


def test_the_same_request_after_the_window_is_a_new_reminder(any_aws: FakeAws, page: Page) -> None:
    first = page.post(GOOD)
    any_aws.age(302)
    assert page.post(GOOD)[1]["ExecutionId"] != first[1]["ExecutionId"]
    assert len(any_aws.started) == 2


def test_the_same_key_starts_one_and_different_keys_start_two(any_aws: FakeAws, page: Page) -> None:
    first = page.post(GOOD, Idempotency_Key="a")
    assert page.post(GOOD, idempotency_key="a") == first
    assert page.post(GOOD, Idempotency_Key="b")[1]["ExecutionId"] != first[1]["ExecutionId"]
    assert len(any_aws.started) == 2


def test_the_same_key_with_a_different_reminder_is_refused(any_aws: FakeAws, page: Page) -> None:
    page.post(GOOD, Idempotency_Key="a")
    status, answer = page.post(OTHER, Idempotency_Key="a")
    reason = "was used for a different reminder: send a new key, or the same body"
    assert (status, answer["Problems"]) == (400, [{"Field": "Idempotency-Key", "Reason": reason}])
    assert len(any_aws.started) == 1


def test_a_key_may_be_used_anew_after_the_window(any_aws: FakeAws, page: Page) -> None:
    page.post(GOOD, Idempotency_Key="a")
    any_aws.age(302)
    assert page.post(OTHER, Idempotency_Key="a")[0] == 200
    assert len(any_aws.started) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\nb"])
def test_a_key_that_cannot_be_one_is_refused_without_repeating_it(aws: FakeAws, page: Page, key: str) -> None:
    status, answer = page.post(GOOD, Idempotency_Key=key)
    assert (status, answer["Reason"]) == (400, "Idempotency-Key must be 1 to 255 printable ASCII characters")
    assert aws.calls == []


@pytest.mark.parametrize("key", ["x" * 255, " ~"])
def test_any_printable_key_is_taken(page: Page, key: str) -> None:
    assert page.post(GOOD, Idempotency_Key=key)[0] == 200


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "StartExecution"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("wait", [0, 150, 290])
def test_a_function_cut_off_anywhere_leaves_one_reminder_after_the_retry(
    any_aws: FakeAws, page: Page, operation: str, moment: str, wait: int
) -> None:
    died = any_aws.cut_off(**{moment: operation})
    with pytest.raises(died):
        page.post(GOOD)
    any_aws.age(wait)
    status, answer = page.post(GOOD)
    if status == 503:
        # Cut off between its two writes, the first still counts as alive until its time is over.
        assert "try again" in str(answer["Reason"])
        any_aws.age(11)
        status, answer = page.post(GOOD)
    assert status == 200
    assert list(any_aws.executions) == [answer["ExecutionId"]]


def test_a_request_waits_for_its_twin_that_is_just_being_accepted(
    any_aws: FakeAws, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(any_aws.cut_off(before="UpdateItem")):
        page.post(GOOD)
    (record,) = any_aws.records.values()

    def twin_finishes(seconds: float) -> None:
        record.update(status={"S": "COMPLETED"}, data={"S": json.dumps({"executionName": "f" * 64})})

    monkeypatch.setattr("time.sleep", twin_finishes)
    assert page.post(GOOD)[1]["ExecutionId"] == "f" * 64
    assert list(any_aws.executions) == ["f" * 64]


def test_a_twin_that_never_finishes_is_not_waited_for_forever(
    aws: FakeAws, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(aws.cut_off(before="UpdateItem")):
        page.post(GOOD)
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    status, answer = page.post(GOOD)
    assert status == 503
    assert "try again" in str(answer["Reason"])
    assert sum(pauses) == pytest.approx(2)
    assert aws.started == []


def test_a_record_that_expires_while_it_is_looked_at_asks_to_try_again(aws: FakeAws, page: Page) -> None:
    page.post(GOOD)
    (record,) = aws.records.values()
    # The table's clock is behind the function's: it still holds the record for valid.
    record["expiration"] = {"N": "1"}
    aws.holds_records_for_valid = True
    assert page.post(GOOD)[0] == 503


def test_the_table_never_holds_what_the_reminder_says_or_to_whom(aws: FakeAws, page: Page) -> None:
    page.post({**GOOD, "phone": "+447700900123"}, Idempotency_Key="order-66")
    page.post(GOOD)
    held = json.dumps(aws.records)
    assert len(aws.records) == 2
    assert not [secret for secret in ("Cuddle", "ann", "example", "447700900123", "order-66") if secret in held]
