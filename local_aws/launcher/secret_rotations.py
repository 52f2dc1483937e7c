"""Rotates secrets as Secrets Manager does: by a function, which takes four steps in the background.

The emulator's RotateSecret copies the value and calls nobody. AWS tries a rotation that ended half-way again by
itself; here the next RotateSecret does, which is refused as on AWS. The times of a schedule never come.
"""

from __future__ import annotations

import contextvars
import fnmatch
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Handler, Properties, Provisioned, Record
from local_aws.launcher.values import flag, items, mapping, text

_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_CURRENT = "AWSCURRENT"
_PENDING = "AWSPENDING"
_SERVICE = "secretsmanager.amazonaws.com"
_LAST = "LastRotatedDate"

_Answer = tuple[int, Mapping[str, str], bytes]
_Operation = Callable[[Record], _Answer]

_log = logging.getLogger("local_aws")


class _RefusedError(Exception):
    """Why Secrets Manager does not do what it is asked: the error's code and its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.answer: _Answer = _answer({"__type": code, "message": message}, 400)


class _Rotations:
    """The rotations under way, each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By the ARNs of secrets; whether to begin again where one ends half-way.
        self._under_way: dict[str, bool] = {}

    def configure(self, secret: Record, request: Properties) -> str:
        """Remember function and rules, and rotate, or only try the function: the version that this makes.

        Raises:
            _RefusedError: There is no function, it may not be called, or another rotation has not ended.
        """
        function = text(request, "RotationLambdaARN") or secret.get("RotationLambdaARN") or ""
        token = text(request, "ClientRequestToken") or str(uuid.uuid4())
        _check_function(function, secret["ARN"])
        with self._lock:
            versions = secret["Versions"]
            if token in versions:
                return token
            unfinished = _unfinished(secret)
            under_way = secret["ARN"] in self._under_way
            if unfinished is None and not under_way:
                rules = mapping(request.get("RotationRules")) or secret.get("RotationRules")
                secret.update(RotationEnabled=True, RotationLambdaARN=function, RotationRules=rules)
                at_once = flag(request, "RotateImmediately", default=True)
                self._add_version(versions, token, tried_only=not at_once)
                self._start(secret, token, _STEPS if at_once else ("testSecret",))
                return token
            if under_way:
                self._under_way[secret["ARN"]] = True
            elif unfinished is not None:
                self._start(secret, unfinished, _STEPS)
        raise _RefusedError(
            "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted."
        )

    def _add_version(self, versions: dict[str, Record], token: str, *, tried_only: bool) -> None:
        """The pending version: empty, or what is current where the function is only to be tried."""
        current = next((one for one in versions.values() if _CURRENT in one["Stages"]), None)
        for version in versions.values():
            version["Stages"] = [stage for stage in version["Stages"] if stage != _PENDING]
        value = current if tried_only and current else {}
        versions[token] = {
            "SecretString": value.get("SecretString"),
            "SecretBinary": value.get("SecretBinary"),
            "CreatedDate": int(time.time()),
            "Stages": [_PENDING],
        }

    def _start(self, secret: Record, token: str, steps: Sequence[str]) -> None:
        self._under_way[secret["ARN"]] = False
        # It acts in the account and the Region of this request.
        work = contextvars.copy_context().run
        threading.Thread(target=work, args=(self._take, secret, token, steps), daemon=True).start()

    def _take(self, secret: Record, token: str, steps: Sequence[str]) -> None:
        """Take one step after the other; the first that fails is the last."""
        going_on = True
        while going_on:
            taken = all(_step(secret, token, step) for step in steps)
            with self._lock:
                going_on = not taken and steps == _STEPS and self._under_way[secret["ARN"]]
                self._under_way[secret["ARN"]] = False
                if not going_on:
                    self._end(secret, token, taken=taken, tried_only=steps != _STEPS)

    def _end(self, secret: Record, token: str, *, taken: bool, tried_only: bool) -> None:
        if tried_only:
            secret["Versions"].pop(token, None)
        elif taken:
            secret[_LAST] = time.time()
        del self._under_way[secret["ARN"]]


_ROTATIONS = _Rotations()


def install() -> None:
    """Take the place of the emulator's operation, and let the others tell what it does."""
    rotate, read, describe = (
        cast("_Operation", hook.get()) for hook in (hooks.ROTATE_SECRET, hooks.READ_SECRET, hooks.DESCRIBE_SECRET)
    )

    def rotate_by_function(request: Record) -> _Answer:
        secret = _secret(request)
        if secret is None or secret.get("_PrimarySecretArn"):
            return rotate(request)  # which refuses it
        try:
            version = _ROTATIONS.configure(secret, request)
        except _RefusedError as refusal:
            return refusal.answer
        return _answer({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version})

    def read_what_is_there(request: Record) -> _Answer:
        secret = _secret(request)
        version, stage = request.get("VersionId"), request.get("VersionStage", _CURRENT)
        for known, found in (secret or {}).get("Versions", {}).items():
            asked = known == version if version else stage in found["Stages"]
            if asked and found.get("SecretString") is None and found.get("SecretBinary") is None:
                of = f"VersionId: {version}" if version else f"staging label: {stage}"
                message = f"Secrets Manager can't find the specified secret value for {of}"
                return _RefusedError("ResourceNotFoundException", message).answer
        return read(request)

    def describe_rotation(request: Record) -> _Answer:
        status, headers, body = describe(request)
        secret = _secret(request)
        if secret is None or not secret.get(_LAST):
            return status, headers, body
        return _answer({**json.loads(body), _LAST: secret[_LAST]})

    hooks.ROTATE_SECRET.replace(rotate_by_function)
    hooks.READ_SECRET.replace(read_what_is_there)
    hooks.DESCRIBE_SECRET.replace(describe_rotation)


def schedule() -> Handler:
    """``AWS::SecretsManager::RotationSchedule``: rotates the secret when it is made or changed, or tries that."""

    def create(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
        secret = _secret({"SecretId": text(properties, "SecretId")})
        if secret is None:
            raise ValueError("Secrets Manager can't find the specified secret.")
        if not text(properties, "RotationLambdaARN"):
            # A hosted function is a stack of its own, which nothing here makes: kept, and nobody is called.
            secret["RotationRules"] = mapping(properties.get("RotationRules"))
            return str(secret["ARN"]), {}
        at_once = flag(properties, "RotateImmediatelyOnUpdate", default=True)
        try:
            _ROTATIONS.configure(secret, {**properties, "RotateImmediately": at_once})
        except _RefusedError as refusal:
            raise ValueError(str(refusal)) from None
        return str(secret["ARN"]), {}

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        made = create(logical_id or "", new, stack)
        if made[0] != physical_id:
            delete(physical_id, old)
        return made

    def delete(physical_id: str, _properties: Properties) -> None:
        # As CancelRotateSecret does: what is pending stays so.
        if secret := _secret({"SecretId": physical_id}):
            secret["RotationEnabled"] = False

    return Handler(create=create, update=update, update_with_logical_id=True, delete=delete)


def _secret(request: Properties) -> Record | None:
    """The secret that a request names, unless it is deleted."""
    resolve = cast("Callable[[object], tuple[str | None, Record | None]]", hooks.SECRET_BY_ID.get())
    secret = resolve(request.get("SecretId"))[1]
    return None if secret is None or secret.get("DeletedDate") else secret


def _unfinished(secret: Record) -> str | None:
    """The version to which an earlier rotation has not got."""
    stages = {version: one["Stages"] for version, one in secret["Versions"].items()}
    return next((version for version, its in stages.items() if _PENDING in its and _CURRENT not in its), None)


def _function(arn: str) -> Record | None:
    """What the emulator runs for a function's ARN."""
    function, configuration, *_ = cast("Callable[[str], tuple[Record, ...]]", hooks.FUNCTION_BY_ARN.get())(arn)
    return {**function, "config": configuration} if function else None


def _check_function(arn: str, secret_arn: str) -> None:
    """Raises _RefusedError unless Secrets Manager may call it."""
    if not arn:
        raise _RefusedError(
            "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret."
        )
    function = _function(arn)
    statements = [mapping(one) for one in items(mapping((function or {}).get("policy")), "Statement")]
    if not any(_allows(one, secret_arn) for one in statements):
        raise _RefusedError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            f"access to the principal {_SERVICE}.",
        )


def _allows(statement: Properties, secret_arn: str) -> bool:
    """Whether a statement of a function's policy lets Secrets Manager call it for a secret."""
    conditions = mapping(statement.get("Condition"))
    account = text(mapping(conditions.get("StringEquals")), "AWS:SourceAccount", hooks.account())
    source = text(mapping(conditions.get("ArnLike")), "AWS:SourceArn", "*")
    named = mapping(statement.get("Principal")).get("Service") == _SERVICE
    return named and account == hooks.account() and fnmatch.fnmatchcase(secret_arn, source)


def _step(secret: Record, token: str, step: str) -> bool:
    """Call the function; whether it has done what it was asked for."""
    function = _function(secret["RotationLambdaARN"])
    event = {"Step": step, "SecretId": secret["ARN"], "ClientRequestToken": token}
    call = cast("Callable[[Record, Record], Record]", hooks.CALL_FUNCTION.get())
    outcome = call(function, event) if function else {"error": True}
    if not outcome.get("error"):
        return True
    kind = mapping(outcome.get("body")).get("errorType", "it is gone")
    _log.warning("The rotation of %s ends with %s: %s. See the function's log.", secret["Name"], step, kind)
    return False


def _answer(body: Mapping[str, object], status: int = 200) -> _Answer:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()
