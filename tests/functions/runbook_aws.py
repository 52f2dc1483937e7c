"""AWS in two Regions, as far as a runbook uses it: a few dictionaries. Local tests show that the real calls agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from recovery_runbook.gateway import AwsError, LostError

HOME, AWAY = "us-east-1", "us-west-2"
ACCOUNT = "111122223333"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Json = dict[str, Any]


def cluster_arn(region: str, name: str) -> str:
    return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{name}"


@dataclass
class Region:
    """What is in one of them."""

    lost: bool = False
    concurrency: dict[str, int] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    stack: dict[str, str] = field(default_factory=dict)
    stack_status: str = "UPDATE_COMPLETE"
    tables: dict[str, dict[str, Json]] = field(default_factory=dict)
    objects: dict[str, set[str]] = field(default_factory=dict)
    databases: dict[str, Json] = field(default_factory=dict)
    points: list[Json] = field(default_factory=list)
    jobs: dict[str, Json] = field(default_factory=dict)


class Call(NamedTuple):
    """One call: what is there, where that is, and what is given."""

    at: Region
    region: str
    given: Json


@dataclass
class FakeAws:
    """Both Regions.

    Attributes:
        regions: By name.
        writer: The Region that writes to the global cluster.
        lag: Of replicas, in seconds; ``None``: not known.
        status: Of the executions of the runbook, by name.
        told: What was published: subjects and texts.
        calls: All that were made: Region and operation.
        refuse: Raised instead of a call, by its operation, as often as it is there.
        instead: Answered instead of what is there, by operation, as often as it is there.
        watch: Called after each call.
        slow: How often a job or an update is looked at before it has ended.
    """

    regions: dict[str, Region]
    writer: str = HOME
    lag: float | None = None
    status: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    refuse: dict[str, list[Exception]] = field(default_factory=dict)
    instead: dict[str, list[Json]] = field(default_factory=dict)
    watch: Callable[[], object] = lambda: None
    slow: int = 1
    replicates: bool = True
    looks: int = 0

    def call(self, service: str, region: str, operation: str, **given: Any) -> Json:
        """As `Aws` has it."""
        if self.regions[region].lost:
            raise LostError(operation, region, "ServiceUnavailable", f"{region} is lost")
        self.calls.append((region, operation))
        if waiting := self.refuse.get(operation):
            raise waiting.pop(0)
        if answers := self.instead.get(operation):
            return answers.pop(0)
        answer: Json = getattr(self, f"_{service}_{operation}")(Call(self.regions[region], region, given))
        self.watch()
        return answer

    def changes(self, region: str) -> list[str]:
        """The calls that change something there."""
        reads = ("get_", "describe_", "list_", "head_")
        return [operation for where, operation in self.calls if where == region and not operation.startswith(reads)]

    def _lambda_get_function_concurrency(self, call: Call) -> Json:
        name = call.given["FunctionName"]
        if name not in call.at.concurrency:
            raise AwsError("GetFunctionConcurrency", call.region, "ResourceNotFoundException", "not there")
        return {"ReservedConcurrentExecutions": call.at.concurrency[name]}

    def _lambda_put_function_concurrency(self, call: Call) -> Json:
        assert call.given["FunctionName"] in call.at.concurrency
        call.at.concurrency[call.given["FunctionName"]] = call.given["ReservedConcurrentExecutions"]
        return {}

    def _lambda_get_account_settings(self, call: Call) -> Json:
        return {"AccountLimit": {"UnreservedConcurrentExecutions": 1000 - sum(call.at.concurrency.values())}}

    def _autoscaling_describe_auto_scaling_groups(self, call: Call) -> Json:
        found = [call.at.groups[name] for name in call.given["AutoScalingGroupNames"] if name in call.at.groups]
        answer = [dict(group) for group in found]
        for group in found:
            # The next look finds one instance more.
            ready = len(group["Instances"])
            wanted = group["DesiredCapacity"]
            group["Instances"] = [{"LifecycleState": "InService"}] * (min(ready + 1, wanted))
        return {"AutoScalingGroups": answer}

    def _autoscaling_update_auto_scaling_group(self, call: Call) -> Json:
        call.at.groups[call.given["AutoScalingGroupName"]].update(call.given)
        return {}

    def _cloudformation_describe_stacks(self, call: Call) -> Json:
        status = call.at.stack_status
        if call.at.stack_status.endswith("_IN_PROGRESS"):
            call.at.stack_status = call.at.stack_status.removesuffix("_IN_PROGRESS") + "_COMPLETE"
        known = [{"ParameterKey": key, "ParameterValue": value} for key, value in call.at.stack.items()]
        return {"Stacks": [{"StackStatus": status, "Parameters": known}]}

    def _cloudformation_update_stack(self, call: Call) -> Json:
        assert call.given["UsePreviousTemplate"]
        wanted = {each["ParameterKey"]: each.get("ParameterValue") for each in call.given["Parameters"]}
        assert set(wanted) == set(call.at.stack), "a parameter that is left out has its default again"
        changed = {key: value for key, value in wanted.items() if value is not None}
        if all(call.at.stack[key] == value for key, value in changed.items()):
            raise AwsError("UpdateStack", call.region, "ValidationError", "No updates are to be performed.")
        call.at.stack.update(changed)
        call.at.stack_status = "UPDATE_IN_PROGRESS"
        return {}

    def _cloudformation_describe_stack_events(self, call: Call) -> Json:
        failed = {"LogicalResourceId": "Api", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no quota"}
        begun = {"LogicalResourceId": call.given["StackName"], "ResourceStatus": "UPDATE_IN_PROGRESS"}
        return {"StackEvents": [{**failed, "LogicalResourceId": "Later"}, failed, begun, {**failed, "x": "earlier"}]}

    def _dynamodb_describe_table(self, call: Call) -> Json:
        assert call.given["TableName"] in call.at.tables
        table = {
            "TableStatus": "ACTIVE",
            "Replicas": [{"RegionName": HOME}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            "AttributeDefinitions": [
                {"AttributeName": "at", "AttributeType": "N"},
                {"AttributeName": "id", "AttributeType": "S"},
            ],
        }
        return {"Table": table}

    def _dynamodb_put_item(self, call: Call) -> Json:
        key = call.given["Item"]["id"]["S"]
        call.at.tables[call.given["TableName"]][key] = call.given["Item"]
        return {}

    def _dynamodb_delete_item(self, call: Call) -> Json:
        for each in self.regions.values():
            each.tables[call.given["TableName"]].pop(call.given["Key"]["id"]["S"], None)
        return {}

    def _dynamodb_get_item(self, call: Call) -> Json:
        name, key = call.given["TableName"], call.given["Key"]["id"]["S"]
        if key in call.at.tables[name]:
            return {"Item": call.at.tables[name][key]}
        if self.replicates:
            # It is there at the next look.
            call.at.tables[name] |= self.regions[AWAY].tables[name]
        return {}

    def _dynamodb_update_continuous_backups(self, call: Call) -> Json:
        assert call.given["TableName"] in call.at.tables
        return {}

    def _dynamodb_delete_table(self, call: Call) -> Json:
        call.at.tables.pop(call.given["TableName"], None)
        return {}

    def _s3_get_bucket_versioning(self, call: Call) -> Json:
        return {"Status": "Enabled"} if call.given["Bucket"] in call.at.objects else {}

    def _s3_put_object(self, call: Call) -> Json:
        call.at.objects[call.given["Bucket"]].add(call.given["Key"])
        return {}

    def _s3_head_object(self, call: Call) -> Json:
        if call.given["Key"] in call.at.objects[call.given["Bucket"]]:
            return {}
        self.looks += 1
        # Later than what is in tables.
        if self.replicates and self.looks > 1:
            for keys in self.regions[AWAY].objects.values():
                call.at.objects[call.given["Bucket"]] |= keys
        raise AwsError("HeadObject", call.region, "404", "Not Found")

    def _s3_delete_object(self, call: Call) -> Json:
        call.at.objects[call.given["Bucket"]].discard(call.given["Key"])
        return {}

    def _rds_describe_global_clusters(self, _call: Call) -> Json:
        names = {HOME: "orders-primary", AWAY: "orders-recovery"}
        members = [
            {"DBClusterArn": cluster_arn(each, name), "IsWriter": self.writer == each} for each, name in names.items()
        ]
        return {"GlobalClusters": [{"GlobalClusterMembers": members}]}

    def _rds_describe_db_clusters(self, _call: Call) -> Json:
        return {"DBClusters": [{"Status": "available", "DBClusterMembers": [{}]}]}

    def _rds_failover_global_cluster(self, call: Call) -> Json:
        assert call.given["AllowDataLoss"] is True
        assert call.given["TargetDbClusterIdentifier"] == cluster_arn(call.region, "orders-recovery")
        self.writer = call.region
        return {}

    def _rds_switchover_global_cluster(self, call: Call) -> Json:
        assert call.region == self.writer, "it is asked for where the writer is"
        self.writer = call.given["TargetDbClusterIdentifier"].split(":")[3]
        return {}

    def _rds_describe_db_instances(self, call: Call) -> Json:
        found = call.at.databases[call.given["DBInstanceIdentifier"]]
        answer = dict(found)
        found["DBInstanceStatus"] = "available"
        return {"DBInstances": [answer]}

    def _rds_promote_read_replica(self, call: Call) -> Json:
        found = call.at.databases[call.given["DBInstanceIdentifier"]]
        if not found.pop("ReadReplicaSourceDBInstanceIdentifier", None):
            raise AwsError("PromoteReadReplica", call.region, "InvalidDBInstanceState", "not a read replica")
        found["DBInstanceStatus"] = "modifying"
        return {}

    def _cloudwatch_get_metric_statistics(self, call: Call) -> Json:
        if self.lag is None:
            return {"Datapoints": []}
        milliseconds = 1000 if call.given["MetricName"].startswith("Aurora") else 1
        older = {"Timestamp": NOON - timedelta(minutes=3), "Maximum": 9e9}
        return {"Datapoints": [{"Timestamp": NOON, "Maximum": self.lag * milliseconds}, older]}

    def _backup_list_recovery_points_by_backup_vault(self, call: Call) -> Json:
        page, found = int(call.given.get("NextToken", 0)), call.at.points
        more = {"NextToken": str(page + 1)} if page + 1 < len(found) else {}
        return {"RecoveryPoints": found[page : page + 1], **more}

    def _backup_start_restore_job(self, call: Call) -> Json:
        name = call.given["Metadata"]["targetTableName"]
        # What is asked for with the same token is done once.
        known = call.at.jobs.setdefault(
            call.given["IdempotencyToken"], {"Status": "RUNNING", "looks": 0, "table": name}
        )
        call.at.tables.setdefault(known["table"], {})
        return {"RestoreJobId": call.given["IdempotencyToken"]}

    def _backup_start_backup_job(self, call: Call) -> Json:
        assert call.given["ResourceArn"].rpartition("/")[2] in call.at.tables
        call.at.jobs.setdefault(
            f"b-{call.given['IdempotencyToken']}", {"State": "RUNNING", "looks": 0, "RecoveryPointArn": "new"}
        )
        return {"BackupJobId": f"b-{call.given['IdempotencyToken']}"}

    def _backup_start_copy_job(self, call: Call) -> Json:
        assert call.given["DestinationBackupVaultArn"] == f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:orders-primary"
        copied = {"State": "RUNNING", "looks": 0, "DestinationRecoveryPointArn": "copied"}
        call.at.jobs.setdefault(f"c-{call.given['IdempotencyToken']}", copied)
        return {"CopyJobId": f"c-{call.given['IdempotencyToken']}"}

    def _backup_describe_restore_job(self, call: Call) -> Json:
        return self._looked_at(call.at.jobs[call.given["RestoreJobId"]], "Status")

    def _backup_describe_backup_job(self, call: Call) -> Json:
        return self._looked_at(call.at.jobs[call.given["BackupJobId"]], "State")

    def _backup_describe_copy_job(self, call: Call) -> Json:
        return {"CopyJob": self._looked_at(call.at.jobs[call.given["CopyJobId"]], "State")}

    def _looked_at(self, job: Json, status: str) -> Json:
        job["looks"] += 1
        if job["looks"] > self.slow and job[status] == "RUNNING":
            job[status] = "COMPLETED"
        return job

    def _stepfunctions_describe_execution(self, call: Call) -> Json:
        name = call.given["executionArn"].rpartition(":")[2]
        if name not in self.status:
            raise AwsError("DescribeExecution", call.region, "ExecutionDoesNotExist", "not there")
        return {"status": self.status[name]}

    def _sns_publish(self, call: Call) -> Json:
        self.told.append((call.given["Subject"], call.given["Message"]))
        return {}


def point(name: str, at: datetime, arn: str, status: str = "COMPLETED") -> Mapping[str, object]:
    """A recovery point, as a vault lists it."""
    resource = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/{name}"
    return {"RecoveryPointArn": arn, "ResourceArn": resource, "Status": status, "CreationDate": at}
