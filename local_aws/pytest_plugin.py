"""Fixtures that give tests an embedded AWS. Load with ``pytest_plugins = ["local_aws.pytest_plugin"]``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

from local_aws.embedded import TEST_WAIT_SCALE, EmbeddedAws

if TYPE_CHECKING:
    from collections.abc import Generator


class EmbeddedAwsFactory(Protocol):
    """Starts a server that lasts until the end of the test session."""

    def __call__(self, *, enforce_iam: bool = False, wait_scale: float = TEST_WAIT_SCALE) -> EmbeddedAws: ...


@pytest.fixture(scope="session")
def embedded_aws_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAwsFactory]:
    """Starts servers; every one is stopped at the end of the session."""
    servers: list[EmbeddedAws] = []

    def start(*, enforce_iam: bool = False, wait_scale: float = TEST_WAIT_SCALE) -> EmbeddedAws:
        folder = tmp_path_factory.mktemp("embedded_aws")
        servers.append(EmbeddedAws(folder, enforce_iam=enforce_iam, wait_scale=wait_scale))
        return servers[-1]

    try:
        yield start
    finally:
        for server in servers:
            server.stop()


@pytest.fixture(scope="session")
def session_aws(embedded_aws_factory: EmbeddedAwsFactory) -> EmbeddedAws:
    """The session's server; does not enforce IAM."""
    return embedded_aws_factory()


@pytest.fixture(scope="session")
def session_aws_enforcing_iam(embedded_aws_factory: EmbeddedAwsFactory) -> EmbeddedAws:
    """The session's server that denies what the roles' policies do not allow."""
    return embedded_aws_factory(enforce_iam=True)


@pytest.fixture
def embedded_aws(session_aws: EmbeddedAws) -> Generator[EmbeddedAws]:
    """The session's server, without faults from other tests."""
    yield session_aws
    session_aws.clear_faults()


@pytest.fixture
def embedded_aws_enforcing_iam(session_aws_enforcing_iam: EmbeddedAws) -> Generator[EmbeddedAws]:
    """The session's server that enforces IAM, without faults from other tests."""
    yield session_aws_enforcing_iam
    session_aws_enforcing_iam.clear_faults()
