"""The public Systems Manager parameters that name machine images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from local_aws.launcher import hooks

_IMAGE = "ami-0c2023a1b2c3d4e5f"  # one of the emulator's stub images
_IMAGE_PARAMETER = re.compile(
    r"^/aws/service/(?:ami-|ecs/optimized-ami|eks/optimized-ami|canonical|debian|bottlerocket|marketplace)"
)


class ImageParameters(dict[str, str]):
    """Every public image parameter exists and names the same stub image."""

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override] # asked with one argument
        if super().__contains__(name):
            return self[name]
        named = _IMAGE_PARAMETER.match(str(name or "")) and not str(name).endswith("image_version")
        return _IMAGE if named else default


def install() -> None:
    """Answer for every public image parameter."""
    known = cast("Mapping[str, str]", hooks.AMI_PARAMETERS.get())
    hooks.AMI_PARAMETERS.replace(ImageParameters(known))
