"""Data that a template's resources have in other Regions, and what of theirs arrives here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docs.generate.template import Resource, Template, at, items, text

TABLE = "AWS::DynamoDB::GlobalTable"
_ALARM = "AWS::CloudWatch::Alarm"
_BUCKET = "AWS::S3::Bucket"
_FILES = "AWS::EFS::FileSystem"
_REGION = re.compile(
    r"(?<![a-z])[a-z]{2}-(?:(?:gov|iso[a-z]?)-)?(?:north|south|central|(?:north|south)?(?:east|west))-\d(?!\d)"
)
_UNKNOWN = {"${AWS::AccountId}": "<account>", "${AWS::Region}": "<Region>"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Something that the template does not hold and that has the same data.

    Attributes:
        of: Logical id of what the template holds.
        title: What it is called; empty: the same as what the template holds.
        kind: What it is; empty: the same as what the template holds.
        region: Where it is; empty where the template does not say.
        labels: What happens between the two.
        arrives: Whether what the template holds is the copy.
    """

    of: str
    title: str = ""
    kind: str = ""
    region: str = ""
    labels: tuple[str, ...] = ("replicates",)
    arrives: bool = False

    @property
    def id(self) -> str:
        """Unique in a diagram."""
        return f"copy {self.of} {self.title} {self.region}"


def copies(template: Template) -> Iterator[Copy]:
    """Everything of the kind, each once."""
    found = [
        *(one for bucket in template.of_type(_BUCKET) for one in _of_bucket(template, bucket)),
        *_arriving(template),
        *(one for files in template.of_type(_FILES) for one in _of_files(template, files)),
    ]
    yield from {one.id: one for one in found}.values()


def bucket_name(resource: Resource) -> str:
    """What a bucket is called in AWS; empty where that is not known."""
    return _readable(text(resource.properties.get("BucketName"))) if resource.type == _BUCKET else ""


def named(template: Template, alarm: Resource) -> list[str]:
    """The buckets that an alarm watches by their names."""
    known = {bucket_name(one): one.id for one in template.of_type(_BUCKET) if bucket_name(one)}
    metrics = [alarm.properties, *(at(one, "MetricStat.Metric") for one in items(alarm.properties.get("Metrics")))]
    watched = (_readable(value) for metric in metrics for value in _dimensions(metric).values())
    return list(dict.fromkeys(known[name] for name in watched if name in known))


def regions(template: Template, table: Resource) -> tuple[str, list[str]]:
    """The Region of a global table's stack, and the others.

    The first is the one that no alarm has changes arrive in, or the last one listed, where the CDK puts its own.
    """
    listed = [region for one in items(table.properties.get("Replicas")) if (region := text(at(one, "Region")))]
    watching = [one for one in template.referrers(table.id) if one.type == _ALARM]
    watched = {_dimensions(one.properties).get("ReceivingRegion", "") for one in watching}
    left = [region for region in listed if region not in watched] or listed
    home = left[-1] if left else ""
    return home, [region for region in listed if region != home]


def _of_bucket(template: Template, bucket: Resource) -> Iterator[Copy]:
    for rule in items(at(bucket.properties, "ReplicationConfiguration.Rules")):
        destination = at(rule, "Destination")
        name = _readable(text(at(destination, "Bucket")).rpartition(":::")[2])
        if text(at(rule, "Status")) != "Enabled" or template.references(at(destination, "Bucket")):
            continue
        said = (at(destination, "EncryptionConfiguration.ReplicaKmsKeyID"), at(rule, "Id"), at(destination, "Bucket"))
        region = next((found[0] for one in said if (found := _REGION.search(text(one)))), "")
        minutes = text(at(destination, "ReplicationTime.Time.Minutes"))
        promised = (f"within {minutes} minutes",) if minutes else ()
        yield Copy(of=bucket.id, title=name or "Copies", region=region, labels=("replicates", *promised))


def _arriving(template: Template) -> Iterator[Copy]:
    """A bucket with copies says nothing of the one with the originals; an alarm that copies are late does."""
    known = {bucket_name(one): one.id for one in template.of_type(_BUCKET) if bucket_name(one)}
    for alarm in template.of_type(_ALARM):
        watched = {name: _readable(value) for name, value in _dimensions(alarm.properties).items()}
        source, destination = watched.get("SourceBucket", ""), watched.get("DestinationBucket", "")
        if source and destination in known and source not in known:
            kind = "S3 bucket with the originals\nin another Region"
            yield Copy(of=known[destination], title=source, kind=kind, labels=("copies arrive",), arrives=True)


def _of_files(template: Template, files: Resource) -> Iterator[Copy]:
    for destination in items(at(files.properties, "ReplicationConfiguration.Destinations")):
        region = text(at(destination, "Region"))
        if not template.references(at(destination, "FileSystemId")):
            yield Copy(of=files.id, region=region)


def _dimensions(metric: object) -> dict[str, str]:
    return {text(at(one, "Name")): text(at(one, "Value")) for one in items(at(metric, "Dimensions"))}


def _readable(name: str) -> str:
    """A name with words for what only the deployment knows; empty where more of it is not known."""
    for placeholder, word in _UNKNOWN.items():
        name = name.replace(placeholder, word)
    return "" if "${" in name else name
