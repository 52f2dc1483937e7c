"""The state table of the recovery Region, as a registration writes to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from custom_resource.gateway import attempts
from custom_resource.logic import RefusedError
from recovery_registration.logic import Registration
from recovery_state.gateway import StateError, StateTable
from recovery_state.logic import written

# A permission that was given with this function, a moment ago, is not known everywhere yet.
_PASSING = frozenset({"AccessDeniedException"})


class Gateway:
    """Registers endpoints."""

    def state(self, wanted: Registration) -> StateTable:
        """The table that it is written to."""
        return StateTable(wanted.table, region=wanted.region)

    def register(self, wanted: Registration) -> None:
        """Write it.

        Raises:
            RefusedError: When it can't be written.
        """
        state, since = self.state(wanted), written(datetime.now(UTC))
        _patiently(wanted, lambda: state.register(wanted.role, wanted.url, since))

    def deregister(self, wanted: Registration) -> None:
        """Delete it, if it is still there.

        Raises:
            RefusedError: When it can't be deleted.
        """
        state = self.state(wanted)
        try:
            _patiently(wanted, lambda: state.deregister(wanted.role, wanted.url))
        except _TableGoneError:
            return


class _TableGoneError(RefusedError):
    """There is nothing that could be written to, nor deleted from."""


def _patiently(wanted: Registration, act: Callable[[], object]) -> None:
    for is_last in attempts():
        try:
            act()
        except StateError as error:
            if error.code in _PASSING and not is_last:
                continue
            reason = f"{wanted.table} in {wanted.region}: {error.code}"
            if error.is_missing:
                raise _TableGoneError(f"{reason}: deploy the recovery Region's stack first") from None
            raise RefusedError(reason) from None
        return
