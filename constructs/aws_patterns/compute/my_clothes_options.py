"""What may be chosen about the shop MyClothes, and which choices fit together. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aws_patterns._types import typed
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.sample_web_app_options import check_sample_web_app
from aws_patterns.recovery import NONE, Loss, Recovery, RecoveryCharacteristics, Span

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager

_STICKY = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html"
# Three health checks, ten seconds apart.
_NOTICED_SECONDS = 30


class Sessions(StrEnum):
    """Where a visitor's cart is until it is ordered."""

    STICKY = "sticky"
    """In the memory of one instance, which the load balancer has to send the visitor to. Lost with the instance."""
    COOKIE = "cookie"
    """In the visitor's browser, signed: any instance can go. Small, and readable for the visitor."""
    SERVER = "server"
    """In a cache or a table that all instances share: any instance can go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionCache:
    """A cache of Valkey or Redis: ``SessionCache(endpoint=cache.endpoint, port=cache.port, secret=cache.secret)``.

    Attributes:
        endpoint: The name that leads to it.
        port: Where it listens; may be a token.
        secret: JSON with ``username`` and ``password``. Default: nobody has to log in.
        in_the_clear: Connects without TLS, so that whoever is on the way reads along. Default: over TLS.
    """

    endpoint: str
    port: int | str = defaults.CACHE_PORT
    secret: secretsmanager.ISecret | None = None
    in_the_clear: bool = False


@typed
def check_my_clothes(
    problems: Problems,
    *,
    sessions: Sessions = Sessions.SERVER,
    has_cache: bool = False,
    has_table: bool = False,
    session_seconds: int = defaults.SESSION_SECONDS,
    version: str = "1",
    port: int = 8_080,
    notice_seconds: int = 0,
    grace_seconds: int = 35,
    version_name: str = "version",
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one shop."""
    problems.one_of("sessions", sessions, tuple(Sessions))
    given = [name for name, has in (("session_cache", has_cache), ("session_table", has_table)) if has]
    if sessions == Sessions.SERVER:
        if len(given) != 1:
            problems.add(
                "session_cache or session_table must be given, one of the two, with sessions=server, got "
                f"{'both' if given else 'neither'}"
            )
    elif sessions in set(Sessions):
        problems.found.extend(
            f"{name} has no effect with sessions={Sessions(sessions).value}: choose sessions=server, or leave it out"
            for name in given
        )
    problems.between("session_seconds", session_seconds, 60, defaults.LONGEST_SESSION_SECONDS, " s")
    check_sample_web_app(
        problems,
        version=version,
        port=port,
        notice_seconds=notice_seconds,
        grace_seconds=grace_seconds,
        version_name=version_name,
    )


def recovery_of(sessions: Sessions) -> RecoveryCharacteristics | None:
    """What becomes of carts after each loss; None where they are in something that says so itself."""
    if sessions == Sessions.SERVER:
        return None
    if sessions == Sessions.COOKIE:
        kept = Recovery(
            recovery_time=NONE,
            recovery_point=NONE,
            automatic=True,
            how="It is in the visitor's browser, and any instance can read it.",
            source=_STICKY,
        )
        here = {Loss.INSTANCE: kept, Loss.AVAILABILITY_ZONE: kept}
    else:
        lost = Recovery(
            recovery_time=Span(usual=0, worst=_NOTICED_SECONDS),
            recovery_point=None,
            automatic=True,
            how="The load balancer sends the visitor to another instance, which knows nothing of the cart.",
            source=_STICKY,
        )
        here = {Loss.INSTANCE: lost, Loss.AVAILABILITY_ZONE: lost}
    region = Recovery(
        recovery_time=None,
        recovery_point=None,
        automatic=False,
        how="What made the carts, or could read them, is in this Region alone.",
        source=_STICKY,
    )
    return {**here, Loss.REGION: region}
