"""One added CloudFormation type, declared as the emulator's API calls behind it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.launcher import aws
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.values import mapping, text

Arguments = Mapping[str, object]

_IDEMPOTENCY_TOKENS = frozenset({"callerreference", "creatorrequestid", "clienttoken", "clientrequesttoken"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a CloudFormation type is created, updated and deleted through an AWS API.

    Attributes:
        service: The API, in botocore's name.
        create: The operation that creates; its input takes the properties of the same names.
        reference: Where the physical id (``Ref``) is: a dotted path into the response, ``=Name`` for an input.
        attributes: What ``Fn::GetAtt`` answers, in the same notation.
        prepare: Changes properties where the API's names or shapes differ.
        name: A property that gets a generated value when it is absent.
        delete: The operation that deletes; None where the API has none (the reason is in the row's comment).
        delete_arguments: Its input, from the physical id and the properties.
        gone: Error codes of the deletion that mean there is nothing left to delete.
        update: The operation for a change in place, or "create" to call that again; without one a change
            replaces the resource, as CloudFormation does.
        update_arguments: Its input, from the physical id and the new properties.
        tagged: The physical id is an EC2 resource id, tagged through CreateTags.
    """

    service: str
    create: str
    reference: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Properties], Properties] | None = None
    name: str | None = None
    delete: str | None
    delete_arguments: Callable[[str, Properties], Arguments] | None = None
    gone: frozenset[str] = frozenset()
    update: str | None = None
    update_arguments: Callable[[str, Properties], Arguments] | None = None
    tagged: bool = False

    def handler(self) -> Handler:
        """The row in the form that the emulator's CloudFormation takes."""
        return Handler(create=self._create, update=self._update, update_with_logical_id=True, delete=self._delete)

    def _create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        wanted = dict(properties)
        if self.name and not wanted.get(self.name):
            wanted[self.name] = f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}"
        arguments = self._fitted(self.create, self.prepare(wanted) if self.prepare else wanted)
        response = self._call(self.create, arguments)
        physical_id = str(_find(self.reference, response, arguments))
        attributes = {key: _find(path, response, arguments) for key, path in self.attributes.items()}
        if self.tagged:
            self._tag(physical_id, {}, properties)
        _remember(self, physical_id, attributes)
        return physical_id, attributes

    def _update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        kept = (physical_id, _remembered(self, physical_id))
        if changed <= {"Tags"}:
            if self.tagged:
                self._tag(physical_id, old, new)
            return kept
        if self.update == "create":
            named = {**new, self.name: new.get(self.name) or physical_id} if self.name else new
            return self._create(logical_id or physical_id, named, stack)
        if self.update and self.update_arguments:
            self._call(self.update, self._fitted(self.update, self.update_arguments(physical_id, new)))
            return kept
        return self._create(logical_id or physical_id, new, stack)

    def _delete(self, physical_id: str, properties: Properties) -> None:
        if self.delete is None or self.delete_arguments is None:
            return
        try:
            self._call(self.delete, self._fitted(self.delete, self.delete_arguments(physical_id, properties)))
        except ClientError as error:
            if error.response["Error"]["Code"] not in self.gone:
                raise

    def _fitted(self, operation: str, properties: Mapping[str, object]) -> dict[str, object]:
        shape = aws.client(self.service).meta.service_model.operation_model(operation).input_shape
        arguments = mapping(_fit(shape, properties))
        for member in shape.members if shape else ():
            if shape and member.lower() in _IDEMPOTENCY_TOKENS and member in shape.required_members:
                arguments.setdefault(member, str(uuid.uuid4()))
        return arguments

    def _call(self, operation: str, arguments: Arguments) -> object:
        return getattr(aws.client(self.service), xform_name(operation))(**arguments)

    def _tag(self, physical_id: str, old: Properties, new: Properties) -> None:
        ec2 = aws.ec2()
        before, after = _tags(old), _tags(new)
        if any(key not in after for key in before):
            ec2.delete_tags(Resources=[physical_id], Tags=[{"Key": key} for key in before if key not in after])
        if after:
            ec2.create_tags(
                Resources=[physical_id], Tags=[{"Key": key, "Value": value} for key, value in after.items()]
            )


# The emulator asks for the attributes again after an update in place, when no response holds them.
_attributes: dict[tuple[str, str], Mapping[str, object]] = {}


def _remember(row: Row, physical_id: str, attributes: Mapping[str, object]) -> None:
    _attributes[row.create, physical_id] = attributes


def _remembered(row: Row, physical_id: str) -> Mapping[str, object]:
    return _attributes.get((row.create, physical_id), {})


def _tags(properties: Properties) -> dict[str, str]:
    found = properties.get("Tags")
    tags = [mapping(tag) for tag in found] if isinstance(found, list) else []
    return {text(tag, "Key"): text(tag, "Value") for tag in tags}


def _find(path: str, response: object, arguments: Arguments) -> object:
    if path.startswith("="):
        return arguments[path[1:]]
    found = response
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part)]
        elif isinstance(found, Mapping):
            found = found[part]
        else:
            raise TypeError(f"the response has no {path}")
    return found


def _fit(shape: Shape | None, value: object) -> object:
    """The value in the shape that an operation takes: names in any case, texts for numbers, no unknown members."""
    if isinstance(shape, StructureShape):
        members = {name.lower(): name for name in shape.members}
        known = {members[key.lower()]: item for key, item in mapping(value).items() if key.lower() in members}
        return {name: _fit(shape.members[name], item) for name, item in known.items()}
    if isinstance(shape, ListShape):
        return [_fit(shape.member, item) for item in (value if isinstance(value, list) else [value])]
    if isinstance(shape, MapShape):
        pairs = [mapping(pair) for pair in value] if isinstance(value, list) else None
        plain = {text(pair, "Key"): pair.get("Value") for pair in pairs} if pairs else mapping(value)
        return {key: _fit(shape.value, item) for key, item in plain.items()}
    convert = _SCALARS.get(shape.type_name) if shape else None
    return convert(value) if convert else value


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


_SCALARS: Mapping[str, Callable[[object], object]] = {
    "integer": lambda value: int(str(value)),
    "long": lambda value: int(str(value)),
    "float": lambda value: float(str(value)),
    "double": lambda value: float(str(value)),
    "boolean": lambda value: str(value).lower() == "true",
    "string": _text,
}
