"""What a review of two templates says, as data. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Effect(StrEnum):
    """What CloudFormation does to a resource.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
    """

    ADDED = "added"
    MAY_BE_ADDED = "may be added"
    IN_PLACE = "changed in place"
    MAY_BE_REPLACED = "may be replaced"
    REPLACED = "replaced"
    RENAMED = "renamed: a new one is made, the old one removed"
    MAY_BE_REMOVED = "may be removed"
    REMOVED = "removed"
    REFUSED = "refused"

    @property
    def ends_a_resource(self) -> bool:
        """Whether the resource that is there now is not in the stack afterwards, or may not be."""
        return self in _ENDING


_ENDING = {Effect.MAY_BE_REPLACED, Effect.REPLACED, Effect.RENAMED, Effect.MAY_BE_REMOVED, Effect.REMOVED}


class Data(StrEnum):
    """What becomes of what a resource holds."""

    KEPT = ""
    LEFT_BEHIND = "its data is left behind, outside the stack"
    SNAPSHOT = "only a snapshot of its data is kept"
    MAY_BE_LOST = "its data may be lost"
    LOST = "DATA LOST"


class Severity(IntEnum):
    """How much a change asks of a reviewer."""

    NOTE = 0
    LOOK = 1
    DATA_LOSS = 2


class Area(StrEnum):
    """What a finding is about."""

    DELETION = "Deletion policies"
    PERMISSIONS = "Permissions"
    NETWORK = "Network"
    ALARMS = "Alarms"
    PROTECTION = "Protection of data"
    INTERFACE = "Parameters and exports"


@dataclass(frozen=True, kw_only=True, slots=True)
class PropertyChange:
    """One value that differs.

    Attributes:
        path: Where it is, for instance ``VersioningConfiguration.Status``.
        old: As text; ``None`` where there was none.
        new: As text; ``None`` where there is none any more.
        effect: What the change of this value does to the resource.
    """

    path: str
    old: str | None
    new: str | None
    effect: Effect

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.path} = {self.new}"
        return f"{self.path} {self.old} -> {self.new}" if self.new is not None else f"{self.path} {self.old} taken away"


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceChange:
    """What happens to one resource.

    Attributes:
        logical_id: In the old template; in the new one, where it is new.
        type: For instance ``AWS::S3::Bucket``.
        effect: What CloudFormation does to it.
        stateful: Whether it holds data, by its type.
        data: What becomes of that data.
        properties: What differs, those that end the resource first.
        because: Why, where the properties do not say it.
        new_id: Its logical id in the new template, where it is renamed.
        severity: How much it asks of a reviewer.
    """

    logical_id: str
    type: str
    effect: Effect
    stateful: bool
    data: Data = Data.KEPT
    properties: Sequence[PropertyChange] = ()
    because: str = ""
    new_id: str | None = None
    severity: Severity = Severity.NOTE

    def __str__(self) -> str:
        name = f"{self.logical_id} -> {self.new_id}" if self.new_id else self.logical_id
        causes = [self.because] if self.because else []
        told = [each for each in self.properties if each.effect == self.effect] or list(self.properties)
        causes += [str(each) for each in told]
        fate = f", {self.data}" if self.data else ""
        return f"{self.type} {name}: {self.effect}{fate}" + (f" ({'; '.join(causes)})" if causes else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a change means beyond the resource.

    Attributes:
        area: What it is about.
        severity: How much it asks of a reviewer.
        logical_id: Whose it is.
        text: One sentence.
    """

    area: Area
    severity: Severity
    logical_id: str
    text: str

    def __str__(self) -> str:
        return f"{self.logical_id}: {self.text}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """What a change of one template does.

    Attributes:
        resources: One entry for each resource that differs, those that ask most of a reviewer first.
        findings: What that means for permissions, network, alarms, deletion and protection.
    """

    resources: Sequence[ResourceChange]
    findings: Sequence[Finding]

    @property
    def severity(self) -> Severity:
        """The most that any part of it asks of a reviewer."""
        return max(self.severities, default=Severity.NOTE)

    @property
    def severities(self) -> Sequence[Severity]:
        """What each part of it asks of a reviewer."""
        return [*(each.severity for each in self.resources), *(each.severity for each in self.findings)]

    @property
    def data_lost(self) -> Sequence[ResourceChange]:
        """Resources whose data is gone after a deployment."""
        return [each for each in self.resources if each.data is Data.LOST]

    @property
    def data_at_risk(self) -> Sequence[ResourceChange]:
        """Resources that hold data and are not simply kept and changed in place: lost, left behind, or perhaps so."""
        return [each for each in self.resources if each.stateful and each.effect.ends_a_resource]

    @property
    def ended(self) -> Sequence[ResourceChange]:
        """Resources, with data or without, that are replaced, renamed or removed, or may be."""
        return [each for each in self.resources if each.effect.ends_a_resource]

    def __bool__(self) -> bool:
        return bool(self.resources or self.findings)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.resources), *map(str, self.findings)]) or "Nothing changes."
