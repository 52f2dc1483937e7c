"""Synthesizes the stacks that are asked for; `stacks/settings/__init__.py` says how to ask.

The CDK CLI runs it as cdk.json says, with `python` from the PATH: the one in .venv/bin, after
`source .venv/bin/activate`. `python app.py` does the same by itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stacks._node import use_environment_node
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request

PROJECT = Path(__file__).resolve().parent


def main() -> None:
    """Write the templates of the requested stacks, or say everything that is wrong with the settings."""
    try:
        request = read_request(STACKS, arguments=sys.argv[1:], environment=os.environ, project=PROJECT)
    except SettingsError as error:
        sys.exit(str(error))
    use_environment_node()
    from stacks._synthesis import build_app  # noqa: PLC0415 - loads the CDK, which takes a second or more

    build_app(request, outdir=os.environ.get("CDK_OUTDIR", PROJECT / "cdk.out")).synth()


if __name__ == "__main__":
    main()
