"""Resource types that nothing here implements: accepted, remembered, listed to the user, and nothing more."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Handler, Properties, Provisioned

_TYPE = re.compile(r"^AWS::(?!CloudFormation::|Serverless::)\w+::\w+$")
# Services whose Ref is the resource's ARN.
_REFERENCED_BY_ARN = frozenset(
    {
        "GlobalAccelerator",
        "ImageBuilder",
        "MSK",
        "NetworkFirewall",
        "ResilienceHub",
        "Route53RecoveryControl",
    }
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One resource that was accepted without anything behind it."""

    type: str
    logical_id: str
    stack: str


_lock = threading.Lock()
_recorded: dict[str, Recorded] = {}


def listing() -> list[dict[str, str]]:
    """Everything recorded at present, in the order of its creation."""
    with _lock:
        return [asdict(entry) for entry in _recorded.values()]


def clear() -> None:
    """Forget everything, with the emulator's own reset."""
    with _lock:
        _recorded.clear()


class InventedAttributes(dict[str, object]):
    """Answers every ``Fn::GetAtt`` with something of the right shape."""

    def __init__(self, resource_type: str, identifier: str) -> None:
        super().__init__()
        self._type = resource_type
        self._identifier = identifier

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __missing__(self, name: str) -> str:
        if name.lower().endswith("arn"):
            return arn(self._type, self._identifier)
        if any(word in name.lower() for word in ("dns", "domain", "endpoint", "url")):
            return f"{self._identifier.lower()}.localhost"
        return self._identifier

    def __deepcopy__(self, _memo: object) -> InventedAttributes:
        return self


def arn(resource_type: str, identifier: str) -> str:
    """An ARN in the usual shape for a resource of this type."""
    _, service, name = resource_type.split("::")
    return f"arn:aws:{service.lower()}:{hooks.region()}:{hooks.account()}:{name.lower()}/{identifier}"


def handler(resource_type: str) -> Handler:
    """Accepts a resource of this type and remembers it."""

    def create(logical_id: str, _properties: Properties, stack: str) -> Provisioned:
        identifier = f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}"
        by_arn = resource_type.split("::")[1] in _REFERENCED_BY_ARN
        physical_id = arn(resource_type, identifier) if by_arn else identifier
        with _lock:
            _recorded[physical_id] = Recorded(resource_type, logical_id, stack)
        return physical_id, InventedAttributes(resource_type, identifier)

    def update(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> Provisioned:
        return physical_id, InventedAttributes(resource_type, physical_id.rsplit("/", 1)[-1])

    def delete(physical_id: str, _properties: Properties) -> None:
        with _lock:
            _recorded.pop(physical_id, None)

    return Handler(create=create, update=update, delete=delete)


class HandlersWithFallback(dict[str, Handler]):
    """The emulator's table of types; a type it lacks is recorded instead of refused."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        super().__init__(handlers)

    def __contains__(self, resource_type: object) -> bool:
        return super().__contains__(resource_type) or is_recordable(resource_type)

    def __missing__(self, resource_type: str) -> Handler:
        if not is_recordable(resource_type):
            raise KeyError(resource_type)
        return handler(resource_type)

    def get(self, name: str, default: object = None) -> Handler | object:  # type: ignore[override] # wider default
        # dict.get would pass __missing__ by.
        if name in self:
            return self[name]
        return default


def is_recordable(resource_type: object) -> bool:
    """Whether a type may be recorded: any AWS type but CloudFormation's own and unexpanded SAM."""
    return isinstance(resource_type, str) and _TYPE.match(resource_type) is not None
