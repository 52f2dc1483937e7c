"""What may be chosen about the state of a recovery, and what is in it. Needs no CDK."""

from __future__ import annotations

import re
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token

# In the names of functions (64 characters), state machines (80) and tables: what follows has room in each of them.
_NAME = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,31}", re.ASCII)


class StateItem(StrEnum):
    """The items of the state table, by their keys, as IAM's conditions name them."""

    PRIMARY_ENDPOINT = "endpoint#primary"
    RECOVERY_ENDPOINT = "endpoint#recovery"
    SERVING = "serving"
    LOCK = "run"
    RUNS = "run#*"
    HEARTBEAT = "heartbeat"
    WATCH = "watch"


def state_table_name(name: str) -> str:
    """Of the state table of a workload, in its recovery Region."""
    return f"{name}-recovery-state"


@typed
def check_recovery_name(problems: Problems, *, name: str) -> None:
    """Add to ``problems`` whether this can't be the name of a workload, which both Regions' names begin with."""
    if not is_token(name) and not _NAME.fullmatch(name):
        problems.add(
            "name must be 2 to 32 lowercase letters, digits and single hyphens, with a letter at the start and no "
            f"hyphen at the end, got {name!r}: names in both Regions begin with it"
        )
