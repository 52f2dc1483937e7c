"""One stack of the registry several times over. Takes its name, how many times, and the output folder."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from stacks._synthesis import build_app  # noqa: E402 - found through the line above
from stacks.registry import STACKS  # noqa: E402
from stacks.settings.load import read_request  # noqa: E402

name, times, outdir = sys.argv[1:]
request = read_request(STACKS, arguments=["-c", f"stacks={name}"], environment={}, project=PROJECT)
((entry, settings),) = request.stacks
copies = tuple((replace(entry, name=f"{entry.name}{number}"), settings) for number in range(int(times)))
build_app(replace(request, stacks=copies), outdir=outdir).synth()
