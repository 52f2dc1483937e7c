"""The credentials of instances' roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from local_aws.launcher import aws, hooks

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from local_aws.launcher.programs.wanted import Wanted

# Before the AWS SDK asks for new ones, which it does a quarter of an hour before the end.
_RENEWED_BEFORE = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """What an instance acts with.

    Attributes:
        role: The name of its role.
        given: As ``AssumeRole`` answers.
    """

    role: str
    given: Mapping[str, Any]

    @property
    def last(self) -> bool:
        """Whether it is too early for new ones."""
        return bool(self.given["Expiration"] - datetime.now(UTC) >= _RENEWED_BEFORE)

    def document(self) -> dict[str, str]:
        """As the metadata service hands them out."""
        return {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": self.given["AccessKeyId"],
            "SecretAccessKey": self.given["SecretAccessKey"],
            "Token": self.given["SessionToken"],
            "Expiration": self.given["Expiration"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


class Roles:
    """Assumes instances' roles, and again before the credentials end. Not for the thread that serves requests."""

    def __init__(self) -> None:
        self._known: dict[str, RoleCredentials] = {}

    def credentials(self, wanted: Wanted) -> RoleCredentials | None:
        """Those of an instance; None where it has no instance profile."""
        if not wanted.profile:
            return None
        known = self._known.get(wanted.instance)
        if known is None or not known.last:
            known = self._known[wanted.instance] = _assumed(wanted)
        return known

    def forget(self, instance: str) -> None:
        """An instance is gone."""
        self._known.pop(instance, None)


def _assumed(wanted: Wanted) -> RoleCredentials:
    with hooks.scope(wanted.account, wanted.region):
        profile = cast("IAMClient", aws.client("iam")).get_instance_profile(
            InstanceProfileName=wanted.profile.rpartition("/")[2]
        )
        role = profile["InstanceProfile"]["Roles"][0]
        assume = cast("Callable[..., Mapping[str, Any]]", getattr(aws.client("sts"), "assume_role"))  # noqa: B009 # no stubs
        answer = assume(RoleArn=role["Arn"], RoleSessionName=wanted.instance)
    return RoleCredentials(role["RoleName"], answer["Credentials"])
