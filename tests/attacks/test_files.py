"""Every bad and odd file of the corpus gets the verdict that stands beside it, and no other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from duban.errors import Problem, SubmissionInvalid
from duban.intake import reader
from duban.intake.submission import Parsed, read_submission
from duban.rendering import renderer
from duban.services.storing import digest_of
from tests.support.corpus import bombs, cells, documents, edits, fuzz, packages, sheets, writers
from tests.support.corpus.attachments import bundles
from tests.support.corpus.case import FIGURES, Case, Refused, Spoiled, Understood
from tests.support.corpus.drops import DROPS
from tests.support.corpus.mails import mails
from tests.support.workbooks import TO, ZEROS

CASES = [
    case for theme in (bombs, cells, documents, edits, packages, sheets, writers) for case in theme.cases()
]
SPOILED = list(fuzz.cases())
SECONDS = 4.0
"""For the slowest of them on a busy machine; most take milliseconds."""


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def read(case: Case) -> tuple[Parsed | None, tuple[Problem, ...]]:
    """What becomes of a case, in time."""
    data, began = case.make(), time.monotonic()
    try:
        return read_submission(data, case.file_name, **TO), ()
    except SubmissionInvalid as error:
        return None, error.problems
    finally:
        assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.title)
def test_a_file_gets_its_verdict(case: Case) -> None:
    parsed, problems = read(case)
    if isinstance(case.verdict, Understood):
        assert parsed, problems
        expected = {**ZEROS, **FIGURES, **case.verdict.cells}
        assert parsed.cells == expected
        assert (parsed.texts, parsed.notes) == (case.verdict.texts, case.verdict.notes)
        assert parsed.zero == case.verdict.zero
    else:
        assert isinstance(case.verdict, Refused)
        assert parsed is None
        _refused(case.verdict, problems)


def _refused(verdict: Refused, problems: tuple[Problem, ...]) -> None:
    found = [p for p in problems if (p.code, p.place) == (verdict.code, verdict.place)]
    assert found, problems
    assert verdict.value is None or verdict.value in {p.value for p in found}
    assert not verdict.alone or [p for p in problems if p.refuses] == found
    assert len(problems) <= 300  # as many as somebody may read
    for problem in problems:
        said = renderer().problem(problem)
        assert f"（{problem.code}）" not in said
        assert problem.place in said
        assert len(said) < 3000


@pytest.mark.parametrize("theme", sorted({c.theme for c in SPOILED}))
def test_a_damaged_file_is_refused_or_says_what_it_said(theme: str) -> None:
    taken = 0
    for case in (c for c in SPOILED if c.theme == theme):
        assert isinstance(case.verdict, Spoiled)
        parsed, problems = read(case)
        assert (parsed is None) == any(p.refuses for p in problems), case.title
        if parsed is not None:
            taken += 1
            assert parsed.cells == {**ZEROS, **FIGURES}, case.title
            assert parsed.texts == {"summary": "正常开展"}, case.title
    assert taken < sum(c.theme == theme for c in SPOILED)  # some damage matters


def test_the_corpus_has_at_least_300_different_cases(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter(c.theme for c in CASES)
    counts.update({"damaged": len(SPOILED), "attachments": len(list(bundles()))})
    counts.update({"mails": len(list(mails())), "drop folder": len(DROPS)})
    titles = [c.title for c in (*CASES, *SPOILED)]
    assert len(titles) == len(set(titles))
    made = {(c.file_name, digest_of(c.make())) for c in CASES if c.theme != "bomb"}
    with capsys.disabled():
        print(f"\ncorpus: {counts.total()} cases, {counts.total() - len(SPOILED)} of them written by hand")
    assert len(made) > 300
