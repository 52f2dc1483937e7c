"""Rotation of a password in a real PostgreSQL: it changes, the old one stops working, half a rotation is mended."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import psycopg
import pytest
from psycopg import sql

from database_password_rotation import certificates
from database_password_rotation.certificates import tls_for
from database_password_rotation.databases import SqlDatabases
from database_password_rotation.logic import PASSWORD_LENGTH, Login, RefusedError, rotate
from secret_rotation.logic import Rotation, RotationError, Stage, Step

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.servers.postgresql import PostgreSql

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Database-AbCdEf"
USER = "dbadmin"
FIRST = "first-password"


class CutOffError(BaseException):
    """The function was ended by force: nothing in it may catch this."""


class OneSecret:
    """Secrets Manager, with one secret and its stages as AWS moves them."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.values: dict[str, dict[str, Any] | None] = {"v1": dict(value)}
        self.marks: dict[str, str] = {Stage.CURRENT: "v1"}

    def begin(self, version: str) -> None:
        """What RotateSecret does before the first step: a version without a value is pending."""
        self.values.setdefault(version, None)
        self.marks[Stage.PENDING] = version

    def stages(self, secret: str) -> dict[str, frozenset[str]]:
        assert secret == SECRET
        return {
            version: frozenset(stage for stage, marked in self.marks.items() if marked == version)
            for version in self.values
        }

    def read(self, secret: str, stage: Stage, version: str | None = None) -> dict[str, Any] | None:
        assert secret == SECRET
        marked = self.marks.get(stage)
        if marked is None or (version is not None and version != marked):
            return None
        value = self.values[marked]
        return dict(value) if value is not None else None

    def write_pending(self, secret: str, version: str, value: Mapping[str, Any]) -> None:
        assert secret == SECRET
        assert self.values[version] is None, "AWS refuses another value for a version that has one"
        self.values[version] = dict(value)

    def make_current(self, secret: str, version: str, instead_of: str) -> None:
        assert secret == SECRET
        assert self.marks[Stage.CURRENT] == instead_of
        self.marks[Stage.PREVIOUS] = instead_of
        self.marks[Stage.CURRENT] = version
        del self.marks[Stage.PENDING]

    @property
    def current(self) -> dict[str, Any]:
        value = self.values[self.marks[Stage.CURRENT]]
        assert value is not None
        return value


class CutOff:
    """A database that is real until the function is ended right before, or right after, the password changes."""

    def __init__(self, real: SqlDatabases, *, after: bool) -> None:
        self._real = real
        self._after = after

    def check(self, login: Login) -> None:
        self._real.check(login)

    def change_password(self, login: Login, password: str) -> None:
        if self._after:
            self._real.change_password(login, password)
        raise CutOffError


def rotation(step: Step, version: str = "v2") -> Rotation:
    return Rotation(step=step, secret=SECRET, version=version)


def rotate_all(secret: OneSecret, databases: SqlDatabases, version: str = "v2") -> None:
    secret.begin(version)
    for step in Step:
        rotate(rotation(step, version), secret, databases)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    from local_aws.servers.postgresql import postgresql
    from local_aws.servers.programs import ServerError

    try:
        with postgresql(database="shop") as found:
            yield found
    except ServerError as error:
        pytest.skip(str(error))


@pytest.fixture
def secret(server: PostgreSql) -> Iterator[OneSecret]:
    """Of a user who is there and has the first password."""
    name = sql.Identifier(USER)
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(FIRST)))
    yield OneSecret(
        {
            "engine": "postgres",
            "host": server.host,
            "port": server.port,
            "username": USER,
            "password": FIRST,
            "dbname": "shop",
            "dbInstanceIdentifier": "database",
        }
    )
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.fixture
def databases(server: PostgreSql) -> SqlDatabases:
    assert server.certificate is not None
    return SqlDatabases(ssl.create_default_context(cafile=str(server.certificate)))


@pytest.fixture
def lets_in(server: PostgreSql) -> Callable[[str], bool]:
    """Asked with another driver than the function's."""

    def ask(password: str) -> bool:
        try:
            psycopg.connect(
                host=server.host,
                port=server.port,
                user=USER,
                password=password,
                dbname="shop",
                sslmode="verify-full",
                sslrootcert=str(server.certificate),
            ).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            return False
        return True

    return ask


class TestRotation:
    def test_the_password_changes_and_the_old_one_stops_working(
        self, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        assert lets_in(FIRST)
        rotate_all(secret, databases)
        assert secret.current["password"] != FIRST
        assert len(secret.current["password"]) == PASSWORD_LENGTH
        assert lets_in(secret.current["password"])
        assert not lets_in(FIRST)

    def test_all_else_in_the_secret_stays(self, secret: OneSecret, databases: SqlDatabases) -> None:
        before = dict(secret.current)
        rotate_all(secret, databases)
        assert {**secret.current, "password": FIRST} == before

    def test_once_more_and_once_more(
        self, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        passwords = [FIRST]
        for version in ("v2", "v3", "v4"):
            rotate_all(secret, databases, version)
            passwords.append(secret.current["password"])
        assert [lets_in(password) for password in passwords] == [False, False, False, True]

    def test_connections_that_are_open_stay_open(
        self, server: PostgreSql, secret: OneSecret, databases: SqlDatabases
    ) -> None:
        with psycopg.connect(
            host=server.host, port=server.port, user=USER, password=FIRST, dbname="shop", sslmode="require"
        ) as connection:
            rotate_all(secret, databases)
            row = connection.execute("SELECT current_user").fetchone()
        assert row == (USER,)

    def test_the_server_never_sees_the_new_password_in_a_statement(
        self, server: PostgreSql, secret: OneSecret, databases: SqlDatabases
    ) -> None:
        rotate_all(secret, databases)
        with server.connect() as connection:
            row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (USER,)).fetchone()
        assert row is not None
        assert row[0].startswith("SCRAM-SHA-256$4096:")

    @pytest.mark.parametrize("step", Step)
    def test_every_step_may_run_twice(
        self, step: Step, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        secret.begin("v2")
        for taken in Step:
            for _ in range(2 if taken is step else 1):
                rotate(rotation(taken), secret, databases)
        assert lets_in(secret.current["password"])
        assert not lets_in(FIRST)


class TestHalfWay:
    @pytest.mark.parametrize("after", [False, True], ids=["before the change", "after the change"])
    def test_a_rotation_that_was_cut_off_is_taken_up(
        self, *, after: bool, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        secret.begin("v2")
        rotate(rotation(Step.CREATE), secret, databases)
        with pytest.raises(CutOffError):
            rotate(rotation(Step.SET), secret, CutOff(databases, after=after))
        assert lets_in(FIRST) is not after
        rotate_all(secret, databases)
        assert lets_in(secret.current["password"])
        assert not lets_in(FIRST)

    def test_the_new_password_is_kept_before_the_database_has_it(
        self, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        secret.begin("v2")
        rotate(rotation(Step.CREATE), secret, databases)
        kept = secret.values["v2"]
        assert kept is not None
        assert not lets_in(kept["password"])
        rotate(rotation(Step.SET), secret, databases)
        assert lets_in(kept["password"])

    def test_a_database_with_the_password_before_the_current_one_is_mended(
        self, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        secret.values["v0"] = {**secret.current}
        secret.marks[Stage.PREVIOUS] = "v0"
        secret.values["v1"] = {**secret.current, "password": "never-set"}
        rotate_all(secret, databases)
        assert lets_in(secret.current["password"])

    def test_a_database_that_takes_none_of_them_is_left_alone(
        self, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        secret.values["v1"] = {**secret.current, "password": "never-set"}
        secret.begin("v2")
        rotate(rotation(Step.CREATE), secret, databases)
        with pytest.raises(RefusedError, match="takes none of the pending, current and previous passwords"):
            rotate(rotation(Step.SET), secret, databases)
        assert lets_in(FIRST)

    def test_a_password_that_the_database_does_not_take_never_becomes_the_current_one(
        self, secret: OneSecret, databases: SqlDatabases
    ) -> None:
        secret.begin("v2")
        rotate(rotation(Step.CREATE), secret, databases)
        with pytest.raises(RefusedError):
            rotate(rotation(Step.TEST), secret, databases)
        assert secret.current["password"] == FIRST

    def test_a_server_that_is_down_is_no_wrong_password(
        self, server: PostgreSql, secret: OneSecret, databases: SqlDatabases, lets_in: Callable[[str], bool]
    ) -> None:
        secret.begin("v2")
        rotate(rotation(Step.CREATE), secret, databases)
        server.server.stop()
        try:
            with pytest.raises(RotationError, match="can't be reached") as raised:
                rotate(rotation(Step.SET), secret, databases)
        finally:
            server.server.start()
        assert not isinstance(raised.value, RefusedError)
        rotate_all(secret, databases)
        assert lets_in(secret.current["password"])


class TestRefusals:
    def test_a_version_that_is_not_pending_is_not_touched(self, secret: OneSecret, databases: SqlDatabases) -> None:
        secret.values["v2"] = None
        with pytest.raises(RotationError, match="another rotation has begun since"):
            rotate(rotation(Step.CREATE), secret, databases)

    def test_a_version_that_is_not_there(self, secret: OneSecret, databases: SqlDatabases) -> None:
        with pytest.raises(RotationError, match="no such version"):
            rotate(rotation(Step.CREATE), secret, databases)

    def test_a_set_without_a_create(self, secret: OneSecret, databases: SqlDatabases) -> None:
        secret.begin("v2")
        with pytest.raises(RotationError, match="the first step was not taken"):
            rotate(rotation(Step.SET), secret, databases)

    def test_a_pending_version_of_somebody_else_is_not_set(self, secret: OneSecret, databases: SqlDatabases) -> None:
        secret.begin("v2")
        secret.values["v2"] = {**secret.current, "username": "postgres", "password": "new"}
        with pytest.raises(RotationError, match="another user or another database"):
            rotate(rotation(Step.SET), secret, databases)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"host": None}, "the secret has no host: attach it to its database"),
            ({"engine": "oracle"}, "the secret's engine must be one of postgres, mysql, mariadb, got 'oracle'"),
        ],
    )
    def test_a_secret_of_something_else(self, change: dict[str, object], message: str) -> None:
        value = {"engine": "postgres", "host": "h", "username": "u", "password": "p", **change}
        with pytest.raises(RotationError) as raised:
            Login.of(value)
        assert str(raised.value) == message

    def test_a_server_that_nobody_vouches_for_is_not_told_the_password(self, secret: OneSecret) -> None:
        strangers = SqlDatabases(tls_for("eu-west-1"))
        with pytest.raises(RotationError, match="can't be reached"):
            strangers.check(Login.of(secret.current))

    def test_no_password_is_in_what_may_be_logged(self) -> None:
        login = Login.of({"engine": "mysql", "host": "h", "username": "u", "password": "hidden-one"})
        assert "hidden-one" not in repr(login)
        assert login.port == 3306


class TestCertificates:
    @pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
    def test_a_region_that_is_packaged_asks_nobody(self, region: str) -> None:
        def never(region: str) -> str:
            raise AssertionError(region)

        tls = tls_for(region, fetch=never)
        assert tls.verify_mode is ssl.CERT_REQUIRED
        assert tls.check_hostname
        assert len(tls.get_ca_certs()) > 50

    def test_a_younger_region_is_asked_for(self, tmp_path: Path) -> None:
        young = certificates.PACKAGED.read_text()
        asked: list[str] = []
        empty = tmp_path / "none.pem"
        empty.write_text("")

        def fetch(region: str) -> str:
            asked.append(region)
            return young

        assert tls_for("xx-young-1", packaged=empty, fetch=fetch).get_ca_certs()
        assert asked == ["xx-young-1"]


class TestFetching:
    """Of the certificates of a Region that is younger than the package."""

    def test_they_come_from_amazons_trust_store(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def answer(url: str, timeout: float) -> BytesIO:
            asked.append(url)
            assert timeout < 10
            return BytesIO(b"-----BEGIN CERTIFICATE-----")

        monkeypatch.setattr(certificates, "urlopen", answer)
        assert certificates.fetched("xx-young-1") == "-----BEGIN CERTIFICATE-----"
        assert asked == ["https://truststore.pki.rds.amazonaws.com/xx-young-1/xx-young-1-bundle.pem"]

    def test_no_way_there_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def answer(url: str, timeout: float) -> BytesIO:
            raise URLError(f"no way to {url} within {timeout:.0f} s")

        monkeypatch.setattr(certificates, "urlopen", answer)
        with pytest.raises(RotationError, match="the certificates of Amazon RDS in xx-young-1 can't be had"):
            certificates.fetched("xx-young-1")


def test_a_secret_without_a_current_version(secret: OneSecret, databases: SqlDatabases) -> None:
    secret.begin("v2")
    secret.values["v1"] = None
    with pytest.raises(RotationError, match="the secret has no current version"):
        rotate(rotation(Step.CREATE), secret, databases)


def test_a_database_that_is_not_there_is_no_wrong_password(secret: OneSecret, databases: SqlDatabases) -> None:
    with pytest.raises(RotationError, match="answers with error 3D000") as raised:
        databases.check(Login.of({**secret.current, "dbname": "not-there"}))
    assert not isinstance(raised.value, RefusedError)


def test_the_roots_of_rds_are_readable_and_good_for_decades() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(certificates.PACKAGED))
    roots = context.get_ca_certs()
    assert len(roots) > 80
    assert {int(str(root["notAfter"]).split()[3]) for root in roots if "RDS" in str(root["subject"])} >= {2061, 2121}
    assert not [root for root in roots if int(str(root["notAfter"]).split()[3]) < 2037]
