"""The catalogue and the orders in a real PostgreSQL, and sessions in a real Redis, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cache_client.store import UnavailableError
from my_clothes.database import Database
from tests.functions.running_sample_app import until
from tests.functions.visiting_my_clothes import database_server

if TYPE_CHECKING:
    from local_aws.servers.postgresql import PostgreSql


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    with database_server() as found:
        yield found


def connected(server: PostgreSql) -> Database:
    return Database(
        lambda: {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "dbname": server.database,
            "sslmode": "verify-full",
            "sslrootcert": str(server.certificate),
        }
    )


@pytest.fixture(scope="module")
def database(server: PostgreSql) -> Iterator[Database]:
    with closing(connected(server)) as found:
        yield found


def test_the_catalogue_is_there_and_searched_for_any_text(database: Database) -> None:
    names = [product.name for product in database.products("")]
    assert names[0] == "Linen shirt"
    assert len(names) == 8
    assert [product.name for product in database.products("SOCK")] == ["Socks"]
    for text in ("%", "_", "'", "' OR 1=1 --", "\\", "%s"):
        assert database.products(text) == []


def test_products_are_found_by_number(database: Database) -> None:
    assert [product.id for product in database.chosen([8, 1, 77])] == [1, 8]
    assert database.chosen([]) == []


def test_an_order_is_taken_once_at_the_prices_of_then(database: Database, server: PostgreSql) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda note: database.place("a", note, {1: 2, 8: 1}), ["first"] * 4))
    database.place("a", "second", {2: 1})
    with server.connect() as connection:
        connection.execute("UPDATE products SET cents = cents + 1 WHERE id = 1")
        try:
            order = database.order("a")
        finally:
            connection.execute("UPDATE products SET cents = cents - 1 WHERE id = 1")
    assert order is not None
    assert order.note == "first"
    assert [(line.product.name, line.product.cents, line.count) for line in order.lines] == [
        ("Linen shirt", 5_900, 2),
        ("Socks", 1_200, 1),
    ]
    assert database.order("b") is None


def test_an_order_is_taken_whole_or_not_at_all(database: Database, server: PostgreSql) -> None:
    with pytest.raises(Exception, match="order_lines_count_check"):
        database.place("half", "", {1: 1, 2: -1})
    assert database.order("half") is None


def test_the_tables_are_made_once_whoever_comes_first(server: PostgreSql) -> None:
    with server.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS order_lines, orders, products")
    databases = [connected(server) for _ in range(4)]
    try:
        with ThreadPoolExecutor(4) as pool:
            assert [len(found) for found in pool.map(lambda each: each.products(""), databases)] == [8] * 4
    finally:
        for each in databases:
            each.close()


def test_a_server_that_does_not_answer_is_unavailable_and_found_again(database: Database, server: PostgreSql) -> None:
    database.check()
    server.server.crash()
    with pytest.raises(UnavailableError, match=r"^the database does not answer$"):
        database.check()
    server.server.start()

    def answers() -> bool:
        try:
            database.check()
        except UnavailableError:
            return False
        return True

    until(answers, "a connection to the server that came back")


def test_a_connection_to_a_reader_is_given_up(database: Database) -> None:
    with database._connection() as connection:
        connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(UnavailableError):
        # Whichever connection it gets: the pool has one.
        database.place("never", "", {1: 1})
    assert connection.closed
    database.place("now", "", {1: 1})
    assert database.order("never") is None
    assert database.order("now") is not None
