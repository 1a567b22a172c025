"""Inserting rows: unless another was faster, or many at once; SQLite and PostgreSQL each in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, TextClause, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert_once(conn: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless another process was faster; the database decides. True if it is ours."""
    insert = pg_insert(table) if conn.dialect.name == "postgresql" else sqlite_insert(table)
    made = insert.values(dict(row)).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return conn.execute(made).first() is not None


def insert_once_each(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> set[Any]:
    """The same for many rows of a table with a key of one column; the keys of those that are ours."""
    insert = pg_insert(table) if conn.dialect.name == "postgresql" else sqlite_insert(table)
    made = insert.on_conflict_do_nothing().returning(*table.primary_key.columns)
    return set(conn.scalars(made, [dict(row) for row in rows])) if rows else set()


def insert_many(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns."""
    if not rows:
        return
    if conn.dialect.name != "postgresql" or len(rows) == 1:
        conn.execute(table.insert(), [dict(row) for row in rows])
        return
    # column by column in one statement: row by row PostgreSQL takes several times as long
    columns = tuple(rows[0])
    values = {f"{name}_": [row[name] for row in rows] for name in columns}
    conn.execute(_by_column(table, columns, conn.dialect), values)


@cache
def _by_column(table: Table, columns: tuple[str, ...], dialect: Dialect) -> TextClause:
    kinds = [table.c[name].type.compile(dialect) for name in columns]
    arrays = ", ".join(f"CAST(:{n}_ AS {kind}[])" for n, kind in zip(columns, kinds, strict=True))
    names = ", ".join(f'"{name}"' for name in columns)
    return text(f'INSERT INTO "{table.name}" ({names}) SELECT * FROM unnest({arrays})')
