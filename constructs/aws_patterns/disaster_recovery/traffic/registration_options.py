"""What may be chosen about the registration of a Region's endpoint. Needs no CDK."""

from __future__ import annotations

import re

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.traffic.recovery_state_options import StateItem, check_recovery_name

_URL = re.compile(r"https://[^/\s?#]+(/[^\s?#]*[^/\s?#])?", re.ASCII)

ITEMS = {RegionRole.PRIMARY: StateItem.PRIMARY_ENDPOINT, RegionRole.RECOVERY: StateItem.RECOVERY_ENDPOINT}


@typed
def check_registration(problems: Problems, *, name: str, role: RegionRole, url: str, recovery_region: str) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``EndpointRegistration``."""
    check_recovery_name(problems, name=name)
    problems.one_of("role", role, tuple(RegionRole))
    if not is_token(url) and not _URL.fullmatch(url):
        problems.add(
            "url must look like https://api.example.org, without a slash, a query or a fragment at the end, got "
            f"{url!r}"
        )
    if not is_token(recovery_region) and not REGION.fullmatch(recovery_region):
        problems.add(f"recovery_region must be a Region such as eu-west-1, got {recovery_region!r}")
