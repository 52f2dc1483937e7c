"""What may be chosen about vaults that hold backups, within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults

_NAME = re.compile(rf"[a-zA-Z0-9_-]{{2,{defaults.LONGEST_VAULT_NAME}}}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


class VaultLockMode(StrEnum):
    """Who may end the protection of recovery points before their time.

    Attributes:
        GOVERNANCE: Whoever has ``backup:DeleteBackupVaultLockConfiguration``.
        COMPLIANCE: Nobody, once the days of grace are over: not even the root of the account, nor AWS.
    """

    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"


@dataclass(frozen=True, kw_only=True, slots=True)
class VaultLock:
    """Write once, read many: nothing in the vault is deleted before its time. ``VaultLock(minimum_days=7)``.

    Backups that are to be kept for another time than the lock allows fail.

    Attributes:
        minimum_days: Nothing is kept for less, 1 to 36,500.
        maximum_days: Nothing is kept for longer, up to 36,500. Default: no limit.
        mode: Who may end it. Default ``VaultLockMode.GOVERNANCE``.
        grace_days: With ``COMPLIANCE``, how long the lock can still be taken off, 3 to 36,500. Default 3.
    """

    minimum_days: int
    maximum_days: int | None = None
    mode: VaultLockMode = VaultLockMode.GOVERNANCE
    grace_days: int | None = None


@typed
def check_backup_vault(
    problems: Problems,
    *,
    name: str,
    lock: VaultLock | None = None,
    copies_from_accounts: Sequence[str] = (),
    destroy: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of a vault."""
    check_vault_name(problems, "name", name)
    for place, account in enumerate(copies_from_accounts):
        if not is_token(account) and not _ACCOUNT.fullmatch(account):
            problems.add(f"copies_from_accounts[{place}] must be an account's number of 12 digits, got {account!r}")
    if lock is not None:
        _check_lock(problems, lock)
        if destroy:
            problems.add(
                "removal_policy must not be DESTROY with a lock, which keeps recovery points until their time comes: "
                "leave removal_policy or lock out"
            )


def check_vault_name(problems: Problems, option: str, name: str) -> None:
    """Add to ``problems`` what is wrong with a vault's name."""
    if not is_token(name) and not _NAME.fullmatch(name):
        problems.add(
            f"{option} must be 2 to {defaults.LONGEST_VAULT_NAME} letters, digits, dashes or underscores, got {name!r}"
        )


def check_kept(problems: Problems, lock: VaultLock | None, option: str, days: int) -> None:
    """Add to ``problems`` that a vault's lock refuses what is kept for so long."""
    if lock is None or is_token(days):
        return
    if days < lock.minimum_days:
        problems.add(f"{option} must be at least the {lock.minimum_days} days of the vault's lock, got {days}")
    if lock.maximum_days is not None and days > lock.maximum_days:
        problems.add(f"{option} must be at most the {lock.maximum_days} days of the vault's lock, got {days}")


def _check_lock(problems: Problems, lock: VaultLock) -> None:
    longest = defaults.LONGEST_BACKUP_DAYS
    problems.between("lock.minimum_days", lock.minimum_days, 1, longest, " days")
    if lock.maximum_days is not None:
        problems.between("lock.maximum_days", lock.maximum_days, 1, longest, " days")
        known = not is_token(lock.maximum_days) and not is_token(lock.minimum_days)
        if known and lock.maximum_days < lock.minimum_days:
            problems.add(
                f"lock.maximum_days must not be less than lock.minimum_days, got {lock.maximum_days} and "
                f"{lock.minimum_days}"
            )
    if lock.grace_days is None:
        return
    if lock.mode is VaultLockMode.COMPLIANCE:
        problems.between("lock.grace_days", lock.grace_days, defaults.VAULT_LOCK_GRACE_DAYS, longest, " days")
    else:
        problems.add("lock.grace_days is for VaultLockMode.COMPLIANCE: a lock of governance can always be taken off")
