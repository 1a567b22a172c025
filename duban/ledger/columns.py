"""The kinds of columns that the ledger's tables are made of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key(name: str) -> Column[str]:
    """A natural key, or a part of one."""
    return Column(name, Text, primary_key=True)


def words(name: str, *more: ForeignKey, null: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Text, *more, nullable=null)


def instant(name: str, *, null: bool = False) -> Column[int]:
    """UTC microseconds."""
    return Column(name, BigInteger, nullable=null)
