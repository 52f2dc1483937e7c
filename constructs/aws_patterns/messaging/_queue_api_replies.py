"""What a queue API answers, whoever refuses: every reply is JSON, and says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_apigateway as apigateway

_LATER = "'5'"
_MESSAGE_ID = "$input.path('$.SendMessageResponse.SendMessageResult.MessageId')"

_ACCEPTED = "202"
_REFUSED = "400"
_BUSY = "503"

# SQS's own words for what its sender has to change.
_CODES_OF_BAD_MESSAGES = ("InvalidParameterValue", "InvalidMessageContents", "MissingParameter")


class Replies:
    """The replies of one API.

    Args:
        path: Where messages are posted to.
        maximum_bytes: What the queue takes; ``None`` where that is somebody else's queue.
        needs_key: Whether requests need an ``Idempotency-Key``.
        is_open: Whether anybody may send.
        cors_origin: Which page may read them.
    """

    def __init__(
        self, *, path: str, maximum_bytes: int | None, needs_key: bool, is_open: bool, cors_origin: str | None
    ) -> None:
        self._path = path
        self._maximum_bytes = maximum_bytes
        self._needs_key = needs_key
        self._is_open = is_open
        self._headers = {} if cors_origin is None else {"Access-Control-Allow-Origin": f"'{cors_origin}'"}
        self._later = {**self._headers, "Retry-After": _LATER}
        if cors_origin is not None:
            self._later["Access-Control-Expose-Headers"] = "'Retry-After'"

    def of_the_queue(self) -> Sequence[apigateway.IntegrationResponse]:
        """By what SQS answered; nothing but its success is one."""
        return [
            self._integration_response(
                _ACCEPTED, f'{{"Status":"Accepted","MessageId":"{_MESSAGE_ID}"}}', self._headers, r"2\d{2}"
            ),
            self._integration_response(_REFUSED, self._what_sqs_refuses(), self._headers, "400"),
            self._integration_response(_BUSY, _NOT_STORED, self._later, None),
        ]

    def of_the_method(self) -> Sequence[apigateway.MethodResponse]:
        """The same, declared."""
        return [
            apigateway.MethodResponse(
                status_code=status,
                response_parameters={f"method.response.header.{name}": True for name in headers},
                response_models={"application/json": apigateway.Model.EMPTY_MODEL},
            )
            for status, headers in ((_ACCEPTED, self._headers), (_REFUSED, self._headers), (_BUSY, self._later))
        ]

    def add_those_of_the_gateway(self, api: apigateway.RestApi) -> None:
        """When the gateway itself refuses, before the queue is asked."""
        for name, (response_type, status, reason) in self._refusals().items():
            api.add_gateway_response(
                name,
                type=response_type,
                status_code=status,
                response_headers=self._later if status == "429" else self._headers,
                templates={"application/json": _error(reason)},
            )
        for name, response_type, headers in (
            ("Default4xx", apigateway.ResponseType.DEFAULT_4_XX, self._headers),
            ("Default5xx", apigateway.ResponseType.DEFAULT_5_XX, self._later),
        ):
            api.add_gateway_response(
                name,
                type=response_type,
                response_headers=headers,
                # messageString arrives quoted.
                templates={"application/json": '{"Status":"Error","Reason":$context.error.messageString}'},
            )

    def _what_sqs_refuses(self) -> str:
        """SQS says 400 for a bad message, and for a queue that is gone or busy, where it is to be sent again."""
        size = "larger than the queue takes" if self._maximum_bytes is None else f"over {self._maximum_bytes} bytes"
        key = ", or the Idempotency-Key is not 1 to 64 visible ASCII characters" if self._needs_key else ""
        is_the_senders = " || ".join(f'$code == "{code}"' for code in _CODES_OF_BAD_MESSAGES)
        headers = {name: value for name, value in self._later.items() if name not in self._headers}
        overrides = [f"#set($context.responseOverride.header.{name} = {value})" for name, value in headers.items()]
        return "\n".join(
            [
                "#set($code = $input.path('$.Error.Code'))",
                f"#if({is_the_senders})",
                _error(f"The queue refused the message: it is {size}{key}"),
                "#else",
                f"#set($context.responseOverride.status = {_BUSY})",
                *overrides,
                _NOT_STORED,
                "#end",
            ]
        )

    def _refusals(self) -> Mapping[str, tuple[apigateway.ResponseType, str, str]]:
        kinds = apigateway.ResponseType
        where = f"POST /{self._path}"
        unknown = (
            ("404", f"No such resource or method: use {where}")
            if self._is_open
            else ("403", f"The request carries no credentials, or this is no resource: use {where}")
        )
        found = {
            "BadBody": (kinds.BAD_REQUEST_BODY, "400", "The body does not fit the schema of this API"),
            "Unknown": (kinds.MISSING_AUTHENTICATION_TOKEN, *unknown),
            "TooLarge": (kinds.REQUEST_TOO_LARGE, "413", "The body is larger than the queue takes"),
            "MediaType": (kinds.UNSUPPORTED_MEDIA_TYPE, "415", "The body must be JSON: Content-Type: application/json"),
            "Throttled": (kinds.THROTTLED, "429", "Too many requests at the moment: try again in a few seconds"),
            "Blocked": (kinds.WAF_FILTERED, "403", "The firewall of this API refused the request"),
        }
        if self._needs_key:
            reason = "The header Idempotency-Key is missing: the same key says that it is the same message"
            found["NoKey"] = (kinds.BAD_REQUEST_PARAMETERS, "400", reason)
        return found

    @staticmethod
    def _integration_response(
        status: str, template: str, headers: Mapping[str, str], pattern: str | None
    ) -> apigateway.IntegrationResponse:
        return apigateway.IntegrationResponse(
            status_code=status,
            selection_pattern=pattern,
            response_parameters={f"method.response.header.{name}": value for name, value in headers.items()},
            response_templates={"application/json": template},
        )


def _error(reason: str) -> str:
    return f'{{"Status":"Error","Reason":"{reason}"}}'


_NOT_STORED = _error("The message was not stored: please send it again in a few seconds")
