"""Deletes what is in a vault when its stack goes: CloudFormation deletes only what is empty."""

from __future__ import annotations

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._python_function import python_function
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups._recovery_points import points_arn


class VaultEmptying(Construct):
    """A function that deletes recovery points, and is asked to when the vault's stack is deleted.

    Attributes:
        role: Of the function: the only one whom the vault's policy lets delete.
    """

    def __init__(self, scope: Construct, id: str, *, vault_name: str, vault_arn: str) -> None:
        super().__init__(scope, id)
        self._name = vault_name
        self._function = python_function(
            self,
            "Function",
            package="backup_vault_emptying",
            description="Deletes what is in a vault that is deleted itself",
            environment={},
            timeout_seconds=defaults.VAULT_EMPTYING_TIMEOUT_SECONDS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = self._function.role
        assert isinstance(role, iam.Role)  # noqa: S101 - for the type checker
        self.role = role
        points = points_arn(self)
        self._allowed = iam.Policy(
            self,
            "MayEmpty",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["backup:ListRecoveryPointsByBackupVault"], resources=[vault_arn]),
                iam.PolicyStatement(actions=["backup:DeleteRecoveryPoint"], resources=[points]),
            ],
        )
        acknowledge(self._allowed, {wildcard(self, points): "AWS Backup makes up the ids of recovery points."})

    def empty(self, vault: backup.IBackupVault) -> None:
        """Let it happen before the vault is deleted."""
        resource = CustomResource(
            self,
            "Contents",
            resource_type="Custom::BackupVaultContents",
            service_token=self._function.function_arn,
            service_timeout=Duration.seconds(defaults.VAULT_EMPTYING_PATIENCE_SECONDS),
            properties={"Vault": self._name},
        )
        resource.node.add_dependency(self._allowed, vault)
