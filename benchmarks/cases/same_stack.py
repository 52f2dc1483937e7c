"""One stack of the registry several times over. Takes its name, how many times, and the output folder."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from stacks._synthesis import build_app
from stacks.registry import STACKS
from stacks.settings.load import read_request

PROJECT = Path(__file__).resolve().parents[2]

name, times, outdir = sys.argv[1:]
request = read_request(STACKS, arguments=["-c", f"stacks={name}"], environment={}, project=PROJECT)
((entry, settings),) = request.stacks
copies = tuple((replace(entry, name=f"{entry.name}{number}"), settings) for number in range(int(times)))
build_app(replace(request, stacks=copies), outdir=outdir).synth()
