"""MiniStack is patched in private places: a canary for the day when one has moved."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version

import pytest

from local_aws.launcher.hooks import PINNED_VERSION, Hook, HookMissingError
from local_aws.project import ROOT


def test_every_private_name_that_the_launcher_patches_is_there(run_in_launcher: Callable[[str], str]) -> None:
    run_in_launcher("from local_aws.launcher import hooks; hooks.require()")


def test_the_version_that_the_launcher_is_written_for_is_the_one_that_is_pinned_and_installed() -> None:
    pinned = re.search(r"^ministack==(.+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    assert pinned is not None
    assert pinned[1] == PINNED_VERSION == version("ministack")


@pytest.mark.parametrize("module", ["json", "no_such_module"])
def test_a_name_that_is_gone_is_reported_in_one_sentence(module: str) -> None:
    with pytest.raises(HookMissingError) as caught:
        Hook(module, "_gone", "to do its work").replace(None)

    assert str(caught.value) == (
        f"MiniStack {version('ministack')} has no {module}._gone, which local_aws needs to do its work: "
        f"install the version it is written for, ministack=={PINNED_VERSION} (pip install -r requirements.txt)."
    )
