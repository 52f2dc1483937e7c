"""What a boot script installs, as far as it is known here."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from local_aws.launcher.programs.kinds import KINDS, Kind

_DOWNLOAD = re.compile(r"aws s3 cp [^\n]*'s3://(?P<bucket>[^/']+)/(?P<key>[^']+)'")
_VARIABLES = re.compile(r"^cat > /etc/[\w-]+\.env <<'VARIABLES'\n(?P<file>.*?)^VARIABLES$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r'^(?P<name>\w+)="(?P<value>(?:[^"\\]|\\.)*)"$', re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\$`])')


@dataclass(frozen=True, slots=True)
class Program:
    """A program as a boot script installs it.

    Attributes:
        kind: Which one.
        archives: Buckets and keys of what it is unpacked from.
        arguments: The options that it is started with.
        variables: Its environment.
    """

    kind: Kind
    archives: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def speaks_tls(self) -> bool:
        """Whether it needs a certificate."""
        return "--certificate" in self.arguments


def program_of(user_data: str) -> Program | None:
    """What the user data of an instance, in Base64, installs; None where it is anything else."""
    try:
        script = base64.b64decode(user_data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    archives = tuple((found["bucket"], found["key"]) for found in _DOWNLOAD.finditer(script))
    for kind in KINDS:
        if archives and (start := kind.started.search(script)):
            variables = _variables(script)
            # systemd doubles what would be a specifier or a variable.
            words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(start["arguments"])]
            words += shlex.split(variables.pop(kind.options, ""))
            return Program(kind, archives, tuple(words), variables)
    return None


def _variables(script: str) -> dict[str, str]:
    """What systemd reads from a file of variables, each in double quotes."""
    found = _VARIABLES.search(script)
    lines = _VARIABLE.finditer(found["file"]) if found else ()
    return {line["name"]: _ESCAPED.sub(r"\1", line["value"]) for line in lines}
