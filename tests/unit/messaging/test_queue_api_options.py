"""Every option of a queue API that can't be used is refused with its name, its value, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.messaging._request_schema import whole_schema
from aws_patterns.messaging.queue_api_options import DeduplicateBy, IdempotentFifo, check_queue_api

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"customer": {"type": "string"}, "at": {"type": "integer"}}}
BY_CUSTOMER = IdempotentFifo(group_field="customer")
FAST = IdempotentFifo(group_field="customer", high_throughput=True)


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check_queue_api(found, **{"schema": SCHEMA, **options})
    return found.found


def schema_of(**keywords: Any) -> dict[str, Any]:
    return {"schema": {"type": "object", **keywords}}


def in_field(**keywords: Any) -> dict[str, Any]:
    return schema_of(properties={"at": keywords})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"path": "v1.orders_new-2"},
        {"fifo": BY_CUSTOMER},
        {"fifo": BY_CUSTOMER, "queue_is_fifo": True},
        {"fifo": BY_CUSTOMER, "throttle_rate": 300, "throttle_burst": 300},
        {"fifo": FAST, "throttle_rate": 10_000, "throttle_burst": 5_000},
        {"queue_is_fifo": False},
        {"maximum_message_bytes": 1024},
        {"maximum_message_bytes": 1_048_576},
        {"authorization": "open-to-everyone"},
        {"has_authorizer": True},
        {"cors_origin": "*"},
        {"cors_origin": "https://www.example.org"},
        {"cors_origin": "http://localhost:8080"},
        {"throttle_rate": 0.1, "throttle_burst": 1},
        {"web_acl_rate_limit": 10},
        {"has_web_acl": True},
        schema_of(properties={"const": {"type": "string"}}, required=["const"]),
        schema_of(properties={"at": {"type": ["integer", "null"], "minimum": 1, "exclusiveMinimum": True}}),
        schema_of(definitions={"a": {"enum": [1]}}, properties={"a": {"$ref": "#/definitions/a"}}),
        schema_of(dependencies={"a": ["b"], "b": {"required": ["c"]}}, additionalProperties=False),
        schema_of(properties={"list": {"type": "array", "items": [{"type": "string"}], "additionalItems": False}}),
        schema_of(**{"$schema": "http://json-schema.org/draft-04/schema#"}, allOf=({"required": ["a"]},)),
    ],
    ids=str,
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


UNKNOWN = "which draft 4 of JSON Schema does not know and nobody would check"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"schema": {"properties": {}}},
            'schema must describe an object ("type": "object"): a message is a JSON object',
        ),
        ({"schema": []}, 'schema must describe an object ("type": "object"): a message is a JSON object'),
        (
            {"schema": {"type": "object", "title": {1, 2}}},
            "schema must be what JSON can hold: Object of type set is not JSON serializable",
        ),
        (
            in_field(maximum=float("inf")),
            "schema must be what JSON can hold: Out of range float values are not JSON compliant",
        ),
        (schema_of(title="t" * 409_600), "schema may have 409600 bytes, got 409631 bytes"),
        (
            schema_of(**{"$schema": "https://json-schema.org/draft/2020-12/schema"}),
            "schema must be of draft 4, the one that API Gateway knows (http://json-schema.org/draft-04/schema#), "
            "got 'https://json-schema.org/draft/2020-12/schema'",
        ),
        (in_field(const=1), f"schema.properties.at has 'const', {UNKNOWN}: use enum with one value"),
        (in_field(maxlength=1), f"schema.properties.at has 'maxlength', {UNKNOWN}"),
        (
            in_field(exclusiveMinimum=0),
            "schema.properties.at has a number as exclusiveMinimum, which draft 4 has as true or false beside minimum",
        ),
        (
            in_field(type="text"),
            "schema.properties.at has the type 'text'; there are array, boolean, integer, null, number, object, string",
        ),
        (in_field(required=True), "schema.properties.at must have a list of names as required, got True"),
        (schema_of(required=[]), "schema must have a list of names as required, got []"),
        (
            schema_of(properties={"list": {"type": "array", "items": {"anyOf": [{"contains": 1}]}}}),
            f"schema.properties.list.items.anyOf[0] has 'contains', {UNKNOWN}",
        ),
        (schema_of(properties={"a": True}), "schema.properties.a must be a schema, which is a JSON object, got True"),
        (schema_of(**{"not": {"$defs": {}}}), f"schema.not has '$defs', {UNKNOWN}: use definitions"),
        (
            {"path": "/orders"},
            "path must be one part of a URL, of letters, digits, '.', '_' and '-', such as messages, got '/orders'",
        ),
        (
            {"fifo": IdempotentFifo(group_field="customer.id")},
            "fifo.group_field must be the name of a field, of letters, digits and '_', got 'customer.id'",
        ),
        (
            {"fifo": IdempotentFifo(group_field="seller")},
            "fifo.group_field must be among the schema's properties, got 'seller'",
        ),
        (
            {"fifo": IdempotentFifo(group_field="at")},
            "fifo.group_field must be a field of type string, got 'at' of type 'integer'",
        ),
        (
            {"fifo": IdempotentFifo(group_field="customer", deduplicate_by="luck")},  # type: ignore[arg-type] # untyped
            "fifo.deduplicate_by must be one of idempotency-key, body, got 'luck'",
        ),
        (
            {"fifo": BY_CUSTOMER, "queue_is_fifo": False},
            "queue must be a FIFO queue, got a standard one: leave fifo out, or give a FIFO queue",
        ),
        ({"queue_is_fifo": True}, "fifo is missing: the queue is a FIFO queue, whose messages need a group"),
        (
            {"maximum_message_bytes": 1023},
            "maximum_message_bytes must be between 1024 and 1048576 bytes, got 1023 bytes",
        ),
        (
            {"maximum_message_bytes": 2048, "queue_is_fifo": False},
            "maximum_message_bytes is for the API's own queue: set it on the queue that is given",
        ),
        ({"authorization": "none"}, "authorization must be one of iam, open-to-everyone, got 'none'"),
        (
            {"authorization": "open-to-everyone", "has_authorizer": True},
            "authorizer was given, and authorization is open-to-everyone: leave one of them out",
        ),
        (
            {"cors_origin": "https://www.example.org/"},
            "cors_origin must be '*' or an origin such as https://www.example.org, without a path, "
            "got 'https://www.example.org/'",
        ),
        (
            {"cors_origin": "https://a'b"},
            "cors_origin must be '*' or an origin such as https://www.example.org, without a path, got \"https://a'b\"",
        ),
        (
            {"throttle_rate": 0},
            "throttle_rate must be between 0.1 and 10000 requests per second, got 0 requests per second",
        ),
        ({"throttle_burst": 5_001}, "throttle_burst must be between 1 and 5000 requests, got 5001 requests"),
        (
            {"fifo": BY_CUSTOMER, "throttle_rate": 301},
            "throttle_rate must be at most 300 requests per second with a FIFO queue, which takes 300 messages a "
            "second, got 301 requests per second: lower it, or choose fifo.high_throughput",
        ),
        (
            {"fifo": BY_CUSTOMER, "throttle_burst": 301},
            "throttle_burst must be at most 300 requests with a FIFO queue, which takes 300 messages a second, "
            "got 301 requests: lower it, or choose fifo.high_throughput",
        ),
        (
            {"web_acl_rate_limit": 9},
            "web_acl_rate_limit must be between 10 and 2000000000 requests in 5 minutes, got 9 requests in 5 minutes",
        ),
        (
            {"web_acl_rate_limit": 10, "has_web_acl": True},
            "web_acl_rate_limit and web_acl_arn exclude each other: an API has one web ACL",
        ),
    ],
    ids=lambda value: str(value)[:80],
)
def test_what_is_not_allowed_is_refused_with_the_fix(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_a_message_group_is_held_to_what_sqs_takes_whatever_the_schema_says() -> None:
    whole = whole_schema({**SCHEMA, "allOf": [{"required": ["at"]}]}, "customer")
    assert whole["allOf"] == [
        {"required": ["at"]},
        {
            "required": ["customer"],
            "properties": {
                "customer": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
            },
        },
    ]
    assert whole["properties"] == SCHEMA["properties"]


def test_deduplication_has_two_ways() -> None:
    assert [*DeduplicateBy] == ["idempotency-key", "body"]
