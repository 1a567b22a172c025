"""A form as its page shows it: fields with what stands in them, what was said before, what is wrong. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from duban.errors import Problem
from duban.intake.file_kinds import EXTENSIONS
from duban.plan.duties import Attachment, Duty
from duban.plan.forms import Form, Indicator
from duban.plan.identity import NAME_LIMIT, SIGNERS
from duban.portal.form_fields import BLANK, Typed, field_of
from duban.services.drafting import SavedFile

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Field:
    """One field of a page."""

    name: str
    label: str
    kind: str
    """As an indicator's type, `date-typed` for a day that a date field could not show, or `name`."""
    value: str
    measure: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    past: str = ""
    """What stood here the last time."""
    locked: bool = False
    problems: tuple[Problem, ...] = ()
    note: Field | None = None
    """The 备注 beside it."""

    @property
    def id(self) -> str:
        """Its name as an HTML id."""
        return self.name.replace(".", "-")

    @property
    def is_wrong(self) -> bool:
        """Whether something in it has to be mended."""
        return any(p.refuses for p in self.problems)

    @property
    def wants_note(self) -> bool:
        """Whether its 备注 is to be seen at once."""
        odd = any(p.grade == "query" for p in self.problems)
        return self.note is not None and bool(self.note.value or self.note.problems or odd)


@dataclass(frozen=True)
class SectionView:
    """A section of the form."""

    id: str
    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class RowView:
    """A row of the register's table."""

    n: int
    carried: bool
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class FilesView:
    """The files of one kind."""

    wanted: Attachment
    files: tuple[SavedFile, ...]
    kept: tuple[SavedFile, ...]
    """Of the version before, offered again."""
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """The file field's name."""
        return f"files.{self.wanted.id}"

    @property
    def accept(self) -> str:
        """What a browser is to offer; "" for anything."""
        if "any" in self.wanted.kinds:
            return ""
        return ",".join(f".{ending}" for kind in self.wanted.kinds for ending in sorted(EXTENSIONS[kind]))


@dataclass(frozen=True)
class FormView:
    """The whole page's fields."""

    sections: tuple[SectionView, ...]
    columns: tuple[Indicator, ...]
    rows: tuple[RowView, ...]
    register: str
    """The register's name; "" without one."""
    signers: tuple[Field, ...]
    files: tuple[FilesView, ...]
    zero: bool
    zero_allowed: bool
    problems: Mapping[str, tuple[Problem, ...]]
    """By field; "" for those about the whole return."""
    summary: tuple[tuple[str, Problem], ...] = ()
    """Every problem with the id of its field, in the order of the page."""


def form_view(
    form: Form | None, duty: Duty, typed: Typed, *, wanted: Sequence[Attachment], files: Sequence[SavedFile],
    kept: Sequence[SavedFile] = (), problems: Iterable[Problem] = (), past: Mapping[str, str] | None = None,
    locked: Collection[int] = (),
) -> FormView:  # fmt: skip
    """The page of a form as it stands."""
    wrong = _by_field(problems, form)
    make = _Maker(wrong, past or {})
    register = form.register_ if form else None
    count = _room(typed, bool(register))
    return FormView(
        sections=tuple(SectionView(s.id, s.name, make.fields(s.indicators, typed)) for s in form.sections)
        if form else (),
        columns=register.columns if register else (),
        rows=tuple(make.row(n, typed, register.columns, register.key, n in locked) for n in range(count))
        if register else (),
        register=register.name if register else "",
        signers=make.signers(duty, typed) if form else (),
        files=tuple(_files(a, files, kept, wrong) for a in wanted),
        zero=typed.zero,
        zero_allowed=duty.zero_report,
        problems=wrong,
        summary=tuple(
            (_id(name, wanted), p) for name in sorted(wrong, key=_order(form)) for p in wrong[name]
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class _Maker:
    """Makes fields, knowing what is wrong and what was said last time."""

    wrong: Mapping[str, tuple[Problem, ...]]
    past: Mapping[str, str]

    def fields(self, indicators: Iterable[Indicator], typed: Typed) -> tuple[Field, ...]:
        return tuple(self._indicator(i, typed) for i in indicators)

    def _indicator(self, i: Indicator, typed: Typed) -> Field:
        note = None
        if i.type != "text":
            name = f"notes.{i.code}"
            note = Field(name, i.name, "text", typed.notes.get(i.code, ""), problems=self.wrong.get(name, ()))
        return self._field(f"cells.{i.code}", i, typed.cells.get(i.code, ""), note=note)

    def row(
        self, n: int, typed: Typed, columns: Iterable[Indicator], key: Collection[str], carried: bool
    ) -> RowView:
        said = typed.rows[n] if n < len(typed.rows) else {}
        made = (
            self._field(f"rows.{n}.{c.code}", c, said.get(c.code, ""), locked=carried and c.code in key)
            for c in columns
        )
        return RowView(n, carried, tuple(made))

    def _field(
        self, name: str, i: Indicator, value: str, *, note: Field | None = None, locked: bool = False
    ) -> Field:
        kind: str = i.type
        if kind == "date" and value and not ISO_DAY.fullmatch(value):
            kind = "date-typed"  # a date field shows nothing that it cannot read, and would lose it
        return Field(
            name, i.name, kind, value, i.unit_of_measure or "", i.required, i.choices,
            self.past.get(i.code, "") if name.startswith("cells.") else "", locked,
            self.wrong.get(name, ()), note,
        )  # fmt: skip

    def signers(self, duty: Duty, typed: Typed) -> tuple[Field, ...]:
        return tuple(
            Field(
                f"signed.{key}", key, "name", typed.signed.get(key, ""), str(NAME_LIMIT), key in duty.sign,
                problems=self.wrong.get(f"signed.{key}", ()),
            )
            for key in SIGNERS
        )  # fmt: skip


def _room(typed: Typed, has_register: bool) -> int:
    """How many rows the table has: those there are, and some to write on."""
    filled = max((n for n, row in enumerate(typed.rows, start=1) if row), default=0)
    return max(len(typed.rows), filled + BLANK) if has_register else 0


def _files(
    wanted: Attachment, files: Sequence[SavedFile], kept: Sequence[SavedFile],
    wrong: Mapping[str, tuple[Problem, ...]],
) -> FilesView:  # fmt: skip
    return FilesView(
        wanted, tuple(f for f in files if f.id == wanted.id), tuple(f for f in kept if f.id == wanted.id),
        wrong.get(f"files.{wanted.id}", ()),
    )  # fmt: skip


def _by_field(problems: Iterable[Problem], form: Form | None) -> dict[str, tuple[Problem, ...]]:
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        found[field_of(problem, form)].append(problem)
    return {name: tuple(said) for name, said in found.items()}


def _order(form: Form | None) -> Callable[[str], tuple[int, int]]:
    """Where a field stands on the page."""
    codes = {code: n for n, code in enumerate(form.by_code)} if form else {}
    parts = ("", "zero", "cells", "notes", "rows", "files", "signed")

    def place(name: str) -> tuple[int, int]:
        part, _, code = name.partition(".")
        row = code.partition(".")[0]
        at = codes.get(code, int(row) if row.isdigit() else 0)
        return parts.index(part) if part in parts else len(parts), at

    return place


def _id(name: str, wanted: Sequence[Attachment]) -> str:
    if name.startswith("files.") and name[6:] not in {a.id for a in wanted}:
        return "files"
    return name.replace(".", "-")
