"""The frame of every custom resource's function: do what is asked, and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_lambda_powertools import Logger

from custom_resource.gateway import put_answer
from custom_resource.logic import InvalidRequestError, RefusedError, answer

_logger = Logger(child=True)


def settle(
    event: Mapping[str, object],
    act: Callable[[Mapping[str, object]], Mapping[str, object]],
    identify: Callable[[Mapping[str, object]], object],
) -> None:
    """Do it and answer, whatever happens: an unanswered request would hold up the stack.

    Args:
        event: CloudFormation's request. It holds an address that may be written to by whoever knows it: don't log it.
        act: Does what is asked, and returns the attributes that templates may read.
        identify: The id of what the request is about; `custom_resource.logic.physical_id` knows the rules.
    """
    about = {"request": event.get("RequestType"), "resource": event.get("LogicalResourceId")}
    reason, data = None, None
    try:
        data = act(event)
        _logger.info("request met", extra=about)
    except (RefusedError, InvalidRequestError) as error:
        reason = str(error)
        _logger.warning("request not met", extra={**about, "reason": reason})
    except Exception as error:
        reason = f"{type(error).__name__}: see the function's log"
        _logger.exception("request not met", extra=about)
    put_answer(str(event["ResponseURL"]), answer(event, physical_id=identify(event), reason=reason, data=data))
