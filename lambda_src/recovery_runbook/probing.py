"""Whether a Region really serves, asked as its users ask."""

from __future__ import annotations

import json

from recovery_runbook.gateway import Answer
from recovery_runbook.logic import Progress, StepFailedError, waiting
from recovery_runbook.run import Run
from recovery_state.logic import Role

# One answer may be luck, and one missing answer bad luck.
_PROBES = 3
_OK = 200


def unhealthy(run: Run, role: Role) -> str | None:
    """Why a Region can't be said to be healthy; ``None``: it answers as it should, every time."""
    url = _address(run, role)
    if url is None:
        return f"the {role} Region has not registered its endpoint"
    return next((why for _ in range(_PROBES) if (why := _wrong(run.ask(url)))), None)


def down(run: Run, role: Role) -> str | None:
    """Why a Region must be taken for down; ``None``: it answered as it should at least once."""
    url = _address(run, role)
    if url is None:
        # Unknown is not down: whoever starts the run has to say so.
        return None
    found: str | None = None
    for _ in range(_PROBES):
        found = _wrong(run.ask(url))
        if found is None:
            return None
    return found


def wait_for_health(run: Run, role: Role) -> Progress:
    """Until the Region's own endpoint answers."""
    why = unhealthy(run, role)
    return Progress(reason=f"the {role} Region is healthy") if why is None else waiting(why)


def verify_recovery(run: Run) -> Progress:
    """That the recovery Region could serve, and that no user has been sent there."""
    serving = run.state.serving()
    if serving.role is not Role.PRIMARY:
        raise StepFailedError(f"the traffic was moved to the recovery Region during the drill by {serving.execution}")
    why = unhealthy(run, Role.RECOVERY)
    return waiting(why) if why else Progress(reason="the recovery Region could serve; the traffic has not moved")


def verify_front_door(run: Run, role: Role) -> Progress:
    """Until the address of the users is answered by that Region."""
    url = f"{run.plan['front_door']}{run.plan['health_path']}"
    for _ in range(_PROBES):
        answer = run.ask(url)
        why = _wrong(answer) or _elsewhere(run, role, answer)
        if why is not None:
            return waiting(why)
    return Progress(reason=f"{run.plan['front_door']} is answered by the {role} Region")


def _address(run: Run, role: Role) -> str | None:
    endpoint = run.state.endpoint(role)
    return None if endpoint is None else f"{endpoint}{run.plan['health_path']}"


def _wrong(answer: Answer) -> str | None:
    return None if answer.status == _OK else f"{answer.url}: {answer.text}"


def _elsewhere(run: Run, role: Role, answer: Answer) -> str | None:
    """Why it is the other Region that has answered, where the address or the answer tells."""
    other = run.state.endpoint(role.other)
    named = _region_in(answer.text)
    if named == run.region(role.other) or (other is not None and answer.url.startswith(f"{other}/")):
        return f"{run.plan['front_door']} is still answered by the {role.other} Region"
    return None


def _region_in(text: str) -> str | None:
    """The Region that an answer names: ``{"region": ...}``; a workload need not say it."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    region = found.get("region") if isinstance(found, dict) else None
    return region if isinstance(region, str) else None
