"""The ledger's schema by versions (Alembic). A new database is created; an older one is brought up
to date; a newer one is refused."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from duban.errors import NotAllowed

LATEST = "0006"


def bring_up_to_date(engine: Engine, kind: str) -> None:
    """Create or upgrade the schema; `kind` is stamped on a new ledger only. Raises NotAllowed when
    the database was written by a newer program."""
    with engine.connect() as conn, conn.begin():
        found = _version(conn)
    if found == LATEST:
        return
    if found is not None and found > LATEST:
        raise NotAllowed("ledger-too-new", found=found, known=LATEST)
    _upgrade(engine, kind)


def _version(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine, kind: str) -> None:
    from alembic import command  # 0.4 s to import, needed once in a ledger's life
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.connect() as plain:
        conn = plain.execution_options(duban_begin="BEGIN IMMEDIATE")
        with conn.begin():
            if engine.dialect.name == "postgresql":  # two programs may meet an empty database at once
                conn.execute(text("SELECT pg_advisory_xact_lock(19490001)"))
            if _version(conn) == LATEST:
                return
            config.attributes.update(connection=conn, kind=kind)
            command.upgrade(config, "head")
