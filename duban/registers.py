"""Registers 台账: rows with an identity, carried forward until closed, countable. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from duban.plan.forms import Count, Register


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a register as a return states it."""

    key: str
    """What tells it from other rows, readable."""
    closed: bool
    cells: Mapping[str, int] = field(default_factory=dict)  # value x 10^scale
    texts: Mapping[str, str] = field(default_factory=dict)

    def said(self, register: Register) -> dict[str, str]:
        """Every column that says something, as text."""
        return {
            code: format(v, "f") if isinstance(v, Decimal) else v for code, v in self.values(register).items()
        }

    def values(self, register: Register) -> dict[str, Decimal | str]:
        """Every column that says something, as a form is filled in with it."""
        figures = {code: register.by_code[code].decimal(v) for code, v in self.cells.items()}
        return {**figures, **{code: text for code, text in self.texts.items() if text}}


def row(register: Register, cells: Mapping[str, int], texts: Mapping[str, str]) -> Row:
    """A row with its key, and whether it is closed 销号."""
    said = Row("", False, cells, texts).said(register)
    closing = register.closed
    closed = closing is not None and said.get(closing.column) in closing.values
    return Row(_key(said, register.key), closed, cells, texts)


def _key(said: Mapping[str, str], codes: Sequence[str]) -> str:
    # escaped, so that two rows never have one key
    return "|".join(said.get(code, "").replace("\\", "\\\\").replace("|", "\\|") for code in codes)


def open_rows(register: Register, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows that the next return has to carry on; none where a register's rows are of their period."""
    return tuple(r for r in rows if not r.closed) if register.closed else ()


def left_out(register: Register, carried: Iterable[Row], rows: Sequence[Row]) -> list[str]:
    """Keys of open rows that a return does not mention any more. A row from before one of the key's columns
    was added goes by the others."""
    answers = [r.said(register) for r in rows]
    here: dict[tuple[str, ...], set[str]] = {}
    missing = []
    for row in carried:
        said = row.said(register)
        codes = tuple(code for code in register.key if said.get(code)) or register.key
        if codes not in here:
            here[codes] = {_key(answer, codes) for answer in answers}
        if _key(said, codes) not in here[codes]:
            missing.append(row.key)
    return missing


def counts(register: Register, rows: Sequence[Row]) -> dict[str, int]:
    """The figures that the rows give by themselves, as cells."""
    said = [(r, r.said(register)) for r in rows]
    return {c.code: sum(_counts(c, r, values) for r, values in said) * 10**c.scale for c in register.counts}


def _counts(count: Count, row: Row, said: Mapping[str, str]) -> bool:
    if count.open is not None and count.open == row.closed:
        return False
    return all(said.get(column) in values for column, values in count.where.items())
