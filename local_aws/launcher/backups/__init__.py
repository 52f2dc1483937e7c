"""AWS Backup: jobs that really copy and restore tables and buckets. The emulator keeps vaults, plans and selections.

Times of schedules and lifecycles never come: rules and restore tests are carried out when they are asked for
(``EmbeddedAws.run_backup_plan``, ``EmbeddedAws.run_restore_test``), and no recovery point gets cold or expires.
"""

from __future__ import annotations

from local_aws.launcher.backups import api, permissions


def install() -> None:
    """Answer for AWS Backup."""
    api.install()
    permissions.install()
