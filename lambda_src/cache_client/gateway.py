"""AWS for getting into a cache, and a store of what the settings say."""

from __future__ import annotations

import ssl
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from cache_client.logins import Kept, Login, login_of
from cache_client.memcached_store import MemcachedStore
from cache_client.settings import Settings, Tls
from cache_client.store import UnavailableError
from cache_client.valkey_store import Credentials, ValkeyStore

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
_SECRET_SECONDS = 300.0
# AmazonElastiCache/latest/dg/auth-iam.html: a token is good for a quarter of an hour.
_TOKEN_SECONDS = 900
_TOKEN_USED_SECONDS = 600.0
_FILE = "file://"


def connect(settings: Settings) -> ValkeyStore | MemcachedStore:
    """A store for the cache that the settings say; it connects when it is first asked, and shares its connections."""
    tls = tls_context(settings)
    if settings.engine == "memcached":
        return MemcachedStore(settings.host, settings.port, tls=tls, discovery=settings.discovery)
    return connect_valkey(settings)


def connect_valkey(settings: Settings) -> ValkeyStore:
    """The same, of Valkey or Redis OSS: a store with sorted sets."""
    return ValkeyStore(
        settings.host,
        settings.port,
        tls=settings.tls != Tls.NONE,
        verified=settings.tls == Tls.VERIFIED,
        ca=settings.ca,
        cluster=settings.cluster,
        credentials=credentials_of(settings),
    )


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """For clients that take one."""
    if settings.tls == Tls.NONE:
        return None
    context = ssl.create_default_context(cafile=settings.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.tls == Tls.UNVERIFIED:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def credentials_of(settings: Settings) -> Credentials | None:
    """How to get in; ``None`` where nobody has to."""
    if settings.secret is not None:
        secret = settings.secret
        return Kept(lambda: login_of(_read_secret(secret)), _SECRET_SECONDS)
    if settings.user is not None and settings.name is not None:
        user, name, serverless = settings.user, settings.name, settings.serverless
        return Kept(lambda: _signed_login(user, name, serverless=serverless), _TOKEN_USED_SECONDS)
    return None


def iam_token(session: botocore.session.Session, user: str, name: str, *, serverless: bool) -> str:
    """What a user signs in with: a request to connect, signed by the session's credentials, in place of a password."""
    credentials, region = session.get_credentials(), session.get_config_variable("region")
    if credentials is None or region is None:
        raise UnavailableError("there are no credentials or no Region to sign in to the cache with")
    signer = RequestSigner(
        ServiceId("elasticache"), region, "elasticache", "v4", credentials, session.get_component("event_emitter")
    )
    kind = "&ResourceType=ServerlessCache" if serverless else ""
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"https://{name}/?Action=connect&User={user}{kind}",
            "body": {},
            "headers": {},
            "context": {},
        },
        operation_name="connect",
        expires_in=_TOKEN_SECONDS,
        region_name=region,
    )
    return str(url).removeprefix("https://")


def _signed_login(user: str, name: str, *, serverless: bool) -> Login:
    return user, iam_token(botocore.session.get_session(), user, name, serverless=serverless)


def _read_secret(secret: str) -> str:
    try:
        if secret.startswith(_FILE):
            return Path(secret.removeprefix(_FILE)).read_text()
        client = boto3.session.Session().client("secretsmanager", config=_CONFIG)
        return client.get_secret_value(SecretId=secret)["SecretString"]
    except (ClientError, BotoCoreError, OSError, KeyError) as error:
        # Not the text: it may quote the secret.
        raise UnavailableError(f"the cache's secret can't be read: {type(error).__name__}") from None
