"""The state table, as the switch reads it."""

from __future__ import annotations

from collections.abc import Mapping

from recovery_state.gateway import StateTable
from traffic_switch.logic import WANTED


class Gateway:
    """Reads who serves and where.

    Args:
        state: The table.
    """

    def __init__(self, state: StateTable) -> None:
        self._state = state

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        """With the table that the function is deployed with."""
        return cls(StateTable(environment["STATE_TABLE"]))

    def state(self) -> Mapping[str, Mapping[str, object]]:
        """The items that decide. Raises StateError."""
        return self._state.get_all(*WANTED)
