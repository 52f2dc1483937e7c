"""Route 53: health checks that ask, answers that follow them, and requests that go where the answers say."""

from __future__ import annotations

from local_aws.launcher.dns import operations, serving


def install() -> None:
    """Add what the emulator's API lacks, and let domain names lead to one Region of two."""
    operations.install()
    serving.install()
