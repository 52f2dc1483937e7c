"""The buffered writer: each item once, only what was not written comes back, and a log that tells no item."""

from __future__ import annotations

import importlib
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

import buffered_writer.gateway
import buffered_writer.handler
from buffered_writer.gateway import Gateway
from buffered_writer.handler import write_batch
from buffered_writer.logic import FINGERPRINT, Held, Outcome, PermanentError, Rules, judge, read
from tests.functions.conftest import Context

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

Json = dict[str, Any]

BY_ID = Rules(partition_key="id")
BY_ID_AND_TIME = Rules(partition_key="id", sort_key="at")
VERSIONED = Rules(partition_key="id", version_field="v")
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:items"


class _Raw(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Table:
    """DynamoDB as far as the writer uses it, at the level of HTTP."""

    rules: Rules
    held: dict[tuple[str, ...], Json] = field(default_factory=dict)
    # What happens instead of the next writes: an error's code, or an exception of the client.
    instead: list[str | Exception] = field(default_factory=list)
    # Whether a refused write forgets to say what the table has.
    silent: bool = False

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Botocore's hook in place of sending the request."""
        assert isinstance(request.body, bytes)
        asked = json.loads(request.body)
        if self.instead:
            trouble = self.instead.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            # The text quotes what was sent, as DynamoDB's do.
            return _answer(request, 400, {"__type": f"x#{trouble}", "message": json.dumps(asked)})
        names = asked["ExpressionAttributeNames"]
        assert names["#key"] == self.rules.partition_key
        key = tuple(asked["Item"][name]["S"] for name in (self.rules.partition_key, self.rules.sort_key) if name)
        there = self.held.get(key)
        if there is not None and not self._is_newer(asked, there):
            shown = {} if self.silent else {"Item": there}
            return _answer(request, 400, {"__type": "x#ConditionalCheckFailedException", "message": "no", **shown})
        self.held[key] = asked["Item"]
        return _answer(request, 200, {})

    def _is_newer(self, asked: Json, there: Json) -> bool:
        if not self.rules.version_field:
            assert asked["ConditionExpression"] == "attribute_not_exists(#key)"
            return False
        assert asked["ConditionExpression"] == "attribute_not_exists(#key) OR #version < :version"
        assert asked["ExpressionAttributeNames"]["#version"] == self.rules.version_field
        held = there.get(self.rules.version_field, {})
        return "N" in held and Decimal(held["N"]) < Decimal(asked["ExpressionAttributeValues"][":version"]["N"])

    def items(self) -> list[Json]:
        """Without the writer's own attribute."""
        return [
            {name: TypeDeserializer().deserialize(value) for name, value in item.items() if name != FINGERPRINT}
            for item in self.held.values()
        ]


def _answer(request: AWSPreparedRequest, status: int, body: Json) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), cast("Any", _Raw(json.dumps(body).encode())))


Make = Callable[[Rules], tuple[Table, Gateway]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """A table and the writer's gateway to it, made as on Lambda."""

    def build(rules: Rules) -> tuple[Table, Gateway]:
        table = Table(rules)

        def session() -> boto3.session.Session:
            made = boto3.session.Session("test", "test", region_name="eu-west-1")
            made.events.register("before-send", cast("Callable[..., None]", table.answer))
            return made

        monkeypatch.setattr(buffered_writer.gateway, "boto3", SimpleNamespace(session=SimpleNamespace(Session=session)))
        monkeypatch.setattr("time.sleep", lambda _: None)
        return table, Gateway.from_environment(environment(rules))

    return build


def environment(rules: Rules) -> dict[str, str]:
    """The variables that the construct sets."""
    return {
        "TABLE": "Items",
        "PARTITION_KEY": rules.partition_key,
        "SORT_KEY": rules.sort_key,
        "VERSION_FIELD": rules.version_field,
    }


def batch(*bodies: object, groups: tuple[str, ...] = (), queue: str = QUEUE) -> dict[str, object]:
    """What Lambda hands over of a queue. Message ids are m0, m1, ..."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    **({"MessageGroupId": groups[number]} if groups else {}),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue,
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def come_back(gateway: Gateway, event: dict[str, object], context: Context | None = None) -> list[str]:
    """The ids of the messages that have to come back."""
    answer = write_batch(gateway, event, context or Context())
    buffered_writer.handler.metrics.clear_metrics()
    return [str(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


class TestWritingOnce:
    def test_an_item_is_written_as_it_was_sent(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        item = {"id": "a", "n": 1.5, "big": 10**30, "list": [1, "x", None, True, {}], "map": {"": ""}}
        assert come_back(gateway, batch(item)) == []
        assert table.items() == [item]

    def test_the_same_item_again_is_nothing_to_do(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        assert come_back(gateway, batch({"id": "a", "n": 1, "m": 2}, '{"m": 2.0,\n"n": 1, "id": "\\u0061"}')) == []
        assert table.items() == [{"id": "a", "n": 1, "m": 2}]

    def test_another_item_under_the_same_key_comes_back_and_changes_nothing(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        assert come_back(gateway, batch({"id": "a", "n": 1}, {"id": "a", "n": "1"}, {"id": "b"})) == ["m1"]
        assert table.items() == [{"id": "a", "n": 1}, {"id": "b"}]

    def test_items_that_differ_in_their_sort_key_are_two(self, make: Make) -> None:
        table, gateway = make(BY_ID_AND_TIME)
        assert come_back(gateway, batch({"id": "a", "at": "1"}, {"id": "a", "at": "2"})) == []
        assert len(table.items()) == 2

    def test_an_item_that_somebody_else_wrote_is_not_taken_for_a_repetition(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        table.held[("a",)] = {"id": {"S": "a"}}
        assert come_back(gateway, batch({"id": "a"})) == ["m0"]

    def test_an_item_that_went_away_meanwhile_is_tried_again(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        come_back(gateway, batch({"id": "a"}))
        table.silent = True
        assert come_back(gateway, batch({"id": "a"})) == ["m0"]


class TestVersions:
    def test_the_highest_stays_in_whatever_order_they_come(self, make: Make) -> None:
        table, gateway = make(VERSIONED)
        assert come_back(gateway, batch(*({"id": "a", "v": v, "x": v} for v in (2, 1, 10, 9.5, 10)))) == []
        assert table.items() == [{"id": "a", "v": 10, "x": 10}]

    def test_two_items_of_one_version_are_no_repetition(self, make: Make) -> None:
        table, gateway = make(VERSIONED)
        assert come_back(gateway, batch({"id": "a", "v": 1, "x": 1}, {"id": "a", "v": 1, "x": 2})) == ["m1"]
        assert table.items() == [{"id": "a", "v": 1, "x": 1}]

    def test_an_item_without_a_number_as_version_comes_back(self, make: Make) -> None:
        table, gateway = make(VERSIONED)
        assert come_back(gateway, batch({"id": "a"}, {"id": "a", "v": "1"}, {"id": "a", "v": True})) == [
            "m0",
            "m1",
            "m2",
        ]
        assert table.items() == []

    def test_an_item_that_has_no_version_in_the_table_is_not_replaced(self, make: Make) -> None:
        table, gateway = make(VERSIONED)
        table.held[("a",)] = {"id": {"S": "a"}, "v": {"S": "none"}}
        assert come_back(gateway, batch({"id": "a", "v": 1})) == ["m0"]


class TestPoison:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("", "NotJson"),
            ("{", "NotJson"),
            ("[" * 100_000, "NotJson"),
            ("[]", "NotAnObject"),
            ("null", "NotAnObject"),
            ('"id"', "NotAnObject"),
            ("{}", "UnfitKey"),
            ('{"id": ""}', "UnfitKey"),
            ('{"id": 7}', "UnfitKey"),
            ('{"id": null}', "UnfitKey"),
            (json.dumps({"id": "\u00e9" * 1025}), "UnfitKey"),
            ('{"id": "a", "_fingerprint": "b"}', "ReservedField"),
            ('{"id": "a", "n": NaN}', "NumberOutOfRange"),
            ('{"id": "a", "n": -Infinity}', "NumberOutOfRange"),
            ('{"id": "a", "n": 1e126}', "NumberOutOfRange"),
            ('{"id": "a", "n": 1e-129}', "NumberOutOfRange"),
            ('{"id": "a", "n": 1e999999999999999999999}', "NumberOutOfRange"),
            ('{"id": "a", "n": ' + "9" * 39 + "}", "NumberOutOfRange"),
            ('{"id": "a", "n": ' + "9" * 5000 + "}", "NumberOutOfRange"),
            ('{"id": "a", "t": "\\ud800"}', "NotUnicode"),
            ('{"id": "a", "\\ud800": 1}', "NotUnicode"),
            ('{"id": "a", "deep": ' + "[" * 32 + "]" * 32 + "}", "TooDeep"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_what_dynamodb_could_not_take_is_known_before_it_is_asked(self, body: str, code: str) -> None:
        with pytest.raises(PermanentError, match=f"^{code}$"):
            read(body, BY_ID)

    @pytest.mark.parametrize(
        "body",
        [
            json.dumps({"id": "\u00e9" * 1024}),
            '{"id": "a", "n": 1e125}',
            '{"id": "a", "n": 1e-128}',
            '{"id": "a", "n": 1' + "0" * 100 + "}",
            '{"id": "a", "n": ' + "9" * 38 + "}",
            '{"id": "a", "n": -0}',
            '{"id": "a", "deep": ' + "[" * 31 + "]" * 31 + "}",
        ],
        ids=lambda value: value[:40],
    )
    def test_what_dynamodb_takes_is_written(self, make: Make, body: str) -> None:
        table, gateway = make(BY_ID)
        assert come_back(gateway, batch(body)) == []
        assert table.items() == [json.loads(body, parse_float=Decimal)]

    def test_a_sort_key_has_its_own_limit(self) -> None:
        assert read(json.dumps({"id": "a", "at": "t" * 1024}), BY_ID_AND_TIME)
        with pytest.raises(PermanentError, match=r"^UnfitKey$"):
            read(json.dumps({"id": "a", "at": "t" * 1025}), BY_ID_AND_TIME)

    def test_those_beside_it_are_written(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        assert come_back(gateway, batch({"id": "a"}, "poison", {"id": "b"})) == ["m1"]
        assert len(table.items()) == 2

    def test_alone_it_comes_back_and_the_function_has_not_failed(self, make: Make) -> None:
        _, gateway = make(BY_ID)
        assert come_back(gateway, batch("poison")) == ["m0"]

    @given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
    def test_any_text_is_an_item_or_is_refused(self, body: str) -> None:
        try:
            assert read(body, BY_ID).fields["id"]
        except PermanentError:
            return

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.floats(-1e100, 1e100) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=10,
        )
    )
    def test_an_item_says_the_same_however_it_is_spelled(self, value: object) -> None:
        body = {"id": "a", "value": value, "other": 1}
        try:
            plain = read(json.dumps(body), BY_ID)
        except PermanentError:
            return
        spelled = json.dumps(dict(reversed(body.items())), indent=1, ensure_ascii=False)
        assert read(spelled, BY_ID).fingerprint == plain.fingerprint
        assert read(json.dumps({**body, "other": "1"}), BY_ID).fingerprint != plain.fingerprint


class TestTrouble:
    @pytest.mark.parametrize(
        "trouble",
        ["ProvisionedThroughputExceededException", "AccessDeniedException", EndpointConnectionError(endpoint_url="x")],
        ids=str,
    )
    def test_what_could_not_be_written_comes_back_alone(self, make: Make, trouble: str | Exception) -> None:
        table, gateway = make(BY_ID)
        table.instead = [trouble] * 3
        event = batch({"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"})
        back = come_back(gateway, event)
        assert back
        assert len(table.items()) == 4 - len(back)
        assert come_back(gateway, event) == [], "also those that are written already"
        assert len(table.items()) == 4

    def test_a_short_trouble_is_over_before_anybody_notices(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        table.instead = ["ThrottlingException", "ProvisionedThroughputExceededException"]
        assert come_back(gateway, batch({"id": "a"})) == []

    def test_an_answer_that_was_lost_makes_no_second_item_and_no_dead_letter(self, make: Make) -> None:
        """The SDK sends the write again, and finds the item that it has written itself."""
        table, gateway = make(BY_ID)
        come_back(gateway, batch({"id": "a"}))
        assert come_back(gateway, batch({"id": "a"})) == []
        assert len(table.items()) == 1

    def test_what_there_is_no_time_for_comes_back_before_lambda_ends_the_function(self, make: Make) -> None:
        class Running(Context):
            left = 30_000

            def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # static in the stub, not on Lambda
                self.left -= 7_000
                return self.left

        table, gateway = make(BY_ID)
        assert come_back(gateway, batch(*({"id": str(n)} for n in range(4))), Running()) == ["m2", "m3"]
        assert table.items() == [{"id": "0"}, {"id": "1"}]

    def test_in_a_fifo_queue_what_follows_in_the_group_comes_back_too(self, make: Make) -> None:
        table, gateway = make(BY_ID)
        event = batch(
            {"id": "a1"},
            "poison",
            {"id": "b1"},
            {"id": "a2"},
            {"id": "b2"},
            groups=("a", "a", "b", "a", "b"),
            queue=f"{QUEUE}.fifo",
        )
        assert come_back(gateway, event) == ["m1", "m3"]
        assert [item["id"] for item in table.items()] == ["a1", "b1", "b2"]


@pytest.fixture
def handler(make: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Table, Callable[..., Any]]]:
    """Lambda's entry point, and the table behind it."""
    table, gateway = make(BY_ID)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Test")
    monkeypatch.setattr(buffered_writer.handler.metrics, "namespace", "Test", raising=False)
    monkeypatch.setattr(buffered_writer.handler, "_gateway", lambda: gateway)
    yield table, buffered_writer.handler.handle
    buffered_writer.handler.metrics.clear_metrics()


def test_what_became_of_items_is_counted(
    handler: tuple[Table, Callable[..., Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, handle = handler
    answer = handle(batch({"id": "a"}, {"id": "b"}, {"id": "a"}, "poison", {"id": "b", "n": 1}), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m3"}, {"itemIdentifier": "m4"}]}
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted = {name: told[name] for name in told if name.startswith(("Items", "Repetitions"))}
    assert counted == {"ItemsWritten": [2.0], "RepetitionsSkipped": [1.0], "ItemsNotWritten": [2.0]}


def test_the_log_tells_why_and_nothing_about_items(handler: tuple[Table, Callable[..., Any]]) -> None:
    table, handle = handler
    written = io.StringIO()
    (stream,) = [one for one in buffered_writer.handler.logger.handlers if isinstance(one, logging.StreamHandler)]
    before = stream.setStream(written)
    try:
        table.instead = ["ValidationException"]
        handle(batch({"id": "secret"}, {"id": "secret", "n": "secret"}, {"id": "secret"}, '{"secret'), Context())
    finally:
        if before is not None:
            stream.setStream(before)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["messageId"], line.get("error"), line.get("code"), line.get("outcome")) for line in lines] == [
        ("m0", "PermanentError", "ValidationException", None),
        ("m2", "PermanentError", "AnotherItemWithThisKey", None),
        ("m3", "PermanentError", "NotJson", None),
    ]
    assert "secret" not in written.getvalue()


def test_an_error_says_nothing_about_the_item(make: Make) -> None:
    table, gateway = make(BY_ID)
    table.instead = ["ValidationException"]
    item = read('{"id": "secret"}', BY_ID)
    with pytest.raises(PermanentError) as raised:
        gateway.write(item)
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_on_lambda_the_client_is_made_before_the_first_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    # Nothing is asked of the function: only making the client can miss the setting.
    with pytest.raises(KeyError, match="TABLE"):
        importlib.reload(importlib.import_module("buffered_writer.handler"))
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    importlib.reload(importlib.import_module("buffered_writer.handler"))


def test_the_version_decides_only_where_both_have_one() -> None:
    item = read('{"id": "a", "v": 1}', VERSIONED)
    assert judge(item, Held(fingerprint=item.fingerprint, version=Decimal(5))) is Outcome.REPEATED
    assert judge(item, Held(fingerprint="other", version=Decimal(5))) is Outcome.OUTDATED
    for held in (Held(fingerprint="other", version=Decimal(1)), Held(fingerprint="other", version=None)):
        with pytest.raises(PermanentError, match=r"^AnotherItemWithThisKey$"):
            judge(item, held)


def test_rules_without_choices_are_by_id_alone() -> None:
    told: Mapping[str, str] = {"PARTITION_KEY": "id"}
    assert Rules.from_environment(told) == BY_ID
