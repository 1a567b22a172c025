"""The plan said back in prose, statement by statement, to be laid beside the notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from duban import phrasing, spoken
from duban.agenda import Obligation, of_duty
from duban.errors import BadInput, Problem
from duban.phrasing import date_words, names_words
from duban.plan import Bundle, Duty, Plan, parse
from duban.plan.bundle import GIVEN, PLAN
from duban.plan.origins import Statement, statements
from duban.plan.rhythm import Once
from duban.plan.source import read_yaml
from duban.rendering import Renderer, period_words
from duban.views.statements import Explanation, Part, Said, is_under, label, last

UNSAID = ("id", "slug", "zone", "version", "code", "kind")
"""Keys that only name things: who chose them matters to nobody who reads the plan back."""
BESIDES = (
    "form", "attachments", "cc", "copy_of", "zero_report", "sign", "through", "paper", "quota", "grace",
    "phases", "ranking", "moments", "escalation", "circular",
)  # fmt: skip
"""Keys of a duty that get a statement of their own, in this order."""


def explanation(texts: Renderer, bundle: Bundle, duty: str | None = None) -> Explanation:
    """The plan of a bundle in prose. Raises PlanInvalid, and BadInput for a duty it has not."""
    plan = parse(bundle)
    if duty is not None and duty not in plan.duty:
        problem = Problem("unknown-duty", key="duty", value=duty, params={"known": list(plan.duty)})
        raise BadInput("bad-address", (problem,), count=1)
    teller = _Teller(texts, plan, _stated(bundle))
    duties = [teller.duty(i, d) for i, d in enumerate(plan.file.duties) if duty in (None, d.id)]
    around = [] if duty else teller.before(), [] if duty else teller.after()
    parts = tuple(part for part in (*around[0], *duties, *around[1]) if part.said)
    return Explanation(plan.slug, plan.file.title, parts)


def explanation_json(x: Explanation) -> dict[str, Any]:
    """The prose for machines."""
    return asdict(x)


def _stated(bundle: Bundle) -> tuple[Statement, ...]:
    files = dict(bundle.files)
    named = [n for n in (PLAN, GIVEN) if n in files]
    return tuple(s for name in named for s in statements(read_yaml(name, files[name])))


class _Teller:
    """Says each part of a plan, with who stated it."""

    def __init__(self, texts: Renderer, plan: Plan, stated: tuple[Statement, ...]) -> None:
        self.texts, self.plan, self.stated = texts, plan, stated

    def before(self) -> list[Part]:
        """What comes before the duties."""
        return [
            self._part("campaign", self._campaign()),
            self._part("messages", self._messages()),
            self._part("phases", self._listed("phases", self._phase)),
            self._part("groups", self._groups()),
            self._part("tasks", self._listed("tasks", self._task)),
            self._part("subjects", self._listed("subjects", self._subjects)),
        ]

    def after(self) -> list[Part]:
        """What comes after them."""
        return [
            self._part("targets", self._listed("targets", self._target)),
            self._part("milestones", self._listed("milestones", self._milestone)),
            self._part("waivers", self._listed("waivers", self._waiver)),
            self._part("amendments", self._listed("amendments", self._amendment)),
            self._part("open", self._open()),
        ]

    def _part(self, title: str, said: Iterator[Said]) -> Part:
        return Part(self.texts.say(f"explain.titles.{title}"), tuple(said))

    def _listed(self, key: str, say: Callable[[Any], str]) -> Iterator[Said]:
        for index, item in enumerate(getattr(self.plan.file, key)):
            yield self._said(say(item), f"{key}[{index}]")

    def _said(self, text: str, *keys: str) -> Said:
        """A statement with the sources and origins of every value under `keys`."""
        found = [s for s in self.stated if any(is_under(s.key, key) for key in keys)]
        told = [s for s in found if last(s.key) not in UNSAID]
        origins = {s.origin for s in told}
        source = " / ".join(dict.fromkeys(s.source for s in found if s.source))
        labels = self.texts.words["against"]["fields"]
        words = [label(labels, s.key) for s in told if s.origin == "coordinator"]
        both = {"notice", "coordinator"} <= origins
        mine = tuple(dict.fromkeys(w for w in words if w)) if both else ()
        stated = (
            "both" if mine else "coordinator" if origins == {"coordinator"} else "notice" if origins else ""
        )
        # Words around a value that the coordinator chose are not where it comes from.
        return Said(text, "" if stated == "coordinator" else source, stated, mine)

    def _say(self, code: str, **values: Any) -> str:
        return self.texts.say(f"explain.{code}", plan=self.plan, **values)

    def _names(self, names: Any) -> str:
        return names_words(self.texts, self.plan, names)

    def _campaign(self) -> Iterator[Said]:
        file = self.plan.file
        yield self._said(self._say("issued"), "title", "issuer", "issued")
        span = {k: date_words(self.texts, getattr(file, k)) for k in ("start", "end")}
        yield self._said(self._say("span", **span), "start", "end")
        yield self._said(self._say("coordinator"), "coordinator")
        days = {k: [date_words(self.texts, d) for d in getattr(file.days, k)] for k in ("off", "working")}
        for key, said in (("office", self._say("office")), ("days", self._say("days", **days))):
            if said and any(is_under(s.key, key) for s in self.stated):
                yield self._said(said, key)

    def _phase(self, phase: Any) -> str:
        start, end = self.plan.phase_span(phase)
        around = self.plan.phase[phase.within].name if phase.within else ""
        printed = [date_words(self.texts, p) if p else "" for p in (phase.start, phase.end)]
        values = {"start": start, "end": end, "within": around, "only": self._names(phase.only)}
        return self._say("phase", p=phase, printed=printed, **values)

    def _messages(self) -> Iterator[Said]:
        for key, said in spoken.speech_words(self.texts, self.plan.file.messages).items():
            yield self._said(self._say("spoken", said=said), f"messages.{key}")

    def _groups(self) -> Iterator[Said]:
        """The groups, and for how many units it is said who stands above their liaisons."""
        yield from self._listed("groups", self._group)
        units = [u for u in self.plan.units if u.id not in self.plan.outside]
        ways = {
            "head": sum(bool(u.head) for u in units), "prefers": sum(bool(u.prefers) for u in units),
            "leader": sum(bool(self.plan.leader_of(u)) for u in units),
        }  # fmt: skip
        if any(ways.values()):
            yield Said(self._say("ways", **ways), "", "")

    def _group(self, group: Any) -> str:
        return self._say("group", g=group, members=[u.name for u in self.plan.members(group.id)])

    def _task(self, task: Any) -> str:
        heading = any(t.under == task.id for t in self.plan.file.tasks)
        lead, cooperating = self._names(task.lead), self._names(task.cooperating)
        return self._say("task", t=task, heading=heading, lead=lead, cooperating=cooperating)

    def _subjects(self, subjects: Any) -> str:
        items = [(item.name, self._names(item.by)) for item in subjects.items]
        return self._say("subjects", s=subjects, items=items)

    def _amendment(self, amended: Any) -> str:
        return self._say("amendment", a=amended, on=date_words(self.texts, amended.on))

    def _target(self, target: Any) -> str:
        return self._say("target", t=target, goal=phrasing.target_words(self.texts, self.plan, target))

    def _milestone(self, milestone: Any) -> str:
        on, by = date_words(self.texts, milestone.on), self._names(milestone.by)
        return self._say("milestone", m=milestone, on=on, by=by)

    def _waiver(self, waiver: Any) -> str:
        duty, who = self.plan.duty[waiver.duty], self._names(waiver.units)
        return self._say("waiver", w=waiver, duty=duty, who=who)

    def duty(self, index: int, duty: Duty) -> Part:
        """One duty: who, when, with what, and what its agenda looks like."""
        root = f"duties[{index}]"
        said = [self._said(self._who(duty), *(f"{root}.{k}" for k in ("name", "by", "to", "except", "per")))]
        said.append(self._said(self._when(duty), f"{root}.rhythm", f"{root}.variants"))
        said += self._due(of_duty(self.plan, duty.id))
        for key in BESIDES:
            if any(is_under(s.key, f"{root}.{key}") for s in self.stated):
                said.append(self._said(self._besides(key, duty), f"{root}.{key}"))
            if key == "form":
                said += self._checks(duty)
        return Part(self.texts.say("explain.titles.duty", d=duty), tuple(s for s in said if s.text))

    def _who(self, duty: Duty) -> str:
        lists = {s.id: s for s in self.plan.file.subjects}
        values = {
            "by": phrasing.debtors_words(self.texts, self.plan, duty), "to": self._names([duty.to]),
            "subjects": lists.get(duty.per or ""), "copied": self._copied(duty),
        }  # fmt: skip
        return self._say("who", d=duty, **values)

    def _copied(self, duty: Duty) -> str:
        return self.plan.duty[duty.copy_of].name if duty.copy_of else ""

    def _when(self, duty: Duty) -> str:
        return self._say("when", when=phrasing.duty_rhythm_words(self.texts, self.plan, duty))

    def _due(self, found: tuple[Obligation, ...]) -> Iterator[Said]:
        """First and last due time, as the agenda has them."""
        dated = [o for o in found if o.due_at]
        if dated:
            days = list(dict.fromkeys(o.due_at for o in dated))
            periods = [self._period(o) for o in (dated[0], dated[-1])]
            values = {"first": dated[0], "last": dated[-1], "n": len(days), "total": len(found)}
            yield Said(self._say("due", periods=periods, **values), "", "")

    def _period(self, o: Obligation) -> str:
        """A report period; one named by its due day is said by what it covers."""
        first, until = o.covers
        if o.period != until.isoformat() or first == until:
            return period_words(o.period or "")
        return self._say("covered", days=[date_words(self.texts, day) for day in o.covers])

    def _besides(self, key: str, duty: Duty) -> str:
        values = {
            "form": self.plan.form_of(duty.id), "cc": phrasing.copies_words(self.texts, self.plan, duty.cc),
            "attachments": phrasing.attachments_words(self.texts, self.plan, duty.attachments),
            "copied": self._copied(duty),
            "phases": "、".join(self.plan.phase[p].name for p in duty.phases),
            "ranked": self._names(duty.ranking.units) if duty.ranking else "",
        }  # fmt: skip
        said = spoken.duty_words(self.texts, self.plan, duty).get(key)
        return self._say(key, d=duty, **values) if said is None else self._say("spoken", said=said)

    def _checks(self, duty: Duty) -> Iterator[Said]:
        """What the figures of a duty's form are held against."""
        form = self.plan.form_of(duty.id)
        if form is None:
            return
        growing = [i.name for i in form.indicators if i.cumulative]
        if growing and len(growing) == sum(i.is_number for i in form.indicators):
            yield Said(self._say("cumulative-all", n=len(growing)), "", "")
        elif growing:
            yield Said(self._say("cumulative", names=growing), "", "")
        for check in form.checks:
            rule = phrasing.check_words(self.texts, form, check)
            yield Said(self._say("check", rule=rule), check.source or "", check.origin or form.origin or "")

    def _open(self) -> Iterator[Said]:
        """What nobody has settled yet."""
        for index, duty in enumerate(self.plan.file.duties):
            waiting = isinstance(duty.rhythm, Once) and duty.rhythm.due == "undetermined"
            if waiting and duty.id not in self.plan.determined:
                yield self._said(self._say("undetermined", d=duty), f"duties[{index}].rhythm")
        headings = {t.under for t in self.plan.file.tasks}
        for index, task in enumerate(self.plan.file.tasks):
            if task.id not in headings and not task.lead and not task.cooperating:
                yield self._said(self._say("unassigned", t=task), f"tasks[{index}]")
        for index, phase in enumerate(self.plan.file.phases):
            if phase.end is None and phase.ends_with:
                yield self._said(self._say("undated", p=phase), f"phases[{index}].ends_with")
