"""The catalogue and the orders, in PostgreSQL. Values travel beside the statements, never in them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from cache_client.store import UnavailableError
from my_clothes.pages import Line, Order, Product

_MOST_CONNECTIONS = 10
# Longer, and whoever waits has gone away; shorter, and a failover's hiccup is everybody's.
_PATIENCE_SECONDS = 5.0
# After which an idle, or simply old, connection is made anew: a failover changes where the name leads.
_LIFE_SECONDS = 900.0
_RECONNECT_SECONDS = 3.0
# Whoever is still trying to connect has no more time.
_CLOSING_SECONDS = 1.0

_OPTIONS: Mapping[str, object] = {
    "connect_timeout": 3,
    "application_name": "my_clothes",
    # What was the writer of an Aurora cluster may still answer as a reader.
    "target_session_attrs": "read-write",
    "options": "-c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000",
    # A server that is gone says nothing: without these it would be waited for, for many minutes.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_PRODUCTS: LiteralString = "SELECT id, name, description, cents FROM products"

# Whoever comes first makes the tables; the lock is this application's own number.
_LOCK = "SELECT pg_advisory_xact_lock(7301150142)"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS products (
        id integer PRIMARY KEY, name text NOT NULL, description text NOT NULL, cents integer NOT NULL CHECK (cents > 0)
    )""",
    """CREATE TABLE IF NOT EXISTS orders (
        id text PRIMARY KEY, note text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now()
    )""",
    """CREATE TABLE IF NOT EXISTS order_lines (
        order_id text NOT NULL REFERENCES orders, product_id integer NOT NULL REFERENCES products,
        count integer NOT NULL CHECK (count > 0), cents integer NOT NULL, PRIMARY KEY (order_id, product_id)
    )""",
)
_CATALOGUE = (
    (1, "Linen shirt", "Light, with buttons of horn", 5_900),
    (2, "Wool jumper", "Knitted of one piece", 8_900),
    (3, "Rain jacket", "Keeps out the weather, and folds into its pocket", 12_900),
    (4, "Cotton trousers", "Straight, with deep pockets", 6_900),
    (5, "Denim dungarees", "For those who build things", 9_900),
    (6, "Summer dress", "With pockets, at last", 7_900),
    (7, "Bobble hat", "For cold ears", 2_400),
    (8, "Socks", "A pair and a half, one for the dryer", 1_200),
)


class Database:
    """Connections as they are needed, made anew when they break.

    Args:
        address: Where the server is and how to log in, as psycopg names it; asked for each connection, so that
            another password is used once there is one.
    """

    def __init__(self, address: Callable[[], Mapping[str, object]]) -> None:
        self._lock = threading.Lock()
        self._prepared = False
        self._pool = ConnectionPool(
            kwargs=lambda: {**_OPTIONS, **address(), "autocommit": True},
            min_size=1,
            max_size=_MOST_CONNECTIONS,
            timeout=_PATIENCE_SECONDS,
            max_lifetime=_LIFE_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            check=ConnectionPool.check_connection,
            open=True,
        )

    def products(self, search: str) -> Sequence[Product]:
        """Those whose name holds the text, in the order of the catalogue."""
        with self._connection() as connection, connection.cursor(row_factory=class_row(Product)) as cursor:
            return cursor.execute(
                f"{_PRODUCTS} WHERE position(lower(%s) in lower(name)) > 0 ORDER BY id", [search]
            ).fetchall()

    def chosen(self, ids: Sequence[int]) -> Sequence[Product]:
        """Those of the ids that there are."""
        with self._connection() as connection, connection.cursor(row_factory=class_row(Product)) as cursor:
            return cursor.execute(f"{_PRODUCTS} WHERE id = ANY(%s) ORDER BY id", [list(ids)]).fetchall()

    def place(self, order: str, note: str, cart: Mapping[int, int]) -> None:
        """Take an order, once, however often it is sent."""
        with self._connection() as connection, connection.transaction():
            taken = connection.execute(
                "INSERT INTO orders (id, note) VALUES (%s, %s) ON CONFLICT DO NOTHING", [order, note]
            )
            if taken.rowcount:
                connection.execute(
                    """INSERT INTO order_lines (order_id, product_id, count, cents)
                    SELECT %s, products.id, wanted.count, products.cents
                    FROM unnest(%s::integer[], %s::integer[]) AS wanted (id, count) JOIN products USING (id)""",
                    [order, list(cart.keys()), list(cart.values())],
                )

    def order(self, order: str) -> Order | None:
        """One that was taken, at the prices of then."""
        with self._connection() as connection:
            found = connection.execute("SELECT note FROM orders WHERE id = %s", [order]).fetchone()
            rows = connection.execute(
                """SELECT products.id, name, description, order_lines.cents, count
                FROM order_lines JOIN products ON products.id = product_id WHERE order_id = %s ORDER BY products.id""",
                [order],
            ).fetchall()
        return Order(order, found[0], [Line(Product(*row[:4]), row[4]) for row in rows]) if found else None

    def check(self) -> None:
        """Whether it answers.

        Raises:
            UnavailableError: It does not.
        """
        with self._connection() as connection:
            connection.execute("SELECT 1")

    def close(self) -> None:
        """Let all connections go."""
        self._pool.close(timeout=_CLOSING_SECONDS)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        try:
            with self._pool.connection() as connection:
                self._prepare(connection)
                try:
                    yield connection
                except psycopg.errors.ReadOnlySqlTransaction:
                    # A writer that has become a reader: the next connection finds the new one.
                    connection.close()
                    raise
        except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
            raise UnavailableError("the database does not answer") from error

    def _prepare(self, connection: psycopg.Connection) -> None:
        with self._lock:
            if self._prepared:
                return
            with connection.transaction():
                connection.execute(_LOCK)
                for table in _TABLES:
                    connection.execute(table)
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO products VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", _CATALOGUE
                    )
            self._prepared = True
