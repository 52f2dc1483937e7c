"""Settings of the stack GlobalTable."""

import re
from dataclasses import dataclass
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned, Scaling
from aws_patterns.database.dynamodb_table_options import Replica, check_dynamodb_table, check_region
from stacks.settings._shared import exactly, renamed, topic_problems

_KEY_ARN = re.compile(r"arn:[\w-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[\w-]+", re.ASCII)

# What the table calls it, and what it is called here.
_NAMES = {
    **exactly(
        {
            "capacity.maximum_read_units": "maximum_read_units",
            "capacity.maximum_write_units": "maximum_write_units",
            "capacity.read.minimum": "minimum_read_units",
            "capacity.read.maximum": "maximum_read_units",
            "capacity.write.minimum": "minimum_write_units",
            "capacity.write.maximum": "maximum_write_units",
            "capacity.read.target_percent": "target_percent",
            "capacity.write.target_percent": "target_percent",
            "replicas": "regions",
        }
    ),
    r"capacity\.read\.maximum": "maximum_read_units",
    r"capacity\.write\.maximum": "maximum_write_units",
    r"^replicas\[\d+\]\.encryption_key_arn is missing: .* a key in (\S+) as well.*": (
        r"encryption_key_arns lacks a key of \1: name one of each Region, or none at all"
    ),
    r"an encryption_key(?=:)": "encryption_key_arns",
    r"removal_policy DESTROY": "removal_policy=destroy",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalTableSettings:
    """What may be chosen about a table in several Regions.

    Args:
        regions: Where the table is, and is read and written. The stack is in the app's Region (``-c region=...``) if
            that is one of them, else in the first. Add or remove one at a time.
        table_name: What the table is called in all of them. Default: CloudFormation's choice.
        partition_key: The field by which items are spread and found, a text.
        sort_key: The field by which the items of one partition key are ordered, a text. Default: none.
        time_to_live_attribute: The field that says when an item goes, in seconds since 1970. Default: items stay.
        capacity: Whether each request is paid for (on-demand), or units by the hour (provisioned), which follow use.
        minimum_read_units: Reads a second that there is always capacity for; provisioned only.
        maximum_read_units: The most reads a second. Default: the account's quota; with provisioned it is needed.
        minimum_write_units: Writes a second that there is always capacity for; provisioned only.
        maximum_write_units: The most writes a second. Default: the account's quota; with provisioned it is needed.
        target_percent: Of provisioned units, how many are used before there are more.
        recovery_days: To which of the last days each replica can be brought back; empty gives that up.
        encryption_key_arns: KMS keys, one of each Region. Default: keys that AWS owns.
        aws_managed_key: Whether the keys are those that AWS manages in this account, whose uses CloudTrail shows.
        deletion_protection: Whether the table refuses to be deleted, whoever asks. Default: true, unless it goes with
            its stack.
        alarm_topic_arn: SNS topic of the stack's Region that is told about alarms. Default: alarms change colour and
            tell nobody.
        removal_policy: Whether the table outlives the stack (retain) or goes with it, in all Regions (destroy).
    """

    regions: tuple[str, ...] = ("us-east-1", "us-west-2")
    table_name: str | None = None
    partition_key: str = "id"
    sort_key: str | None = None
    time_to_live_attribute: str | None = None
    capacity: Literal["on-demand", "provisioned"] = "on-demand"
    minimum_read_units: int = 1
    maximum_read_units: int | None = None
    minimum_write_units: int = 1
    maximum_write_units: int | None = None
    target_percent: int = defaults.CAPACITY_TARGET_PERCENT
    recovery_days: int | None = defaults.TABLE_RECOVERY_DAYS
    encryption_key_arns: tuple[str, ...] = ()
    aws_managed_key: bool = False
    deletion_protection: bool | None = None
    alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def table_capacity(self) -> OnDemand | Provisioned:
        """What the table takes, and how it is paid for."""
        if self.capacity == "on-demand":
            return OnDemand(maximum_read_units=self.maximum_read_units, maximum_write_units=self.maximum_write_units)
        return Provisioned(
            read=self._scaling(self.minimum_read_units, self.maximum_read_units),
            write=self._scaling(self.minimum_write_units, self.maximum_write_units),
        )

    def home(self, region: str | None = None) -> str:
        """The Region of the stack, where the app has this one."""
        return region if region is not None and region in self.regions else self.regions[0]

    def replicas(self, home: str) -> list[Replica]:
        """The table in the other Regions, with the key of each."""
        others = [region for region in dict.fromkeys(self.regions) if region != home]
        return [Replica(region=region, encryption_key_arn=self.key_of(region)) for region in others]

    def key_of(self, region: str) -> str | None:
        """The ARN of the Region's key."""
        return next((arn for arn in self.encryption_key_arns if _region_of(arn) == region), None)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("GlobalTable")
        if not self.regions:
            return ["regions must name a Region at least, got none"]
        for region in dict.fromkeys(self.regions):
            if self.regions.count(region) > 1:
                problems.add(f"regions must name each Region once, got {region} {self.regions.count(region)} times")
        check_region(problems, "regions", self.home())
        check_dynamodb_table(
            problems,
            partition_key=self.partition_key,
            sort_key=self.sort_key,
            time_to_live_attribute=self.time_to_live_attribute,
            capacity=self.table_capacity(),
            replicas=self.replicas(self.home()),
            recovery_days=self.recovery_days,
            customer_key=bool(self.encryption_key_arns),
            aws_managed_key=self.aws_managed_key,
            deletion_protection=self.deletion_protection,
            kept=self.removal_policy != "destroy",
            table_name=self.table_name,
            region=self.home(),
        )
        return [
            *renamed(problems.found, _NAMES),
            *self._capacity_problems(),
            *self._key_problems(),
            *topic_problems(self.alarm_topic_arn),
        ]

    def _scaling(self, minimum: int, maximum: int | None) -> Scaling:
        # A limit that is missing is told already; what follows from that need not be told too.
        return Scaling(
            minimum=minimum, maximum=max(minimum, 1) if maximum is None else maximum, target_percent=self.target_percent
        )

    def _capacity_problems(self) -> list[str]:
        if self.capacity == "provisioned":
            return [
                f"{name} is missing: provisioned capacity needs a limit to grow to"
                for name in ("maximum_read_units", "maximum_write_units")
                if getattr(self, name) is None
            ]
        return [
            f"{name} has no effect with capacity=on-demand: leave it out, or choose capacity=provisioned"
            for name in ("minimum_read_units", "minimum_write_units")
            if getattr(self, name) != 1
        ]

    def _key_problems(self) -> list[str]:
        problems = [
            f"encryption_key_arns must look like arn:aws:kms:eu-west-1:111122223333:key/..., got {arn!r}"
            for arn in self.encryption_key_arns
            if not _KEY_ARN.fullmatch(arn)
        ]
        regions = [_region_of(arn) for arn in self.encryption_key_arns if _KEY_ARN.fullmatch(arn)]
        problems += [
            f"encryption_key_arns must name one key of each Region, got {regions.count(region)} of {region}"
            for region in dict.fromkeys(regions)
            if regions.count(region) > 1
        ]
        missing = self.encryption_key_arns and not problems and self.key_of(self.home()) is None
        if missing:
            problems.append(
                f"encryption_key_arns lacks a key of {self.home()}: name one of each Region, or none at all"
            )
        strangers = [region for region in dict.fromkeys(regions) if region not in self.regions]
        problems += [f"encryption_key_arns has a key of {region}, where the table is not" for region in strangers]
        return problems


def _region_of(arn: str) -> str | None:
    found = _KEY_ARN.fullmatch(arn)
    return found["region"] if found else None
