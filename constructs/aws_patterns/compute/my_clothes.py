"""The shop MyClothes: a real web application of three tiers that instances install at their first boot."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._asset_download import grant_download
from aws_patterns._function_code import source_root
from aws_patterns._program_source import packages, program_source
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._my_clothes_boot import CERTIFICATES, ROOTS, boot_commands
from aws_patterns.compute.my_clothes_options import SessionCache, Sessions, check_my_clothes, recovery_of
from aws_patterns.recovery import RecoveryCharacteristics

_PACKAGES = ("my_clothes", "sample_web_app", "cache_client")


class MyClothes(Construct):
    """A small shop: its catalogue and orders in PostgreSQL, the carts in one of three places.

    Use it to try out what stands behind a web tier: what a visitor loses when an instance ends (``sessions``), what a
    failover of the database looks like from outside, who may read which password. Not as a shop.

    >>> from aws_patterns.compute.instances import Instances
    >>> from aws_patterns.compute.my_clothes_options import Sessions
    >>> from aws_patterns.database.relational_database import RelationalDatabase
    >>> from aws_patterns.load_balancing.web_tier import HealthCheck, TlsApproach, WebTier
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> database = RelationalDatabase(stack, "Database", vpc=vpc)
    >>> shop = MyClothes(stack, "Shop", database_secret=database.secret, sessions=Sessions.COOKIE)
    >>> tier = WebTier(
    ...     stack,
    ...     "Web",
    ...     vpc=vpc,
    ...     tls=TlsApproach.PLAIN_HTTP,
    ...     instances=Instances(user_data=shop.user_data()),
    ...     health_check=HealthCheck(path=shop.health_path),
    ... )
    >>> shop.grant_run(tier)
    >>> database.connections.allow_default_port_from(tier)

    Instances are Amazon Linux 2023 with a way to S3, to PyPI, where the libraries come from by hash, and to Secrets
    Manager. It runs as a systemd service without privileges.

    Args:
        database_secret: JSON with ``username``, ``password``, ``host``, ``port`` and ``dbname``, as RDS writes it.
        sessions: Where carts are. Default ``SERVER``.
        session_cache: Holds the carts, with ``SERVER``; this or the table.
        session_table: Likewise; its partition key is the text ``id``, and ``expires`` says when an item is forgotten.
        session_seconds: Without a visit, until a cart is forgotten; 60 to 604,800. Default a day.
        insecure_cookies: Lets browsers send a visitor's cookie over plain HTTP. Default: over HTTPS only.
        version: Shown on the page; another one makes another boot script, and with it a deployment. Default ``1``.
        tls: Whether it speaks HTTPS, with a certificate that each instance makes for itself. Default: HTTP.
        port: Where it listens. Default 8080, with ``tls`` 8443.
        notice_seconds: Between saying unhealthy and refusing connections, when it is stopped. Default 0.
        grace_seconds: How long requests that are under way may then take. Default 35.
        removal_policy: Of the key that carts are signed with. Default ``RETAIN``.

    Attributes:
        asset: Its source.
        port: Where it listens.
        health_path: By which an instance is judged: it answers as long as the instance itself can serve. ``/health``
            fails with the database as well, and a failover would have every instance replaced.
        cookie_key: The secret that carts are signed with, with ``COOKIE``; ``None`` otherwise.
        environment: What it is told, by variable.
        recovery: What becomes of carts after the loss of an instance, a zone, a Region; ``None`` with ``SERVER``, where
            the cache or the table says it.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/whitepapers/latest/serverless-multi-tier-architectures-api-gateway-lambda/three-tier-architecture-overview.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        database_secret: secretsmanager.ISecret,
        sessions: Sessions = Sessions.SERVER,
        session_cache: SessionCache | None = None,
        session_table: dynamodb.ITable | None = None,
        session_seconds: int = defaults.SESSION_SECONDS,
        insecure_cookies: bool = False,
        version: str = "1",
        tls: bool = False,
        port: int | None = None,
        notice_seconds: int = 0,
        grace_seconds: int = defaults.SAMPLE_GRACE_SECONDS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self.port = port if port is not None else defaults.SAMPLE_HTTPS_PORT if tls else defaults.SAMPLE_HTTP_PORT
        with Problems(f"MyClothes {self.node.path}") as problems:
            check_my_clothes(
                problems,
                sessions=sessions,
                has_cache=session_cache is not None,
                has_table=session_table is not None,
                session_seconds=session_seconds,
                version=version,
                port=self.port,
                notice_seconds=notice_seconds,
                grace_seconds=grace_seconds,
            )
        folder, digest = program_source(self, "my_clothes", {**packages(*_PACKAGES), ROOTS: _roots()})
        self.asset = s3_assets.Asset(self, "Source", path=folder, asset_hash=digest)
        self.health_path = "/alive"
        self.recovery: RecoveryCharacteristics | None = recovery_of(sessions)
        self.cookie_key = self._make_cookie_key(removal_policy) if sessions == Sessions.COOKIE else None
        self._table = session_table
        secrets = (database_secret, session_cache.secret if session_cache else None, self.cookie_key)
        self._secrets = [secret for secret in secrets if secret is not None]
        self.environment: Mapping[str, str] = {
            "AWS_DEFAULT_REGION": Stack.of(self).region,
            "SESSIONS": Sessions(sessions).value,
            "SESSION_SECONDS": str(session_seconds),
            "DATABASE_SECRET": database_secret.secret_arn,
            "DATABASE_CA": CERTIFICATES,
            **({"COOKIE_KEY_SECRET": self.cookie_key.secret_arn} if self.cookie_key else {}),
            **(_of_cache(session_cache) if session_cache else {}),
            **({"SESSION_TABLE": session_table.table_name} if session_table else {}),
            "COOKIES": "insecure" if insecure_cookies else "secure",
        }
        self._commands = boot_commands(
            source=self.asset.s3_object_url,
            region=Stack.of(self).region,
            environment=self.environment,
            port=self.port,
            tls=tls,
            version=version,
            notice_seconds=notice_seconds,
            grace_seconds=grace_seconds,
        )

    def user_data(self) -> ec2.UserData:
        """A boot script that installs and starts it; a new one each time, to be added to at will."""
        script = ec2.UserData.for_linux()
        script.add_commands(*self._commands)
        return script

    def grant_run(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the role of instances that boot with ``user_data()`` fetch it, read its secrets and use its table."""
        granted = grant_download(self.asset, grantee)
        for secret in self._secrets:
            granted = granted.combine(secret.grant_read(grantee))
        if self._table:
            # Not the table's own grants, which allow every index that there may ever be.
            granted = granted.combine(
                iam.Grant.add_to_principal(
                    grantee=grantee,
                    actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
                    resource_arns=[self._table.table_arn],
                )
            )
        return granted

    def _make_cookie_key(self, removal_policy: RemovalPolicy) -> secretsmanager.Secret:
        key = secretsmanager.Secret(
            self,
            "CookieKey",
            description="Signs the carts that visitors of MyClothes carry",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=defaults.COOKIE_KEY_LENGTH, exclude_punctuation=True
            ),
            removal_policy=removal_policy,
        )
        acknowledge(
            key,
            {
                "AwsSolutions-SMG4": "It opens nothing but carts. A new value takes effect within minutes, and carts "
                "that were signed with the last one stay readable."
            },
        )
        return key


def _roots() -> bytes:
    """The authorities of RDS, which the function that rotates passwords brings along too."""
    return (source_root() / "database_password_rotation" / ROOTS).read_bytes()


def _of_cache(cache: SessionCache) -> dict[str, str]:
    return {
        "CACHE_HOST": cache.endpoint,
        "CACHE_PORT": str(cache.port),
        **({"CACHE_SECRET": cache.secret.secret_arn} if cache.secret else {}),
        **({"CACHE_TLS": "none"} if cache.in_the_clear else {}),
    }
