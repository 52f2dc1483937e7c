"""One secret in several Regions: changed in one place, read everywhere by the same name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.security import _defaults as defaults
from aws_patterns.security.regional_secret_options import GENERATED_FIELD, check_regional_secret, recovery_of


class RegionalSecret(Construct):
    """A generated secret whose replicas Secrets Manager keeps up to date in other Regions, under the same name.

    Use it for what an application needs in whichever Region it runs: a signing key, a token, a user's password. A
    stack of another Region reads its replica with ``Secret.from_secret_name_v2(stack, "Token", "orders/token")`` and
    asks no other Region. Not for the password of a database that each Region has for itself, and not where one Region
    is all there is.

    With a key of one's own each Region needs one of the same alias before the secret is made, as ``RegionalKeyPrimary``
    and ``RegionalKeyReplica`` give them: keep the keys in stacks that are deployed first.

    >>> RegionalSecret(stack, "Token", name="orders/token", replica_regions=["eu-central-1"], never_rotated=True)

    Args:
        name: In every Region.
        replica_regions: Where else it is, one Region at least.
        fields: What is kept beside it in clear, as JSON with the secret itself as ``password``, such as
            ``{"username": "app"}``. Default: nothing, and the secret is the whole text.
        length: How many characters are generated, 16 to 4,096. Default 32.
        exclude_characters: That are not to be among them. Default: none are left out but spaces.
        encryption_key: Customer managed key in this Region. Default: Secrets Manager's own key.
        replica_key_alias: Of the keys in the other Regions, without ``alias/``. Default: Secrets Manager's own there.
        rotation_function: Changes it, in the four steps of Secrets Manager; the replicas follow. Needed unless
            ``never_rotated``.
        rotation_days: How often, 1 to 1,000. Default 30.
        never_rotated: Accepts a secret that stays what it is until somebody changes it by hand.
        removal_policy: Of the secret and its replicas. Default ``RETAIN``.

    Attributes:
        secret: The one that is changed, as everything in the CDK takes it.
        name: Its name in every Region.
        rotation: When it is changed; ``None`` if never.
        recovery: What is left of it after a loss.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        replica_regions: Sequence[str],
        fields: Mapping[str, str] | None = None,
        length: int = defaults.SECRET_LENGTH,
        exclude_characters: str = "",
        encryption_key: kms.IKey | None = None,
        replica_key_alias: str | None = None,
        rotation_function: lambda_.IFunction | None = None,
        rotation_days: int | None = None,
        never_rotated: bool = False,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RegionalSecret {self.node.path}") as problems:
            check_regional_secret(
                problems,
                name=name,
                replica_regions=replica_regions,
                own_region=Stack.of(self).region,
                fields=fields,
                length=length,
                replica_key_alias=replica_key_alias,
                rotation_function=rotation_function,
                rotation_days=rotation_days,
                never_rotated=never_rotated,
            )
        self.name = name
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=name,
            description=self.node.path,
            encryption_key=encryption_key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=length,
                exclude_characters=exclude_characters or None,
                secret_string_template=json.dumps(dict(fields)) if fields else None,
                generate_string_key=GENERATED_FIELD if fields else None,
            ),
            replica_regions=[secretsmanager.ReplicaRegion(region=region) for region in replica_regions],
            removal_policy=removal_policy,
        )
        if replica_key_alias is not None:
            self._encrypt_replicas(replica_key_alias, len(replica_regions))
        self.rotation = self._rotate(rotation_function, rotation_days or defaults.SECRET_ROTATION_DAYS)
        self.recovery: RecoveryCharacteristics = recovery_of()

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody of this Region's stacks read it."""
        return self.secret.grant_read(grantee)

    def _encrypt_replicas(self, alias: str, count: int) -> None:
        resource = self.secret.node.default_child
        assert isinstance(resource, secretsmanager.CfnSecret)  # noqa: S101 - for the type checker
        for number in range(count):
            # The CDK would write this Region's ARN of the alias; Secrets Manager takes the alias in each Region.
            resource.add_property_override(f"ReplicaRegions.{number}.KmsKeyId", f"alias/{alias}")

    def _rotate(self, function: lambda_.IFunction | None, days: int) -> secretsmanager.RotationSchedule | None:
        if function is None:
            acknowledge(self.secret, {"AwsSolutions-SMG4": "never_rotated=True was asked for."})
            return None
        return self.secret.add_rotation_schedule(
            "Rotation", rotation_lambda=function, automatically_after=Duration.days(days)
        )
