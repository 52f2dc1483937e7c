"""The script by which an instance sends its logs away. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence

# Of the Systems Manager document; its pattern is all that anybody may put into the script.
KEY_PARAMETER = "Key"
KEY_PATTERN = r"^i-[0-9a-f]{8,17}/[0-9]{8}T[0-9]{6}Z\.tar\.gz$"


def collection_script(*, paths: Sequence[str], prefix: str, region: str) -> list[str]:
    """Lines of a script that packs ``paths`` and stores them below ``prefix`` (``s3://bucket/prefix``).

    Nothing is written on the instance, whose disk may be what is full. Exits with 0 only when the archive is stored.
    """
    destination = _quoted(f"{prefix}/") + f"'{{{{ {KEY_PARAMETER} }}}}'"
    return [
        "#!/bin/bash",
        "set -u",
        f"paths=({' '.join(_quoted(path) for path in paths)})",
        "found=()",
        'for path in "${paths[@]}"; do',
        '  if [ -e "$path" ]; then found+=("$path"); else echo "not there: $path" >&2; fi',
        "done",
        'if [ "${#found[@]}" -eq 0 ]; then echo "none of the paths is there" >&2; exit 3; fi',
        'tar --create --gzip --ignore-failed-read --file=- -- "${found[@]}" |',
        f"  aws s3 cp --only-show-errors --region {_quoted(region)} - {destination}",
        'ended=("${PIPESTATUS[@]}")',
        "# 1: a file has changed while it was read, as logs do.",
        'if [ "${ended[0]}" -gt 1 ]; then exit "${ended[0]}"; fi',
        'exit "${ended[1]}"',
    ]


def _quoted(text: str) -> str:
    """Whatever it holds, the shell sees one word."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
