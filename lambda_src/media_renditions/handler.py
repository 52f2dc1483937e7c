"""The job, as ``queue_worker`` finds it: ``JOB=media_renditions.handler:make``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from media_renditions.gateway import Buckets
from media_renditions.logic import transcode
from media_renditions.recipe import Recipe

if TYPE_CHECKING:
    from queue_worker.job import Job


def make(environment: Mapping[str, str]) -> Job:
    """The job, for one process.

    Raises:
        RecipeError: When the settings can't be.
        KeyError: When there is no ``MASTER_BUCKET`` or ``TRANSCODE_BUCKET``.
    """
    return partial(transcode, store=Buckets.from_environment(environment), recipe=Recipe.of(environment))
