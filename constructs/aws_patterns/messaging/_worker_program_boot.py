"""How an instance installs the worker program: the commands of its first boot. Needs no CDK."""

from __future__ import annotations

from aws_patterns.compute._boot_script import download_commands

_FOLDER = "/opt/queue_worker"
_ARCHIVE = "/opt/queue_worker.zip"


def boot_commands(*, source: str, region: str) -> list[str]:
    """Download, unpack and install, in a shell of their own: a failure is theirs, and fails the boot if it is last.

    Args:
        source: The archive's ``s3://`` address.
        region: Of its bucket.
    """
    return [
        "(",
        "  set -eu",
        *download_commands(source=source, region=region, archive=_ARCHIVE, folder=_FOLDER),
        # By its shell: unpacked by Python, no file keeps the permission to be executed.
        f"  bash {_FOLDER}/queue_worker/install.sh",
        ")",
    ]
