"""What may be chosen about the sample web application, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from aws_patterns._validation import Problems, is_token

# Both go through a shell script into a unit of systemd.
_VERSION = re.compile(r"[\w.+-]{1,64}", re.ASCII)
_NAME = re.compile(r"\w[\w-]{0,63}", re.ASCII)
_URL = re.compile(r"[\w.:/?&=%@~+\[\]-]{1,512}", re.ASCII)
_SCHEMES = ("tcp", "http", "https")
_LONGEST_SECONDS = 900


def check_sample_web_app(
    problems: Problems,
    *,
    version: str,
    dependencies: Mapping[str, str] | None = None,
    port: int = 8_080,
    notice_seconds: int = 0,
    grace_seconds: int = 0,
    version_name: str = "version",
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one sample application."""
    if not is_token(version) and not _VERSION.fullmatch(version):
        problems.add(
            f"{version_name} must be 1 to 64 letters, digits, dots, plus signs, dashes or underscores, got {version!r}"
        )
    problems.between("port", port, 1_024, 65_535)
    problems.between("notice_seconds", notice_seconds, 0, _LONGEST_SECONDS, " s")
    problems.between("grace_seconds", grace_seconds, 0, _LONGEST_SECONDS, " s")
    for name, url in (dependencies or {}).items():
        if not _NAME.fullmatch(name):
            problems.add(
                f"dependencies must have names of up to 64 letters, digits, dashes and underscores, got {name!r}"
            )
        if not is_token(url) and not _is_address(url):
            problems.add(
                f"dependencies[{name!r}] must be an address such as tcp://host:5432 or https://host/path, got {url!r}"
            )


def _is_address(url: str) -> bool:
    if not _URL.fullmatch(url):
        return False
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        return False
    has_port = port != 0 if address.scheme != "tcp" else bool(port)
    return address.scheme in _SCHEMES and bool(address.hostname) and has_port
