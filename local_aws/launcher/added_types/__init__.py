"""The CloudFormation types that the launcher adds to the emulator, each backed by the emulator's own API."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher.added_types.load_balancing import LOAD_BALANCING_TYPES
from local_aws.launcher.added_types.network import NETWORK_TYPES
from local_aws.launcher.added_types.row import Row
from local_aws.launcher.added_types.services import SERVICE_TYPES

ADDED_TYPES: Mapping[str, Row] = {**LOAD_BALANCING_TYPES, **NETWORK_TYPES, **SERVICE_TYPES}

__all__ = ["ADDED_TYPES", "Row"]
