"""What a private name of MiniStack is, and the shapes of what is behind them."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NoReturn, NotRequired, Protocol, TypedDict

PINNED_VERSION = "1.5.33"

Scope = MutableMapping[str, Any]  # ASGI leaves the types of its messages open
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Record = dict[str, Any]  # the emulator's own state has no types either
Store = MutableMapping[str, Record]
Lists = MutableMapping[str, list[Record]]

Properties = Mapping[str, object]
Attributes = Mapping[str, object]
Provisioned = tuple[str, Attributes]


class Handler(TypedDict):
    """How the emulator's CloudFormation provisions one resource type."""

    create: Callable[[str, Properties, str], Provisioned]
    update: NotRequired[Callable[..., Provisioned]]
    update_with_logical_id: NotRequired[bool]
    delete: Callable[[str, Properties], None]


class ScopedStore(Protocol):
    """The emulator's state of one kind, by account, region and name."""

    def all_items(self) -> Iterable[tuple[tuple[str, str, str], Record]]: ...


class AccountStore(Protocol):
    """The emulator's state of one kind, by account and name."""

    def to_dict(self) -> dict[tuple[str, str], Record]: ...


class HookMissingError(RuntimeError):
    """A private name that the launcher patches is not there."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A private name: where it is and what for."""

    module: str
    name: str
    purpose: str

    def get(self) -> object:
        """The current value. Raises HookMissingError."""
        try:
            return getattr(importlib.import_module(self.module), self.name)
        except (ImportError, AttributeError) as cause:
            self._missing(cause)

    def replace(self, value: object) -> None:
        """Put another value in its place. Raises HookMissingError where there is nothing to replace."""
        self.get()
        setattr(importlib.import_module(self.module), self.name, value)

    def _missing(self, cause: Exception) -> NoReturn:
        raise HookMissingError(
            f"MiniStack {version('ministack')} has no {self.module}.{self.name}, which local_aws needs "
            f"{self.purpose}: install the version it is written for, ministack=={PINNED_VERSION} "
            "(pip install -r requirements.txt)."
        ) from cause
