"""A key of one's own: changed by itself, hard to lose, and found by its name."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from aws_patterns._key_permissions import let_service_use_key
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.security import _defaults as defaults
from aws_patterns.security._key_grants import let_use_key
from aws_patterns.security.encryption_key_options import check_encryption_key, recovery_of


class EncryptionKey(Construct):
    """A customer managed key: whoever reads data must be allowed to use it, and every use is recorded.

    Use it for data whose readers are to be counted and, at need, shut out at once; where AWS's own keys would do, they
    cost nothing. Not for data that is read in another Region as well: see ``RegionalKeyPrimary``. KMS keeps the
    former key material, so nothing has to be encrypted again when it changes.

    >>> key = EncryptionKey(stack, "Key", alias="orders")
    >>> key.let_service_use("sns.amazonaws.com")

    Args:
        alias: Its name in this Region and account, without ``alias/``, for those who have no ARN. Default: none.
        rotation_days: How often KMS changes the key material, 90 to 2,560. Default 365.
        deletion_window_days: How long a key that is deleted can be brought back, 7 to 30. Default 30.
        removal_policy: Of the key, and with it of all that it encrypted. Default ``RETAIN``.

    Attributes:
        key: The key, as everything in the CDK takes it.
        alias: Its name as KMS has it, with ``alias/``; ``None`` without.
        recovery: What is left of its use after a loss.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/prescriptive-guidance/latest/aws-kms-best-practices/introduction.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        alias: str | None = None,
        rotation_days: int = defaults.ROTATION_DAYS,
        deletion_window_days: int = defaults.DELETION_WINDOW_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"EncryptionKey {self.node.path}") as problems:
            check_encryption_key(
                problems, alias=alias, rotation_days=rotation_days, deletion_window_days=deletion_window_days
            )
        self.key = kms.Key(
            self,
            "Key",
            description=self.node.path,
            enable_key_rotation=True,
            rotation_period=Duration.days(rotation_days),
            pending_window=Duration.days(deletion_window_days),
            removal_policy=removal_policy,
        )
        self.alias = None if alias is None else f"alias/{alias}"
        if self.alias:
            self.key.add_alias(self.alias)
        self.recovery: RecoveryCharacteristics = recovery_of(multi_region=False)

    def grant_encrypt_decrypt(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody write and read what it encrypts."""
        return let_use_key(grantee, self.key)

    def grant_decrypt(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read what it encrypts."""
        return self.key.grant_decrypt(grantee)

    def let_service_use(self, service: str) -> None:
        """Let a service of AWS, such as ``sns.amazonaws.com``, encrypt with it on behalf of this account."""
        let_service_use_key(self, self.key, service)
