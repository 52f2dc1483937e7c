"""What may be chosen about buckets that are copied to others, within which limits, and what follows. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.recovery import HOUR, MINUTE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage.data_bucket_options import Lifecycle, check_bucket_name
from aws_patterns.storage.data_bucket_options import recovery_of as recovery_of_bucket

_ALIAS = re.compile(r"alias/(?!aws/)[\w/-]{1,250}", re.ASCII)
_KEY_ARN = re.compile(r"arn:[\w-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[\w-]+", re.ASCII)
_TIME_CONTROL = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html"
_TROUBLESHOOTING = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-troubleshoot.html"


class ReplicaClass(StrEnum):
    """In which storage class the copies are, by its name in S3.

    Attributes:
        STANDARD: Read as often as the others.
        STANDARD_IA: Rarely read, at once when they are: each object costs at least 30 days.
        INTELLIGENT_TIERING: S3 watches which are read.
        GLACIER_IR: Hardly ever read, at once when they are: each object costs at least 90 days.
    """

    STANDARD = "STANDARD"
    STANDARD_IA = "STANDARD_IA"
    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    GLACIER_IR = "GLACIER_IR"


@dataclass(frozen=True, kw_only=True, slots=True)
class Replica:
    """A bucket that has copies, as both sides know it: ``Replica(bucket_name="orders-copy", region="eu-central-1")``.

    Both sides are told the same, and nothing of one is read by the other: they may be stacks of different Regions.

    Attributes:
        bucket_name: Its name.
        region: Where it is.
        key: What encrypts the copies: the alias of a key in that Region, for instance ``alias/orders-copy``, or its
            ARN. Where one replica has a key the others need theirs, and the originals have one too. Default: keys that
            S3 owns, on both sides.
        storage_class: Of the copies. Default ``ReplicaClass.STANDARD``.
        delete_markers: Whether what is deleted disappears from the copy too. Default no: nobody deletes both by
            mistake.
        without_time_control: Take as long as it takes: without the 15 minutes that S3 is built to keep for 99.99 % of
            the objects, and without what they cost.
        both_ways: Whether what is written to the copy is copied back in the same way: for who writes there while the
            Region of the originals is lost. Both sides keep their own storage classes.
    """

    bucket_name: str
    region: str
    key: str | None = None
    storage_class: ReplicaClass = ReplicaClass.STANDARD
    delete_markers: bool = False
    without_time_control: bool = False
    both_ways: bool = False

    @property
    def rule_id(self) -> str:
        """What S3 and its metrics call the way to this bucket."""
        return f"to-{self.region}"

    @property
    def back_rule_id(self) -> str:
        """What they call the way back, which both sides know without knowing where the other one is."""
        return f"back-from-{self.region}"


@typed
def check_replicated_bucket(
    problems: Problems, *, bucket_name: str, replicas: Sequence[Replica], encrypted_with_key: bool = False
) -> None:
    """Add to ``problems`` whatever is wrong with a bucket and where its copies go."""
    if not 1 <= len(replicas) <= defaults.MOST_REPLICAS:
        problems.add(
            f"replicas must hold 1 to {defaults.MOST_REPLICAS} buckets, got {len(replicas)}: a bucket without copies "
            "is a DataBucket"
        )
    encrypted = encrypted_with_key or any(replica.key is not None for replica in replicas)
    seen: dict[str, int] = {}
    for place, replica in enumerate(replicas):
        name = f"replicas[{place}]"
        check_replica(problems, name=name, replica=replica, source_bucket_name=bucket_name)
        if replica.key is None and encrypted:
            problems.add(
                f"{name}.key is missing: objects encrypted with a customer managed key are copied only with a key of "
                f"{replica.region} that encrypts them there; give its alias or ARN"
            )
        first = seen.setdefault(replica.region, place)
        if first != place and not is_token(replica.region):
            problems.add(f"{name}.region must be another than that of replicas[{first}], got {replica.region} for both")


@typed
def check_replica(problems: Problems, *, name: str, replica: Replica, source_bucket_name: str) -> None:
    """Add to ``problems`` whatever is wrong with one bucket that has copies."""
    check_bucket_name(problems, f"{name}.bucket_name", replica.bucket_name)
    if not is_token(replica.bucket_name) and replica.bucket_name == source_bucket_name:
        problems.add(f"{name}.bucket_name must not be the bucket's own name, got {replica.bucket_name!r} for both")
    problems.one_of(f"{name}.storage_class", replica.storage_class, [str(known) for known in ReplicaClass])
    known_region = not is_token(replica.region)
    if known_region and not REGION.fullmatch(replica.region):
        problems.add(f"{name}.region must be a Region's code such as eu-west-1, got {replica.region!r}")
    if replica.key is None or is_token(replica.key):
        return
    arn = _KEY_ARN.fullmatch(replica.key)
    if arn is None and not _ALIAS.fullmatch(replica.key):
        problems.add(
            f"{name}.key must look like alias/my-key, or like arn:aws:kms:{replica.region}:111122223333:key/..., got "
            f"{replica.key!r}"
        )
    elif arn and known_region and arn["region"] != replica.region:
        problems.add(f"{name}.key must be a key of {replica.region}, where the copies are, got one of {arn['region']}")


def recovery_of(replicas: Sequence[Replica], lifecycle: Lifecycle, *, region: str | None) -> RecoveryCharacteristics:
    """What follows from the loss of something.

    Args:
        replicas: Where copies are.
        lifecycle: Of the originals.
        region: Where the originals are, or ``None`` where that is not known yet.
    """
    elsewhere = [replica for replica in replicas if replica.region != region]
    alone = recovery_of_bucket(lifecycle)
    if not elsewhere:
        return alone
    controlled = any(not replica.without_time_control for replica in elsewhere)
    promise = (
        "99.99 % of the objects are there within 15 minutes, most in seconds"
        if controlled
        else "most objects are there within 15 minutes, large ones after hours"
    )
    regions = ", ".join(replica.region for replica in elsewhere)
    return {
        **alone,
        Loss.REGION: Recovery(
            recovery_time=Span(
                usual=defaults.SWITCH_USUAL_MINUTES * MINUTE, worst=defaults.SWITCH_WORST_MINUTES * MINUTE
            ),
            recovery_point=Span(usual=defaults.REPLICATION_USUAL_SECONDS, worst=defaults.REPLICATION_MINUTES * MINUTE)
            if controlled
            else Span(usual=defaults.REPLICATION_MINUTES * MINUTE, worst=defaults.REPLICATION_SLOW_HOURS * HOUR),
            automatic=False,
            how=f"The copy in {regions} answers all the time, and {promise}. Somebody tells readers and writers of it: "
            "the time is an estimate of that.",
            source=_TIME_CONTROL if controlled else _TROUBLESHOOTING,
        ),
    }
