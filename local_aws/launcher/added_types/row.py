"""One added CloudFormation type, declared as the emulator's API calls behind it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from botocore import xform_name
from botocore.exceptions import ClientError

from local_aws.launcher import aws, hooks
from local_aws.launcher.added_types.shapes import Arguments, Unanswered, find, fit
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.values import items, mapping, text

Build = Callable[[str, Properties], Arguments]

_IDEMPOTENCY_TOKENS = frozenset({"callerreference", "creatorrequestid", "clienttoken", "clientrequesttoken"})
REF = "Ref"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An operation and how its input is made from the physical id and the properties."""

    operation: str
    arguments: Build
    when: Callable[[Properties], bool] = lambda _properties: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a CloudFormation type is created, updated and deleted through an AWS API.

    Attributes:
        service: The API, in botocore's name.
        create: The operation that creates; its input takes the properties of the same names.
        reference: Where the physical id (``Ref``) is: a dotted path into the response, ``=Name`` for an input,
            several joined by ``|``; None where the API gives no id and one is made up.
        attributes: What ``Fn::GetAtt`` answers, in the same notation, or an ARN with {region}, {account}, {id}.
        prepare: Changes properties where the API's names or shapes differ.
        created_from: The region whose API creates it, by the properties. None: the stack's.
        name: A property that gets a generated value when it is absent.
        then: What else to call after the creation.
        delete: The call that deletes. None where the API has none; the row's comment says so.
        gone: Error codes of the deletion that mean there is nothing left to delete.
        update: The call for a change in place, or "create" to call that again. Without one a change replaces
            the resource, as CloudFormation does.
        tagged: What CreateTags of EC2 is called with: ``Ref`` or an attribute.
    """

    service: str
    create: str
    reference: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Properties], Properties] | None = None
    created_from: Callable[[Properties], str] | None = None
    name: str | None = None
    then: tuple[Call, ...] = ()
    delete: Call | None
    gone: frozenset[str] = frozenset()
    update: Call | str | None = None
    tagged: str | None = None

    def handler(self) -> Handler:
        """The row in the form that the emulator's CloudFormation takes."""
        return Handler(create=self._create, update=self._update, update_with_logical_id=True, delete=self._delete)

    def _create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        wanted = dict(properties)
        made_up = f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}"
        if self.name and not wanted.get(self.name):
            wanted[self.name] = made_up
        arguments = self._fitted(self.create, self.prepare(wanted) if self.prepare else wanted)
        response = self._run(self.create, arguments, self.created_from(properties) if self.created_from else None)
        physical_id = str(find(self.reference, response, arguments)) if self.reference else made_up
        attributes: dict[str, object] = {}
        for key, path in self.attributes.items():
            if path.startswith("arn:"):
                attributes[key] = path.format(region=hooks.region(), account=hooks.account(), id=physical_id)
                continue
            try:
                attributes[key] = find(path, response, arguments)
            except Unanswered:
                # Fn::GetAtt then fails by CloudFormation's own message, which names the attribute.
                continue
        for call in self.then:
            if call.when(properties):
                self._run(call.operation, self._fitted(call.operation, call.arguments(physical_id, properties)))
        _attributes[self.create, physical_id] = attributes
        self._tag(physical_id, {}, properties)
        return physical_id, attributes

    def _update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        kept = (physical_id, _attributes.get((self.create, physical_id), {}))
        if changed <= {"Tags"}:
            self._tag(physical_id, old, new)
            return kept
        if isinstance(self.update, Call):
            arguments = self.update.arguments(physical_id, new)
            self._run(self.update.operation, self._fitted(self.update.operation, arguments))
            self._tag(physical_id, old, new)
            return kept
        same = {**new, self.name: new.get(self.name) or physical_id} if self.update and self.name else new
        return self._create(logical_id or physical_id, same, stack)

    def _delete(self, physical_id: str, properties: Properties) -> None:
        if self.delete is None or not self.delete.when(properties):
            return
        try:
            arguments = self.delete.arguments(physical_id, properties)
            self._run(self.delete.operation, self._fitted(self.delete.operation, arguments))
        except ClientError as error:
            if error.response["Error"]["Code"] not in self.gone:
                raise
        _attributes.pop((self.create, physical_id), None)

    def _fitted(self, operation: str, properties: Mapping[str, object]) -> dict[str, object]:
        shape = aws.client(self.service).meta.service_model.operation_model(operation).input_shape
        arguments = mapping(fit(shape, properties))
        for member in shape.required_members if shape else ():
            if member.lower() in _IDEMPOTENCY_TOKENS:
                arguments.setdefault(member, str(uuid.uuid4()))
        return arguments

    def _run(self, operation: str, arguments: Arguments, region: str | None = None) -> object:
        return getattr(aws.client(self.service, region), xform_name(operation))(**arguments)

    def _tag(self, physical_id: str, old: Properties, new: Properties) -> None:
        if self.tagged is None:
            return
        known = _attributes.get((self.create, physical_id), {})
        target = physical_id if self.tagged == REF else str(known[self.tagged])
        ec2, before, after = aws.ec2(), _tags(old), _tags(new)
        if any(key not in after for key in before):
            ec2.delete_tags(Resources=[target], Tags=[{"Key": key} for key in before if key not in after])
        if after:
            ec2.create_tags(Resources=[target], Tags=[{"Key": key, "Value": value} for key, value in after.items()])


# The emulator asks for the attributes again after an update in place, when no response holds them.
_attributes: dict[tuple[str, str], Mapping[str, object]] = {}


def by_id(parameter: str) -> Build:
    """Input that holds nothing but the physical id."""
    return lambda physical_id, _properties: {parameter: physical_id}


def by_properties(*names: str, **by_reference: str) -> Build:
    """Input that holds these properties, and the physical id under the names of ``by_reference``' values."""

    def build(physical_id: str, properties: Properties) -> Arguments:
        found = {name: properties[name] for name in names if name in properties}
        return {**found, **dict.fromkeys(by_reference.values(), physical_id)}

    return build


def _tags(properties: Properties) -> dict[str, str]:
    tags = [mapping(tag) for tag in items(properties, "Tags")]
    return {text(tag, "Key"): text(tag, "Value") for tag in tags}
