"""Read replicas are promoted as far as the API tells, which is as far as the embedded AWS goes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws


def test_a_promoted_replica_follows_nobody(embedded_aws: EmbeddedAws) -> None:
    rds, source = embedded_aws.client("rds"), f"source-{uuid4().hex[:8]}"
    replica = f"{source}-replica"
    with ExitStack() as made:
        rds.create_db_instance(
            DBInstanceIdentifier=source,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="ada",
            MasterUserPassword="dummy-password",  # nothing listens
        )
        made.callback(rds.delete_db_instance, DBInstanceIdentifier=source, SkipFinalSnapshot=True)
        rds.create_db_instance_read_replica(DBInstanceIdentifier=replica, SourceDBInstanceIdentifier=source)
        made.callback(rds.delete_db_instance, DBInstanceIdentifier=replica, SkipFinalSnapshot=True)
        promoted = rds.promote_read_replica(DBInstanceIdentifier=replica, BackupRetentionPeriod=7)["DBInstance"]
        assert not promoted.get("ReadReplicaSourceDBInstanceIdentifier")
        assert promoted["BackupRetentionPeriod"] == 7
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=source)["DBInstances"]
        assert found.get("ReadReplicaDBInstanceIdentifiers", []) == []
        with pytest.raises(rds.exceptions.InvalidDBInstanceStateFault, match="is not a read replica"):
            rds.promote_read_replica(DBInstanceIdentifier=replica)
        with pytest.raises(rds.exceptions.DBInstanceNotFoundFault, match="nobody not found"):
            rds.promote_read_replica(DBInstanceIdentifier="nobody")
