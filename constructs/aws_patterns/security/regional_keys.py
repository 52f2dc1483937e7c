"""One key in several Regions, so that what one Region encrypts another reads when the first is gone."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from aws_patterns._key_permissions import let_service_use_key
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.security import _defaults as defaults
from aws_patterns.security._key_grants import let_use_key
from aws_patterns.security._primary_key_lookup import primary_key_lookup
from aws_patterns.security.encryption_key_options import (
    check_encryption_key,
    check_replica_key,
    recovery_of,
)

# What only the primary has, and its replicas follow.
_OF_THE_PRIMARY = ("EnableKeyRotation", "MultiRegion", "RotationPeriodInDays")


class RegionalKeyPrimary(Construct):
    """The first of a set of multi-Region keys: the same key material and id wherever ``RegionalKeyReplica`` puts it.

    Use it for data that is copied to another Region encrypted, or encrypted on the client's side, and read there
    without asking the first Region. Not where each Region encrypts for itself, as S3's replication or Aurora's global
    database do: an ``EncryptionKey`` in each keeps them apart.

    Nothing is handed from stack to stack: each Region's key has the same alias, and a replica finds the primary by it.

    >>> RegionalKeyPrimary(stack, "Key", alias="orders")

    Args:
        alias: Its name in every Region of the set, without ``alias/``.
        rotation_days: How often KMS changes the key material, in all Regions at once, 90 to 2,560. Default 365.
        deletion_window_days: How long a key that is deleted can be brought back, 7 to 30. Default 30. KMS deletes a
            primary only after its last replica.
        removal_policy: Of the key, and with it of all that it encrypted. Default ``RETAIN``.

    Attributes:
        key: The key, as everything in the CDK takes it.
        alias: Its name as KMS has it, with ``alias/``.
        recovery: What is left of its use after a loss.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        alias: str,
        rotation_days: int = defaults.ROTATION_DAYS,
        deletion_window_days: int = defaults.DELETION_WINDOW_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RegionalKeyPrimary {self.node.path}") as problems:
            check_encryption_key(
                problems, alias=alias, rotation_days=rotation_days, deletion_window_days=deletion_window_days
            )
        self.key = kms.Key(
            self,
            "Key",
            description=self.node.path,
            multi_region=True,
            enable_key_rotation=True,
            rotation_period=Duration.days(rotation_days),
            pending_window=Duration.days(deletion_window_days),
            removal_policy=removal_policy,
        )
        self.alias = f"alias/{alias}"
        self.key.add_alias(self.alias)
        self.recovery: RecoveryCharacteristics = recovery_of(multi_region=True)

    def grant_encrypt_decrypt(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody of this Region's stacks write and read what it encrypts."""
        return let_use_key(grantee, self.key)

    def let_service_use(self, service: str) -> None:
        """Let a service of AWS, such as ``sns.amazonaws.com``, encrypt with it, here, on behalf of this account."""
        let_service_use_key(self, self.key, service)


class RegionalKeyReplica(Construct):
    """The key of a ``RegionalKeyPrimary`` in this stack's Region, with a policy of its own.

    It is found by its alias in the primary's Region, when it is made and never again: losing that Region changes
    nothing here. Deploy the primary's stack first (``replica_stack.add_dependency(primary_stack)``). A later
    ``UpdatePrimaryRegion`` leaves this as it is; don't change ``primary_region`` for it, for that would make another
    replica.

    >>> RegionalKeyReplica(stack, "Key", alias="orders", primary_region="eu-west-1")

    Args:
        alias: Of the primary, and of the replica here, without ``alias/``.
        primary_region: Where the primary is.
        deletion_window_days: How long a replica that is deleted can be brought back, 7 to 30. Default 30.
        removal_policy: Of the replica; what it encrypted is still read in the other Regions. Default ``RETAIN``.

    Attributes:
        key: The key, as everything in the CDK takes it.
        alias: Its name as KMS has it, with ``alias/``.
        recovery: What is left of its use after a loss.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-replicate.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        alias: str,
        primary_region: str,
        deletion_window_days: int = defaults.DELETION_WINDOW_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RegionalKeyReplica {self.node.path}") as problems:
            check_replica_key(
                problems,
                alias=alias,
                primary_region=primary_region,
                own_region=Stack.of(self).region,
                deletion_window_days=deletion_window_days,
            )
        self.alias = f"alias/{alias}"
        primary_arn = primary_key_lookup(self, alias=self.alias, region=primary_region, removal_policy=removal_policy)
        # The CDK has no replica that grants could be made on. A replica has a key's attributes, so the CDK's key serves
        # with another type; rotation is said for those who judge it, and is the primary's.
        self.key = kms.Key(
            self,
            "Key",
            description=self.node.path,
            enable_key_rotation=True,
            pending_window=Duration.days(deletion_window_days),
            removal_policy=removal_policy,
        )
        resource = self.key.node.default_child
        assert isinstance(resource, kms.CfnKey)  # noqa: S101 - for the type checker
        resource.add_override("Type", "AWS::KMS::ReplicaKey")
        resource.add_property_override("PrimaryKeyArn", primary_arn)
        for name in _OF_THE_PRIMARY:
            resource.add_property_deletion_override(name)
        self.key.add_alias(self.alias)
        self.recovery: RecoveryCharacteristics = recovery_of(multi_region=True)

    def grant_encrypt_decrypt(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody of this Region's stacks write and read what it encrypts."""
        return let_use_key(grantee, self.key)

    def let_service_use(self, service: str) -> None:
        """Let a service of AWS, such as ``sns.amazonaws.com``, encrypt with it, here, on behalf of this account."""
        let_service_use_key(self, self.key, service)
