"""What the last ``up`` left: the server, and what was deployed to it from which files."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field, replace

from local_aws.project import Workspace
from local_aws.server import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The contents of the state file.

    Attributes:
        server: The server that was started.
        runs: Fingerprint of what the server runs.
        fingerprint: Of everything that the last finished deployment was made from; blank while one is under way.
        stacks: What was asked for.
        regions: Where the emulated account is prepared for deployments.
        outputs: The outputs of the deployed stacks, by stack.
    """

    server: Server
    runs: str
    fingerprint: str = ""
    stacks: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def unfinished(self) -> State:
        """The state while a deployment is under way, or when it has failed."""
        return replace(self, fingerprint="")


def load(workspace: Workspace) -> State | None:
    """The state, or None where there is none that can be read."""
    try:
        found = json.loads(workspace.state_file.read_text())
        return State(
            server=Server(**found["server"]),
            runs=found["runs"],
            fingerprint=found["fingerprint"],
            stacks=tuple(found["stacks"]),
            regions=tuple(found.get("regions", ())),
            outputs=found["outputs"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(workspace: Workspace, state: State) -> None:
    """Write the state, whole or not at all."""
    draft = workspace.state_file.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state), indent=2))
    draft.replace(workspace.state_file)


def remove(workspace: Workspace) -> None:
    """Delete the folder with everything in it."""
    if workspace.folder.exists():
        shutil.rmtree(workspace.folder)
