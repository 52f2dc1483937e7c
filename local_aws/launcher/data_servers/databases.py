"""PostgreSQL for the databases and clusters of RDS that have its engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local_aws.launcher import hooks
from local_aws.launcher.data_servers.following import followed
from local_aws.launcher.data_servers.manager import DATA_SERVERS, DataServer
from local_aws.launcher.hooks import Attributes, Handler, Properties, Record
from local_aws.launcher.values import text

_INSTANCE = "AWS::RDS::DBInstance"
_CLUSTER = "AWS::RDS::DBCluster"
_KINDS = {_INSTANCE: "database", _CLUSTER: "database cluster"}
_ENGINES = {_INSTANCE: "postgres", _CLUSTER: "aurora-postgresql"}


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handlers, with servers behind what they make."""
    return {
        _INSTANCE: followed(known[_INSTANCE], _KINDS[_INSTANCE], _instance),
        _CLUSTER: followed(known[_CLUSTER], _KINDS[_CLUSTER], _cluster),
    }


def _instance(identifier: str, properties: Properties) -> Attributes:
    """A database of its own; a cluster's has the cluster's server, and a replica that of its source."""
    if cluster := text(properties, "DBClusterIdentifier"):
        server = DATA_SERVERS.find(_KINDS[_CLUSTER], cluster)
    elif source := text(properties, "SourceDBInstanceIdentifier"):
        server = DATA_SERVERS.find(_KINDS[_INSTANCE], source.rpartition(":")[2])
    else:
        server = _server(_INSTANCE, identifier, properties, hooks.store(hooks.DATABASES)[identifier], "DBName")
    if server is None:
        return {}
    endpoint = hooks.store(hooks.DATABASES)[identifier]["Endpoint"]
    endpoint.update(Address=server.host, Port=server.port)
    return {"Endpoint.Address": server.host, "Endpoint.Port": str(server.port)}


def _cluster(identifier: str, properties: Properties) -> Attributes:
    record = hooks.store(hooks.DATABASE_CLUSTERS)[identifier]
    server = _server(_CLUSTER, identifier, properties, record, "DatabaseName")
    if server is None:
        return {}
    record.update(Endpoint=server.host, ReaderEndpoint=server.host, Port=server.port)
    return {
        "Endpoint.Address": server.host,
        "Endpoint.Port": str(server.port),
        "ReadEndpoint.Address": server.host,
    }


def _server(kind: str, identifier: str, properties: Properties, record: Record, database: str) -> DataServer | None:
    user, password = text(properties, "MasterUsername"), text(properties, "MasterUserPassword")
    # A secondary of a global cluster has neither: it is the primary's.
    if text(properties, "Engine") != _ENGINES[kind] or not (user and password):
        return None

    @contextmanager
    def start() -> Iterator[DataServer]:
        from local_aws.servers.postgresql import postgresql  # noqa: PLC0415 - its client is large

        with postgresql(user=user, password=password, database=record.get(database) or "postgres") as found:
            yield DataServer("PostgreSQL", found.host, found.port, found.certificate)

    return DATA_SERVERS.ensure(_KINDS[kind], identifier, start)
