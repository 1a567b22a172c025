"""Texts of messages in the words of a campaign: looked at before they are put in force, and used where a
message speaks for that campaign alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables

from duban.errors import PlanInvalid, Problem
from duban.plan import Bundle, Plan, parse
from duban.plan.bundle import TEMPLATES
from duban.rendering import Own, Renderer
from duban.services.samples import SAMPLES

MESSAGES = "messages/"
NOT_A_CAMPAIGNS = "messages/code-"
"""Codes to sign in with are the installation's own affair."""
MOST_LETTERS = 20_000
QUOTED = re.compile(r"'([^']*)'")


def checked(texts: Renderer, bundle: Bundle) -> Plan:
    """The plan of a bundle whose texts are in order, too. Raises PlanInvalid with every mistake."""
    own = tuple((name, text) for name, text in bundle.files if name.startswith(TEMPLATES))
    problems = tuple(own_problems(texts, own))
    try:
        plan = parse(bundle)
    except PlanInvalid as error:
        if not problems:
            raise
        problems = (*error.problems, *problems)
    if problems:
        raise PlanInvalid("plan-invalid", problems, count=len(problems))
    return plan


def own_problems(texts: Renderer, own: Own) -> Iterator[Problem]:
    """What is wrong with a campaign's own texts."""
    ours = our_names(texts)
    good = []
    for file, text in own:
        problem = _problem_of(texts, file, text, ours)
        if problem is not None:
            yield problem
        else:
            good.append((file, text))
    unknown = [p for file, text in good for p in _unknown_names(texts, file, text)]
    yield from unknown
    if good and len(good) == len(own):
        yield from _tried(texts, own, {(p.file, p.place) for p in unknown})


def our_names(texts: Renderer) -> list[str]:
    """What of ours a campaign may say in words of its own, as files of its folder."""
    return [
        f"{TEMPLATES}{name}"
        for name in texts.env.list_templates()
        if name.startswith(MESSAGES) and not name.startswith(NOT_A_CAMPAIGNS)
    ]


def _problem_of(texts: Renderer, file: str, text: str, ours: list[str]) -> Problem | None:
    if file not in ours:
        return Problem("template-unknown", file, params={"known": [n.removeprefix(TEMPLATES) for n in ours]})
    if len(text) > MOST_LETTERS:
        return Problem("template-too-long", file, value=str(len(text)), params={"most": MOST_LETTERS})
    try:
        texts.env.compile(text, file, file)
    except TemplateSyntaxError as error:
        return Problem("template-syntax", file, str(error.lineno), params={"detail": error.message or ""})
    except RecursionError:
        return Problem("template-syntax", file, "1", params={"detail": "nested too deeply"})
    return None


def _unknown_names(texts: Renderer, file: str, text: str) -> Iterator[Problem]:
    """Values that no template of this message is given, in branches that no sample enters, too."""
    tree = texts.env.parse(text, file, file)
    known = _known(texts, file.removeprefix(TEMPLATES))
    for name in sorted(find_undeclared_variables(tree) - known - set(texts.env.globals)):
        line = min(n.lineno for n in tree.find_all(nodes.Name) if n.name == name)
        yield Problem("template-undefined", file, str(line), value=name, params={"known": sorted(known)})


def _known(texts: Renderer, name: str) -> set[str]:
    """Values that a message is given. A part of several may use those of any, and what ours of that name is
    left by the templates around it."""
    message = name.rpartition("-")[0]
    samples = [SAMPLES[message]] if message in SAMPLES else list(SAMPLES.values())
    given = {key for sample in samples for values in sample() for key in values}
    assert texts.env.loader is not None
    ours = texts.env.loader.get_source(texts.env, name)[0]
    return given | find_undeclared_variables(texts.env.parse(ours)) - set(texts.env.globals)


def _tried(texts: Renderer, own: Own, seen: set[tuple[str, str]]) -> Iterator[Problem]:
    """What fails when each message is written once for each sample, but where something is wrong already."""
    mine = texts.own(own)
    for message, samples in SAMPLES.items():
        for values in samples():
            for part in ("subject.txt", "body.txt", "body.html"):
                try:
                    mine.render(f"{message}-{part}", **values)
                except Exception as error:  # whatever a text of somebody else's may do
                    problem = _failed(error, dict(own), f"{TEMPLATES}{message}-{part}")
                    if problem is not None and (problem.file, problem.place) not in seen:
                        seen.add((problem.file, problem.place))
                        yield problem


def _failed(error: Exception, own: Mapping[str, str], fallback: str) -> Problem | None:
    """Where in a campaign's own files it was; None for a mistake that is ours."""
    file, line, trace = "", 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in own:
            file, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if not file and fallback not in own:
        return None
    if isinstance(error, UndefinedError):
        named = QUOTED.findall(error.message or "")
        return Problem("template-undefined", file, str(line), value=named[-1] if named else "")
    detail = {"detail": str(error)[:200]}
    if isinstance(error, SecurityError):
        return Problem("template-forbidden", file or fallback, str(line or ""), params=detail)
    return Problem("template-fails", file or fallback, str(line or ""), params=detail)
