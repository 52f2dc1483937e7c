"""What the environment may say about a cache."""

from __future__ import annotations

import re

import pytest

from cache_client.settings import Settings, SettingsError, Tls


def test_an_address_is_enough() -> None:
    assert Settings.from_environment({"CACHE_HOST": "cache"}) == Settings(host="cache")


def test_memcached_has_a_port_of_its_own() -> None:
    found = Settings.from_environment({"CACHE_HOST": "cache", "CACHE_ENGINE": "memcached", "CACHE_DISCOVERY": "true"})
    assert (found.port, found.discovery, found.tls) == (11_211, True, Tls.VERIFIED)


def test_all_of_it() -> None:
    assert Settings.from_environment(
        {
            "CACHE_HOST": "cache",
            "CACHE_ENGINE": "redis",
            "CACHE_PORT": "7000",
            "CACHE_CLUSTER": "true",
            "CACHE_USER": "app",
            "CACHE_NAME": "mine",
            "CACHE_SERVERLESS": "true",
            "CACHE_TLS": "unverified",
            "CACHE_CA": "/ca.pem",
        }
    ) == Settings(
        host="cache",
        engine="redis",
        port=7_000,
        cluster=True,
        user="app",
        name="mine",
        serverless=True,
        tls=Tls.UNVERIFIED,
        ca="/ca.pem",
    )


def test_every_problem_is_told_at_once() -> None:
    message = (
        "CACHE_ENGINE must be one of valkey, redis, memcached, got 'oracle'\n"
        "CACHE_CLUSTER must be one of true, false, got 'yes'\n"
        "CACHE_TLS must be one of verified, unverified, none, got 'maybe'\n"
        "CACHE_HOST must be set: the endpoint of the cache\n"
        "CACHE_PORT must be a port between 1 and 65535, got '٣'\n"
        "CACHE_USER and CACHE_NAME belong together: who signs in with IAM, and to which cache\n"
        "CACHE_SECRET and CACHE_USER exclude each other: a password, or IAM"
    )
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}$"):
        Settings.from_environment(
            {
                "CACHE_ENGINE": "oracle",
                "CACHE_CLUSTER": "yes",
                "CACHE_TLS": "maybe",
                "CACHE_PORT": "٣",
                "CACHE_SECRET": "secret",
                "CACHE_USER": "app",
            }
        )


def test_memcached_asks_nobody() -> None:
    message = "^CACHE_SECRET and CACHE_USER must not be set for memcached, which asks nobody who he is$"
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment({"CACHE_HOST": "cache", "CACHE_ENGINE": "memcached", "CACHE_SECRET": "secret"})
