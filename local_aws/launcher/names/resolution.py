"""What a public host name stands for: something that is served here, or nothing that is known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.dns import resolver

# Whatever AWS serves under names of its own, of which the embedded AWS serves a part, and refuses the rest.
_OF_AWS = re.compile(r"([a-z0-9_-]+\.)+(amazonaws\.com(\.cn)?|on\.aws|api\.aws|cloudfront\.net)", re.IGNORECASE)
_API = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?::\d+)?")


def lookup(name: str) -> Mapping[str, object]:
    """What a client that wants to connect is told; empty: it has to ask elsewhere."""
    name = name.rstrip(".").lower()
    if _OF_AWS.fullmatch(name):
        return {"here": True}
    places = resolver.places_of(name)
    if places is None:
        return {"here": True} if is_domain_of_apis(name) else {}
    if not places:
        return {"unknown": True}
    addresses = [place.value for place in places if not place.leads and not _OF_AWS.fullmatch(place.value)]
    return {"addresses": addresses} if addresses else {"here": True}


def regions_of_api(identifier: str) -> Iterator[str]:
    """Where there is an API with this id."""
    for hook in (hooks.REST_APIS, hooks.HTTP_APIS):
        yield from (region for (_, region, found), _ in hooks.scoped(hook).all_items() if found == identifier)


def is_of_another_region(host: str) -> bool:
    """Whether a host is the name of an API but for the Region in it; the emulator does not look at that."""
    found = _API.fullmatch(host)
    if found is None:
        return False
    regions = set(regions_of_api(found[1]))
    return bool(regions) and found[2] not in regions


def is_domain_of_apis(name: str) -> bool:
    """Whether an API has it as its own domain name."""
    return any(found.lower() == name for (_, _, found), _ in hooks.scoped(hooks.API_DOMAINS).all_items())


def owners_of_domain(name: str) -> Iterator[str]:
    """The Region whose API is served under a domain name, if any."""
    found = cast("Callable[[str], tuple[str, str, str] | None]", hooks.DOMAIN_OWNER.get())(name)
    if found is not None:
        yield found[1]


def answers(name: str) -> Mapping[str, object]:
    """What the records of a hosted zone lead a name to at this moment."""
    places = resolver.places_of(name.rstrip(".").lower())
    return {"zone": places is not None, "places": [place.value for place in places or ()]}
