"""The CloudFormation types that the launcher adds to the emulator, each backed by the emulator's own API."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher.added_types.row import Row

ADDED_TYPES: Mapping[str, Row] = {}

__all__ = ["ADDED_TYPES", "Row"]
