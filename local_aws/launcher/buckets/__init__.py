"""What buckets do on AWS and not in the emulator: keep what templates say of them, and replicate by it."""

from __future__ import annotations

from local_aws.launcher.buckets import jobs, replication, waiting


def install() -> None:
    """Replicate as S3 does."""
    replication.install()
    waiting.install()
    jobs.install()
