"""What may be chosen about backups, within which limits, and what follows for recovery. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, check_kept, check_vault_name
from aws_patterns.recovery import HOUR, MINUTE, Loss, Recovery, RecoveryCharacteristics, Span

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,50}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_KEY = re.compile(r"arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", re.ASCII)
_GUIDE = "https://docs.aws.amazon.com/aws-backup/latest/devguide/"


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupRule:
    """When backups are made, and for how long they are kept: ``BackupRule(name="hourly", every_hours=1, keep_days=7)``.

    Attributes:
        name: Of the rule, its own within the plan.
        every_hours: 1, 2, 3, 4, 6, 8, 12 or 24. Default 24.
        at_hour: In which hour of the day the first one is made, 0 to 23, in UTC. Default 3.
        start_minutes: Within how long of its time a backup must have begun, at least 60. Default 60.
        complete_minutes: Within how long of its time it must have ended; longer than ``start_minutes``. Default 720.
        keep_days: 1 to 36,500. Default 35.
        cold_after_days: From which age in cold storage, which costs less, takes hours to restore from, and is charged
            for at least 90 days: ``keep_days`` is at least 90 more. Tables alone. Default: never.
    """

    name: str
    every_hours: int = defaults.BACKUP_EVERY_HOURS
    at_hour: int = defaults.BACKUP_AT_HOUR
    start_minutes: int = defaults.BACKUP_START_MINUTES
    complete_minutes: int = defaults.BACKUP_COMPLETE_MINUTES
    keep_days: int = defaults.BACKUP_KEEP_DAYS
    cold_after_days: int | None = None

    @property
    def schedule(self) -> str:
        """As AWS Backup takes it, in UTC."""
        if self.every_hours == max(defaults.BACKUP_HOURS):
            return f"cron(0 {self.at_hour} ? * * *)"
        hours = sorted((self.at_hour + step) % 24 for step in range(0, 24, self.every_hours))
        return f"cron(0 {','.join(map(str, hours))} ? * * *)"


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupCopy:
    """A vault to which each backup is copied: ``BackupCopy(vault_name="orders-backups", region="eu-west-1")``.

    Attributes:
        vault_name: Of the other vault.
        region: Where it is.
        account: Whose it is. Default: this account's. That vault must let this account copy there.
        key: What encrypts there, where it is no key that `BackupVault` made: the ARN. Default: ``alias/<vault_name>``.
        keep_days: How long the copies are kept, 1 to 36,500. Default: as the backups.
        cold_after_days: As with `BackupRule`. Default: as the backups, or never where ``keep_days`` is given.
    """

    vault_name: str
    region: str
    account: str | None = None
    key: str | None = None
    keep_days: int | None = None
    cold_after_days: int | None = None

    def kept(self, rule: BackupRule) -> tuple[int, int | None]:
        """For how many days copies of that rule's backups are kept, and from which age in cold storage."""
        if self.keep_days is not None:
            return self.keep_days, self.cold_after_days
        return rule.keep_days, self.cold_after_days or rule.cold_after_days


DAILY = BackupRule(name="daily")
"""Once a day, kept for five weeks."""


@typed
def check_backup_plan(
    problems: Problems,
    *,
    name: str,
    tables: int,
    buckets: int,
    rules: Sequence[BackupRule] = (DAILY,),
    copies: Sequence[BackupCopy] = (),
    lock: VaultLock | None = None,
    own_region: str | None = None,
) -> None:
    """Add to ``problems`` whatever is wrong with a plan.

    Args:
        problems: Gets them.
        name: Of the plan.
        tables: How many there are.
        buckets: How many there are.
        rules: Of the plan.
        copies: Of every backup.
        lock: Of the plan's vault.
        own_region: Where the plan is; ``None`` where that is not known.
    """
    _check_name(problems, "name", name)
    if not 1 <= tables + buckets <= defaults.MOST_BACKED_UP:
        problems.add(
            f"tables and buckets must be 1 to {defaults.MOST_BACKED_UP} together, got {tables + buckets}: a plan "
            "without them backs nothing up"
        )
    if not rules:
        problems.add("rules must hold at least one rule, got none: leave rules out for one backup a day")
    names: dict[str, int] = {}
    for place, rule in enumerate(rules):
        option = f"rules[{place}]"
        _check_rule(problems, option, rule, has_buckets=buckets > 0)
        check_kept(problems, lock, f"{option}.keep_days", rule.keep_days)
        first = names.setdefault(rule.name, place)
        if first != place:
            problems.add(f"{option}.name must be another than that of rules[{first}], got {rule.name!r} for both")
    if len(copies) > defaults.MOST_BACKUP_COPIES:
        problems.add(f"copies must be {defaults.MOST_BACKUP_COPIES} at most, got {len(copies)}")
    for place, copy in enumerate(copies):
        _check_copy(problems, f"copies[{place}]", copy, rules, has_buckets=buckets > 0)
        if own_region is not None and copy.region == own_region and copy.account is None:
            problems.add(
                f"copies[{place}].region must be another than the plan's own, got {own_region}: a copy in the same "
                "Region and account is lost with the backup"
            )


def _check_rule(problems: Problems, option: str, rule: BackupRule, *, has_buckets: bool) -> None:
    _check_name(problems, f"{option}.name", rule.name)
    if not is_token(rule.every_hours) and rule.every_hours not in defaults.BACKUP_HOURS:
        allowed = ", ".join(map(str, defaults.BACKUP_HOURS))
        problems.add(f"{option}.every_hours must be one of {allowed}, got {rule.every_hours}")
    problems.between(f"{option}.at_hour", rule.at_hour, 0, 23)
    longest = defaults.LONGEST_BACKUP_MINUTES
    shortest = defaults.SHORTEST_BACKUP_START_MINUTES
    problems.between(f"{option}.start_minutes", rule.start_minutes, shortest, longest, " minutes")
    problems.between(f"{option}.complete_minutes", rule.complete_minutes, shortest, longest, " minutes")
    known = not is_token(rule.start_minutes) and not is_token(rule.complete_minutes)
    if known and rule.complete_minutes <= rule.start_minutes:
        problems.add(
            f"{option}.complete_minutes must be more than start_minutes, got {rule.complete_minutes} and "
            f"{rule.start_minutes}"
        )
    _check_ages(problems, option, rule.keep_days, rule.cold_after_days, has_buckets=has_buckets)


def _check_copy(
    problems: Problems, option: str, copy: BackupCopy, rules: Sequence[BackupRule], *, has_buckets: bool
) -> None:
    check_vault_name(problems, f"{option}.vault_name", copy.vault_name)
    if not is_token(copy.region) and not REGION.fullmatch(copy.region):
        problems.add(f"{option}.region must be a Region's code such as eu-west-1, got {copy.region!r}")
    if copy.account is not None and not is_token(copy.account) and not _ACCOUNT.fullmatch(copy.account):
        problems.add(f"{option}.account must be an account's number of 12 digits, got {copy.account!r}")
    if copy.key is not None and not is_token(copy.key) and not _KEY.fullmatch(copy.key):
        problems.add(
            f"{option}.key must look like arn:aws:kms:{copy.region}:111122223333:key/..., got {copy.key!r}: leave it "
            "out where BackupVault made the key"
        )
    kept = [rule.keep_days for rule in rules if not is_token(rule.keep_days)]
    if copy.keep_days is not None:
        _check_ages(problems, option, copy.keep_days, copy.cold_after_days, has_buckets=has_buckets)
    elif copy.cold_after_days is not None and kept:
        _check_ages(problems, option, min(kept), copy.cold_after_days, has_buckets=has_buckets)


def _check_ages(problems: Problems, option: str, keep: int, cold: int | None, *, has_buckets: bool) -> None:
    problems.between(f"{option}.keep_days", keep, 1, defaults.LONGEST_BACKUP_DAYS, " days")
    if cold is None:
        return
    problems.between(f"{option}.cold_after_days", cold, 1, defaults.LONGEST_BACKUP_DAYS, " days")
    if has_buckets:
        problems.add(
            f"{option}.cold_after_days must be left out with buckets, whose backups never get cold: make a plan of "
            f"their own for tables, got {cold}"
        )
    if not is_token(cold) and not is_token(keep) and keep < cold + defaults.COLD_STORAGE_DAYS:
        problems.add(
            f"{option}.keep_days must be at least {defaults.COLD_STORAGE_DAYS} more than cold_after_days, got {keep} "
            f"and {cold}: cold storage is charged for {defaults.COLD_STORAGE_DAYS} days"
        )


def _check_name(problems: Problems, option: str, name: str) -> None:
    if not is_token(name) and not _NAME.fullmatch(name):
        problems.add(f"{option} must be 1 to 50 letters, digits, dots, dashes or underscores, got {name!r}")


def recovery_of(rules: Sequence[BackupRule], copies: Sequence[BackupCopy]) -> RecoveryCharacteristics:
    """What follows from the loss of something, for what these rules back up."""
    often = min(rule.every_hours for rule in rules) * HOUR
    begun = min(rule.start_minutes for rule in rules) * MINUTE
    restored = Span(usual=defaults.TABLE_RESTORE_SECONDS[0], worst=defaults.TABLE_RESTORE_SECONDS[1])
    at_hand = Recovery(
        recovery_time=restored,
        recovery_point=Span(usual=often / 2, worst=often + begun),
        automatic=False,
        how="Somebody restores the latest backup under a new name; most tables are there within an hour, and a bucket "
        "as its objects are many.",
        source=f"{_GUIDE}restoring-a-backup.html",
    )
    copied = defaults.BACKUP_COPY_SECONDS
    elsewhere = ", ".join(copy.region for copy in copies)
    lost = Recovery(
        recovery_time=restored if copies else None,
        recovery_point=Span(usual=often / 2 + copied[0], worst=often + begun + copied[1]) if copies else None,
        automatic=False,
        how=f"The latest copy is restored in {elsewhere}."
        if copies
        else "The backups are in the lost Region: name a vault of another one in copies.",
        source=f"{_GUIDE}cross-region-backup.html",
    )
    return {Loss.INSTANCE: at_hand, Loss.AVAILABILITY_ZONE: at_hand, Loss.REGION: lost}
