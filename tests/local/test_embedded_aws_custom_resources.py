"""A custom resource whose function never answers fails in a minute, not in an hour."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from local_aws.launcher import custom_resources, hooks
from local_aws.launcher.hooks import Hook


@pytest.mark.parametrize(("asked", "waited"), [(None, 60), ("3600", 60), (5, 5), ("5", 5)])
def test_the_wait_for_a_custom_resource_is_capped(asked: object, waited: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def invoke(_request: str, _logical_id: str, properties: dict[str, object], *_rest: object) -> tuple[str, object]:
        seen.append(properties["ServiceTimeout"])
        return "id", {}

    emulator = ModuleType("emulator_stand_in")
    vars(emulator)["invoke"] = invoke
    monkeypatch.setitem(sys.modules, "emulator_stand_in", emulator)
    monkeypatch.setattr(hooks, "INVOKE_CUSTOM_RESOURCE", Hook("emulator_stand_in", "invoke", "to be tried"))
    custom_resources.cap_waiting()

    properties = {} if asked is None else {"ServiceTimeout": asked}
    vars(emulator)["invoke"]("Create", "Thing", properties, "stack", "id", "Custom::Thing")

    assert seen == [waited]
