"""How large the instances of databases are. Needs no CDK."""

from __future__ import annotations

import re

from aws_patterns._validation import Problems, is_token

_INSTANCE_TYPE = re.compile(r"(?:db\.)?([a-z]+)(\d+)[a-z]*\.([a-z0-9]+)")
_GIB = 1024**3

# By size, in GiB, of the families that every engine runs on
# (AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html): each step of `n`xlarge is n times as large.
_XLARGE_GIB = {"m": 16, "r": 32, "t": 16}
_PARTS_OF_XLARGE = {"micro": 1 / 16, "small": 1 / 8, "medium": 1 / 4, "large": 1 / 2, "xlarge": 1.0}
_TIMES_XLARGE = re.compile(r"(\d+)xlarge")


def check_instance_type(problems: Problems, name: str, instance_type: str) -> None:
    """Add to ``problems`` what is no instance type."""
    if not is_instance_type(instance_type):
        problems.add(f"{name} must be an instance type such as 'm7g.large', got {instance_type!r}")


def is_instance_type(instance_type: str) -> bool:
    """Whether it reads like one, or is known only at deployment."""
    return is_token(instance_type) or _INSTANCE_TYPE.fullmatch(instance_type) is not None


def without_prefix(instance_type: str) -> str:
    """As the CDK takes it: RDS writes ``db.`` in front of what EC2 calls the same."""
    return instance_type if is_token(instance_type) else instance_type.removeprefix("db.")


def memory_bytes(instance_type: str) -> int | None:
    """Of one instance; ``None`` where only AWS knows."""
    match = None if is_token(instance_type) else _INSTANCE_TYPE.fullmatch(instance_type)
    if match is None or match[1] not in _XLARGE_GIB:
        return None
    times = _TIMES_XLARGE.fullmatch(match[3])
    size = float(times[1]) if times else _PARTS_OF_XLARGE.get(match[3])
    return None if size is None else int(size * _XLARGE_GIB[match[1]] * _GIB)
