"""The user of a cache: who may log in, how it proves who it is, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Fn, Names, Stack
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from aws_patterns.database import _defaults as defaults
from aws_patterns.database.cache_engines import CacheAuthentication, CacheEngine

# AmazonElastiCache/latest/APIReference/API_CreateUser.html
_LONGEST_NAME = 40
_UNIQUE_PART = 8
_NOBODY = "-0"
_USER_NAME = "app"


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheUsers:
    """What was made.

    Attributes:
        group: Everybody who may log in.
        user: The one that can.
        user_name: Its name at login.
        secret: Holds its name and password; ``None`` where it signs in with a role.
    """

    group: elasticache.CfnUserGroup
    user: elasticache.CfnUser
    user_name: str
    secret: secretsmanager.Secret | None


def cache_users(
    scope: Construct,
    engine: CacheEngine,
    authentication: CacheAuthentication,
    access_string: str,
    encryption_key: kms.IKey | None,
) -> CacheUsers:
    """One user in a group of its own; nobody else gets in."""
    user_id = lower_case_name(scope)
    members = []
    if engine == CacheEngine.REDIS_OSS:
        members.append(_nobody(scope, user_id))
    if authentication == CacheAuthentication.IAM:
        # With IAM both must be the same (AmazonElastiCache/latest/dg/auth-iam.html).
        user_name, secret = user_id, None
    else:
        user_name = _USER_NAME
        secret = secretsmanager.Secret(
            scope,
            "Password",
            description=f"The login to the cache {scope.node.path}",
            encryption_key=encryption_key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=Stack.of(scope).to_json_string({"username": _USER_NAME}),
                generate_string_key="password",
                # Of what is left, so many characters can't be guessed; and no program has to quote any of them.
                exclude_punctuation=True,
                password_length=defaults.CACHE_PASSWORD_LENGTH,
            ),
        )
    user = elasticache.CfnUser(
        scope,
        "User",
        engine=engine,
        user_id=user_id,
        user_name=user_name,
        access_string=access_string,
        authentication_mode={"Type": "iam"} if secret is None else None,
        # A reference, which CloudFormation resolves when it makes the user.
        passwords=[secret.secret_value_from_json("password").unsafe_unwrap()] if secret else None,
    )
    members.append(user)
    group = elasticache.CfnUserGroup(
        scope, "Users", engine=engine, user_group_id=user_id, user_ids=[member.ref for member in members]
    )
    return CacheUsers(group=group, user=user, user_name=user_name, secret=secret)


def lower_case_name(scope: Construct) -> str:
    """A name that ElastiCache takes where CloudFormation makes none: of this path, and of this stack alone."""
    room = _LONGEST_NAME - _UNIQUE_PART - len(_NOBODY) - 1
    path = Names.unique_resource_name(scope, max_length=room, separator="-").lower().strip("-")
    uuid = Fn.select(2, Fn.split("/", Stack.of(scope).stack_id))
    # It must begin with a letter, which no rule asks of a construct's path.
    begun = path if path[:1].isalpha() else f"c{path[1:]}"
    return f"{begun}-{Fn.select(0, Fn.split('-', uuid))}"


def _nobody(scope: Construct, user_id: str) -> elasticache.CfnUser:
    """Who does not say its name is ``default`` to Redis OSS: each group needs one, and this one may nothing."""
    return elasticache.CfnUser(
        scope,
        "Nobody",
        engine=CacheEngine.REDIS_OSS,
        user_id=user_id + _NOBODY,
        user_name="default",
        access_string="off -@all",
        no_password_required=True,
    )
