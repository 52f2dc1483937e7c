"""What a boot script installs, as far as it is known here: the sample application."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from dataclasses import dataclass

_DOWNLOAD = re.compile(r"aws s3 cp [^\n]*'s3://(?P<bucket>[^/']+)/(?P<key>[^']+)'")
_START = re.compile(r"^ExecStart=\S*python3 .*-m sample_web_app(?P<arguments>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """The sample application as a boot script installs it.

    Attributes:
        bucket: Where its archive is.
        key: What its archive is called there.
        arguments: The options that it is started with.
    """

    bucket: str
    key: str
    arguments: tuple[str, ...]

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
    download, start = _DOWNLOAD.search(script), _START.search(script)
    if download is None or start is None:
        return None
    # systemd doubles what would be a specifier or a variable.
    words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(start["arguments"])]
    return Program(download["bucket"], download["key"], tuple(words))
