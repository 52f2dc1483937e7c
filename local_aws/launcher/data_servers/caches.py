"""Redis for the caches of ElastiCache that speak its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local_aws.launcher import hooks
from local_aws.launcher.data_servers.following import followed
from local_aws.launcher.data_servers.manager import DATA_SERVERS, DataServer
from local_aws.launcher.extended import extended
from local_aws.launcher.hooks import Attributes, Handler, Properties, Provisioned
from local_aws.launcher.values import flag, mapping, text, texts

_CACHE = "AWS::ElastiCache::ReplicationGroup"
_USER = "AWS::ElastiCache::User"
_KIND = "cache"
_ENGINES = ("redis", "valkey")
# Beside what the emulator keeps of a user, and as the template has it.
_PASSWORDS = "_passwords"
_ENDPOINTS = ("PrimaryEndPoint", "ReaderEndPoint", "ConfigurationEndPoint")


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handlers, with servers behind what they make."""
    return {_CACHE: followed(known[_CACHE], _KIND, _cache), _USER: _with_passwords(known[_USER])}


def _cache(identifier: str, properties: Properties) -> Attributes:
    record = hooks.store(hooks.CACHES)[identifier]
    users = _users(properties)
    shards = record["NodeGroups"]
    # What several shards hold is not in one server; and who logs in by IAM has no password.
    if record["Engine"] not in _ENGINES or len(shards) != 1 or users is None:
        return {}

    @contextmanager
    def start() -> Iterator[DataServer]:
        from local_aws.servers.redis_server import redis_server  # noqa: PLC0415 - its client is large

        tls = flag(properties, "TransitEncryptionEnabled", default=False)
        with redis_server(users=users, tls=tls, cluster=record["ClusterEnabled"]) as found:
            yield DataServer("Redis", found.host, found.port, found.certificate)

    server = DATA_SERVERS.ensure(_KIND, identifier, start)
    if server is None:
        return {}
    endpoint = {"Address": server.host, "Port": server.port}
    for shard in shards:
        shard.update(PrimaryEndpoint=endpoint, ReaderEndpoint=endpoint)
        for member in shard["NodeGroupMembers"]:
            member["ReadEndpoint"] = endpoint
            node = hooks.store(hooks.CACHE_NODES)[member["CacheClusterId"]]
            node["_endpoint"] = endpoint
            for each in node["CacheNodes"]:
                each["Endpoint"] = endpoint
    if record.get("ConfigurationEndpoint"):
        record["ConfigurationEndpoint"] = endpoint
    return {f"{name}.{part}": str(endpoint[part]) for name in _ENDPOINTS for part in endpoint}


def _users(properties: Properties) -> Mapping[str, str] | None:
    """Who may come in, with which password; nobody in particular is nobody here. None where that can't be known."""
    if token := text(properties, "AuthToken"):
        return {"default": token}
    groups = [hooks.store(hooks.CACHE_USER_GROUPS)[name] for name in texts(properties, "UserGroupIds")]
    users = [hooks.store(hooks.CACHE_USERS)[name] for group in groups for name in group["UserIds"]]
    usable = [user for user in users if user["AccessString"].split()[:1] != ["off"]]
    if any(not user.get(_PASSWORDS) for user in usable):
        return None
    return {user["UserName"]: user[_PASSWORDS][0] for user in usable}


def _with_passwords(original: Handler) -> Handler:
    """The emulator forgets what it is told of passwords."""

    def remember(provisioned: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
        given = texts(properties, "Passwords") or texts(mapping(properties.get("AuthenticationMode")), "Passwords")
        hooks.store(hooks.CACHE_USERS)[provisioned[0]][_PASSWORDS] = given
        return provisioned

    return extended(original, remember)
