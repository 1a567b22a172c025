"""Files that come with a return: what is taken, what is not, and by which name it is told of."""

from __future__ import annotations

import time

import pytest

from duban.debtors import attachments_of
from duban.intake.attachments import Attached, attachment_problems, sound
from duban.rendering import renderer
from tests.support.corpus.attachments import Bundle, bundles
from tests.support.harbour_plan import harbour


@pytest.mark.parametrize("bundle", list(bundles()), ids=lambda b: b.name)
def test_files_beside_a_return_get_their_verdict(bundle: Bundle) -> None:
    plan = harbour()
    wanted, began = attachments_of(plan, plan.duty["summary"], plan.unit["east"]), time.monotonic()
    problems = attachment_problems(wanted, bundle.files)
    assert sorted(p.code for p in problems) == sorted(bundle.codes)
    assert time.monotonic() - began < 1
    for problem in problems:
        said = renderer().problem(problem)
        assert f"（{problem.code}）" not in said
        assert len(said) < 3000
    if bundle.shown:
        assert bundle.files[-1].name == bundle.shown
    kept: tuple[Attached, ...] = sound(wanted, bundle.files)
    assert (
        not {"attachment-harmful", "attachment-unknown"} & set(bundle.codes) or bundle.files[-1] not in kept
    )
    assert all(f.name.isprintable() and "/" not in f.name and len(f.name) <= 130 for f in kept)
