"""The catalogue of mistakes: words of a plan wrongly changed, and wrong pieces to be written into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

PLAN, UNITS = "plan.yaml", "units.csv"
HERE = "<<"
"""Marks the wrong line of a piece, and is taken out."""


class Word(NamedTuple):
    """A pattern in files, what to write in the place of its group, and what that is."""

    name: str
    files: str
    pattern: str
    new: Callable[[str], str]
    code: str


def _misspelt(word: str) -> str:
    """The last two letters changed about; never the same word, and no other key."""
    return word[:-2] + word[-1] + word[-2] if word[-1] != word[-2] else word + "x"


YAML = r"(plan|forms/.*)\.yaml"
FORMS = r"forms/.*\.yaml"
WORDS = (
    Word("a misspelt key", YAML, r"^ *(?:- \{?)?(name|title|groups|duties|sections|indicators|rhythm):",
         _misspelt, "unknown-key"),
    Word("a misspelt key in a row", YAML, r"^ +- \{(?:id: [^,]+, )?(name|id|code): ", _misspelt,
         "unknown-key"),
    Word("a day that is none", PLAN, r"(?:date|start|end|due|issued): (\d{4}-\d\d-\d\d)",
         lambda day: day[:4] + "-02-30", "bad-date"),
    Word("a day without zeros", PLAN, r"(?:date|start|end|due|issued): (\d{4}-0\d-\d\d)",
         lambda day: day[:5] + day[6:], "bad-date"),
    Word("a day in words", PLAN, r"(?:date|start|end|due|issued): (\d{4}-\d\d-\d\d)",
         lambda day: day[:4] + "年底", "bad-date"),
    Word("a century too early", PLAN, r"^end: .*?(\d{4}-\d\d-\d\d)",
         lambda day: "19" + day[2:], "end-before-start"),
    Word("an end before its start", PLAN, r"^    end: .*?(\d{4}-\d\d-\d\d)",
         lambda day: "1990-12-31", "end-before-start"),
    Word("a phase beyond the campaign", PLAN, r"^    end: .*?(\d{4}-\d\d-\d\d)",
         lambda day: "2190-12-31", "outside-campaign"),
    Word("a duty of nobody", PLAN, r"^    by: ([^\[\s]+)$", lambda name: name + "x", "unknown-reference"),
    Word("a duty to nobody", PLAN, r"^    to: ([^\[\s]+)$", lambda name: name + "x", "unknown-reference"),
    Word("nobody's lead", PLAN, r"^    lead: ([^\[\s]+)$", lambda name: name + "室", "unknown-reference"),
    Word("an unknown one of several", PLAN, r"^    (?:by|cooperating|lead): \[([^,\]]+)",
         lambda name: "无此单位", "unknown-reference"),
    Word("a form that is not there", PLAN, r"^    form: (\S+)", lambda name: name + "-2",
         "unknown-reference"),
    Word("a phase that is not there", PLAN, r"^    phases: \[([a-z-]+)", lambda name: name + "-2",
         "unknown-reference"),
    Word("a heading that is not there", PLAN, r'^    under: ("[\d.]+")', lambda number: '"99"',
         "unknown-reference"),
    Word("a number of a task that is a fraction", PLAN, r'^  - id: ("\d+\.\d+")$', 
         lambda text: text.strip('"'), "not-text"),
    Word("no known coordinator", PLAN, r"^coordinator: \{unit: ([^,}]+)", lambda name: name + "x",
         "unknown-reference"),
    Word("no known kind of phase", PLAN, r"kind: (survey|action|consolidation)", lambda kind: "rest",
         "bad-choice"),
    Word("no known rhythm", PLAN, r"every: (month)\b", lambda every: "fortnight", "bad-choice"),
    Word("a weekday of a month", PLAN, r"^      on: (\d+)$", lambda day: "fri", "on-does-not-fit"),
    Word("the 32nd", PLAN, r"\bon: (\d+)\b", lambda day: "32", "bad-due-day"),
    Word("no known side", PLAN, r"\bin: (next|same)\b", lambda side: "following", "bad-choice"),
    Word("a month without its zero", PLAN, r"(?:first|last): (\d{4}-0\d)\b", lambda m: m[:5] + m[6:],
         "bad-period"),
    Word("a quarter among months", PLAN, r"(?:first|last): (\d{4}-\d\d)\b", lambda m: m[:4] + "-Q3",
         "period-length"),
    Word("a first month after the last", PLAN, r"last: (\d{4}-\d\d)\b", lambda m: "2001-01",
         "end-before-start"),
    Word("a chain to itself", PLAN, r"^    rhythm: \{before: ((?:monthly|final)-up)",
         lambda up: up.removesuffix("-up"), "circular"),
    Word("a chain to nothing", PLAN, r"before: ([a-z-]+)", lambda name: name + "-x", "unknown-reference"),
    Word("a clock that is none", PLAN, r'morning: ("\d\d:\d\d")', lambda clock: '"25:30"', "bad-clock"),
    Word("a reminder in words", PLAN, r"remind: (\[[\d, ]+\])", lambda days: "三天前", "not-a-list"),
    Word("a chase after two years", PLAN, r"chase: \[(\d+)", lambda days: "730", "too-large"),
    Word("an escalation in words", PLAN, r"escalate: (\d+)", lambda days: "ten", "not-an-integer"),
    Word("quiet from no clock on", PLAN, r'quiet: \{start: ("\d\d:\d\d")', lambda clock: '"25:00"',
         "bad-clock"),
    Word("quiet hours without an end", PLAN, r'quiet: \{start: "\d\d:\d\d"(, end: "\d\d:\d\d")',
         lambda end: "", "missing"),
    Word("a receipt after no known door", PLAN, r"receipts: \[([a-z]+)", lambda door: "window", "bad-choice"),
    Word("a misspelt message", PLAN, r"^  (kickoff|thanks):", _misspelt, "unknown-key"),
    Word("a kickoff perhaps", PLAN, r"kickoff: (true)", lambda yes: "perhaps", "not-a-boolean"),
    Word("a peer perhaps", PLAN, r"peer: (true)", lambda yes: "perhaps", "not-a-boolean"),
    Word("blue after orange", PLAN, r"escalation: \{origin: coordinator, blue: (\d+)", lambda days: "300",
         "escalation-order"),
    Word("red before orange", PLAN, r"\bred: (\d+)", lambda days: "2", "escalation-order"),
    Word("a colour approved by nobody known", PLAN, r"leader_approves: \[(red)\]", lambda colour: "yellow",
         "bad-choice"),
    Word("a circular in words", PLAN, r"^    circular: (\d+)", lambda days: "ten", "not-an-integer"),
    Word("the way to a head without its kind", UNITS, r"(email=fuzeren-)", lambda way: "fuzeren-",
         "bad-channel"),
    Word("a perhaps", PLAN, r"zero_report: (true|false)", lambda yes: "perhaps", "not-a-boolean"),
    Word("a place that is no zone", PLAN, r"^zone: (\S+)", lambda zone: "Asia/Beijing", "unknown-zone"),
    Word("a bracket too many", YAML, r"^title: (\S)", lambda first: "]" + first, "yaml-syntax"),
    Word("a key twice", YAML, r"^(title: .*)$", lambda line: f"{line}\n{line}", "duplicate-key"),
    Word("a list for a name", YAML, r"^title: (.*)$", lambda title: f'["{title}"]', "not-text"),
    Word("no known type", FORMS, r"type: (decimal|text|choice)", lambda kind: "float", "bad-choice"),
    Word("a part of nothing", FORMS, r"within: ([a-z_]+)", lambda code: code + "_x", "unknown-reference"),
    Word("decimal places in words", FORMS, r"scale: (\d)", lambda scale: "two", "not-an-integer"),
    Word("decimal places of an integer", FORMS, r"type: decimal(, )scale", lambda comma: "x, ", "bad-choice"),
    Word("a rule about nothing", FORMS, r"(?:left|right|needs|before): \[?([a-z_]+)",
         lambda code: code + "_x", "unknown-reference"),
    Word("a rule on a text", FORMS, r"left: (drug_medicine_to_police)", lambda code: "summary",
         "not-a-figure"),
    Word("a condition on nothing", FORMS, r"if: \{([a-z_]+)", lambda code: code + "_x",
         "unknown-reference"),
    Word("a condition that is none", FORMS, r"if: \{[a-z_]+: (positive)", lambda word: "negative",
         "bad-condition"),
    Word("what needs itself", FORMS, r"if: \{fines: positive\}, needs: (\w+)", lambda code: "fines",
         "circular"),
    Word("no known relation", FORMS, r"is: (equal|at-most)\b", lambda word: "same", "bad-choice"),
    Word("no known grade", FORMS, r"grade: (query)", lambda word: "warning", "bad-choice"),
    Word("a rule of two kinds", FORMS, r"^  - \{if: (\{.*\}, )needs", lambda text: text + "left: fines, ",
         "check-of-two-kinds"),
    Word("half a rule", FORMS, r"^  - \{if: \{.*?\}(, needs: \w+)", lambda text: "", "check-incomplete"),
    Word("pieces held against money", FORMS, r"right: (cases)\b", lambda code: "fines", "other-measure"),
    Word("a figure on both sides", FORMS, r"right: (cases_filed|cases)\b", lambda code: "cases_open",
         "duplicate-id"),
    Word("a cumulative flow", FORMS, r"(periods: last, )cumulative", lambda text: "", "cumulative-not-last"),
    Word("a perhaps of a figure", FORMS, r"cumulative: (true)", lambda yes: "perhaps", "not-a-boolean"),
    Word("a bound in words", FORMS, r"unit_of_measure: 件(, periods: last)", lambda rest: ", min: ten" + rest,
         "not-an-integer"),
    Word("a bound of nothing", FORMS, r"unit_of_measure: 件(, periods: last)", lambda rest: ", min: 0" + rest,
         "too-small"),
    Word("bounds that cross", FORMS, r"unit_of_measure: 件(, periods: last)",
         lambda rest: ", min: 10, max: 5" + rest, "too-large"),
    Word("files for a figure that is not there", PLAN, r"^            \[(market_catering_cases)",
         lambda code: code + "_x", "unknown-reference"),
    Word("another form's id", FORMS, r"^id: (\S+)", lambda form: form + "-2", "form-file-name"),
    Word("a capital in a code", FORMS, r"^ +- \{code: ([a-z_]+)", str.upper, "bad-pattern"),
    Word("no known stater", YAML, r"^origin: (\w+)", lambda origin: "ministry", "bad-choice"),
    Word("a unit of no known group", UNITS, r"^[a-z-]+,(?:[^,]*,){2,3}((?:[a-z]+;)*[a-z]+),",
         lambda groups: groups + ";x", "unknown-reference"),
    Word("an address without its channel", UNITS, r",(?:email|webhook)=([^,;]*)", lambda a: a + ";x",
         "bad-channel"),
    Word("a unit that nobody stated", UNITS, r",(notice|coordinator)$", lambda origin: "", "missing"),
    Word("a cell too many", UNITS, r",(notice|coordinator)$", lambda origin: origin + ",x", "csv-cells"),
    Word("a capital in a unit's id", UNITS, r"^([a-z-]+),(?!name)", str.title, "bad-pattern"),
    Word("a column nobody knows", UNITS, r"^id,(name),", lambda name: "title", "csv-columns"),
)  # fmt: skip

LATE = {"duplicate-key"}
"""Said of the line after the one changed."""


class Piece(NamedTuple):
    """A wrong piece to be written at the head of a list of plan.yaml."""

    name: str
    section: str
    text: str
    code: str


def _duty(name: str, rest: str, code: str, *, by: str = "{group}", to: str = "{unit}") -> Piece:
    """A duty of the campaign's first group to its coordinator, wrong where `rest` says so."""
    rhythm = "" if "rhythm:" in rest else "rhythm: {{every: month, on: 5, in: next}}\n"
    head = f"id: slip\norigin: coordinator\nname: 笔误\nby: {by}\nto: {to}\n"
    return Piece(name, "duties", head + rhythm + rest, code)


def _rhythm(name: str, rhythm: str, code: str) -> Piece:
    return _duty(name, f"rhythm: {{{{{rhythm}}}}} {HERE}", code)


LOOP = """id: slip
origin: coordinator
name: 笔误
by: {group}
to: {unit}
rhythm: {{before: slip-2, days: 1}} <<
- id: slip-2
origin: coordinator
name: 再误
by: {group}
to: {unit}
rhythm: {{after: slip, days: 1}}"""

EVENT = """id: slip
origin: coordinator
name: 笔误
by: {group}
to: {unit}
rhythm: {{before: slip-2, days: 1}} <<
- id: slip-2
origin: coordinator
name: 再误
by: {group}
to: {unit}
rhythm: {{when: event}}"""

PIECES = (
    _rhythm("a number of a week", "every: week, on: 5, in: next", "on-does-not-fit"),
    _rhythm("a weekday of a quarter", "every: quarter, on: mon, in: next", "on-does-not-fit"),
    _rhythm("the 20th of a half-month", "every: half-month, on: 20, in: next", "on-does-not-fit"),
    _rhythm("a day of a day", "every: day, on: 1, in: next", "on-not-wanted"),
    _rhythm("no day of the month", "every: month, in: next", "missing"),
    _rhythm("no side", "every: month, on: 5", "missing"),
    _rhythm("two days of the next month", "every: month, on: [10, 20], in: next", "several-due-days"),
    _rhythm("two days of a quarter", "every: quarter, on: [10, 20], in: same", "several-due-days"),
    _rhythm("one day twice", "every: month, on: [10, 10], in: same", "bad-due-day"),
    _rhythm("a month of a month", "every: month, on: 5, month: 1, in: next", "month-does-not-fit"),
    _rhythm("the fourth month of a quarter", "every: quarter, on: 5, month: 4, in: next",
            "month-does-not-fit"),
    _rhythm("a cutoff of weeks", "every: week, on: fri, cutoff: 25, in: same", "cutoff-without-month"),
    _rhythm("a list without days", "dates: []", "too-short"),
    _rhythm("a listed day twice", "dates: [2190-01-05, 2190-01-05]", "duplicate-id"),
    _rhythm("a due day before all began", "due: 1990-01-05", "due-before-start"),
    _rhythm("a span backwards", "due: 2190-01-05, covers: {{start: 2018-02-01, end: 2018-01-01}}",
            "end-before-start"),
    _rhythm("the end of no phase", "end_of: never", "unknown-reference"),
    _rhythm("an event within two times", "when: event, within: {{hours: 24, days: 2}}", "one-of"),
    _rhythm("an event within nothing", "when: event, within: {{}}", "one-of"),
    _rhythm("a chain of two kinds", "before: slip-2, days: 1, working_days: 1", "one-of"),
    _rhythm("a chain to nothing", "before: slip-2, days: 1", "unknown-reference"),
    _rhythm("a chain to itself alone", "after: slip, days: 1", "circular"),
    _rhythm("a clock in words", "every: month, on: 5, in: next, at: 下班前", "bad-clock"),
    _rhythm("a rhythm of two kinds", "every: month, on: 5, in: next, due: 2190-01-05", "unknown-key"),
    Piece("a circle of chains", "duties", LOOP, "circular"),
    Piece("a chain to an event", "duties", EVENT, "chained-to-event"),
    _duty("leads without tasks", "", "lead-without-task", by=f"lead {HERE}"),
    _duty("a superior's duty", "", "unknown-reference", by=f"parent {HERE}"),
    _duty("a recipient that is no unit", "", "unknown-reference", to=f"lead {HERE}"),
    _duty("tasks without per", f'tasks: ["1"] {HERE}', "tasks-without-per"),
    _duty("per nothing", f"per: never {HERE}", "unknown-reference"),
    _duty("a copy of nothing", f"copy_of: never {HERE}", "unknown-reference"),
    _duty("a copy of itself", f"copy_of: slip {HERE}", "circular"),
    _duty("a copy to nobody", f"cc: 无此单位 {HERE}", "unknown-reference"),
    _duty("an exception of nobody", f"except: [无此单位] {HERE}", "unknown-reference"),
    _duty("no phase of that name", f"phases: [never] {HERE}", "unknown-reference"),
    _duty("a quota of none", f"quota: {{{{at_least: 0, unit_of_measure: 篇}}}} {HERE}", "too-small"),
    _duty("two attachments of one id", "attachments:\n  - {{id: a, name: 甲}}\n  - {{id: a, name: 乙}} <<",
          "duplicate-id"),
    _duty("an attachment per nothing", "attachments:\n  - {{id: a, name: 甲, per: b}} <<",
          "unknown-reference"),
    _duty("files for figures without a form",
          "attachments:\n  - {{id: a, name: 甲, count: {{figures: x}}}} <<", "duty-has-no-form"),
    _duty("files counted twice",
          "attachments:\n  - {{id: b, name: 乙}}\n"
          "  - {{id: a, name: 甲, per: b, count: {{figures: x}}}} <<", "one-of"),
    _duty("an attachment of nobody", "attachments:\n  - {{id: a, name: 甲, for: 无此单位}} <<",
          "unknown-reference"),
    _duty("a variant for nobody", "variants:\n  - {{for: 无此单位, rhythm: {{due: 2190-01-05}}}} <<",
          "unknown-reference"),
    _duty("two variants for the same", "variants:\n  - {{for: {group}, rhythm: {{due: 2190-01-05}}}}\n"
          "  - {{for: {group}, rhythm: {{due: 2190-01-06}}}} <<", "variant-doubled"),
    _duty("ranked by no indicator",
          "ranking:\n  units: {group}\n  measures:\n    - {{by: indicator, duty: slip}} <<",
          "measure-incomplete"),
    _duty("colours out of order", f"escalation: {{{{blue: 5, orange: 3}}}} {HERE}", "escalation-order"),
    _duty("two colours on one day", f"escalation: {{{{blue: 2, orange: 5, red: 5}}}} {HERE}",
          "escalation-order"),
    _duty("a colour skipped", f"escalation:\n  blue: 2\n  red: 5 {HERE}", "escalation-order"),
    _duty("red alone", f"escalation: {{{{red: 5}}}} {HERE}", "missing"),
    _duty("colours for nobody", f"escalation:\n  for: 无此单位 {HERE}\n  blue: 2", "unknown-reference"),
    _duty("colours for one of nobody", "escalation: {{blue: 2, for: [{group}, 无此单位]}} <<",
          "unknown-reference"),
    _duty("a colour before it is late", f"escalation: {{{{blue: 0}}}} {HERE}", "too-small"),
    _duty("blue for the leader to approve", f"escalation: {{{{blue: 1, leader_approves: [blue]}}}} {HERE}",
          "bad-choice"),
    _duty("a colour nobody knows", f"escalation: {{{{blue: 1, yellow: 3}}}} {HERE}", "unknown-key"),
    _duty("a circular on the due day", f"circular: 0 {HERE}", "too-small"),
    _duty("a circular after some days", f"circular: 五天 {HERE}", "not-an-integer"),
    _duty("a reminder after the day", f"moments: {{{{remind: [-1]}}}} {HERE}", "too-small"),
    _rhythm("every day for centuries", "every: day, in: same, last: 2199-12-31", "outside-campaign"),
    Piece("a waiver of nothing", "waivers",
          "units: {unit}\norigin: coordinator\nduty: never <<\nreason: 笔误", "unknown-reference"),
    Piece("a waiver without reason", "waivers", "units: {unit} <<\norigin: coordinator\nduty: {duty}",
          "missing"),
    Piece("a target without a goal", "targets", "id: slip <<\norigin: coordinator\nname: 笔误",
          "target-without-goal"),
    Piece("a target of two goals", "targets",
          'id: slip\norigin: coordinator\nname: 笔误\nabove: "80%"\nat_least: "80%" <<', "one-of"),
    Piece("half a ratio", "targets",
          "id: slip\norigin: coordinator\nname: 笔误\nwords: 甲\nduty: {duty}\ndenominator: never <<",
          "denominator-alone"),
    Piece("a target of no task", "targets",
          'id: slip\norigin: coordinator\nname: 笔误\nwords: 甲\ntask: "99" <<', "unknown-reference"),
    Piece("a milestone beyond the campaign", "milestones",
          "id: slip\norigin: coordinator\nname: 笔误\non: 2190-01-05 <<", "outside-campaign"),
    Piece("two groups of one id", "groups", "{{id: {group}, name: 笔误}}\n- {{id: slip, name: 再误}}",
          "duplicate-id"),
    Piece("a group called like a role", "groups", "{{id: lead, name: 笔误, origin: coordinator}} <<",
          "reserved-name"),
    Piece("a phase of itself", "phases",
          "id: slip\norigin: coordinator\nkind: action\nname: 笔误\nwithin: slip <<", "circular"),
    Piece("a phase that ends twice", "phases",
          "id: slip\norigin: coordinator\nkind: action\nname: 笔误\nend: 2018-10-31\nends_with: 总结 <<",
          "one-of"),
    Piece("a heading under itself", "tasks", 'id: "99"\norigin: coordinator\nname: 笔误\nunder: "99" <<',
          "circular"),
)  # fmt: skip

ROWS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("a unit twice", {"id": "{id}"}, "duplicate-id"),
    ("a unit under nobody", {"parent": "nobody"}, "unknown-reference"),
    ("a unit under itself", {"parent": "slip"}, "circular"),
    ("a successor that is not there", {"closes": "2018-10-31", "successor": "nobody"}, "unknown-reference"),
    ("a successor before the end", {"successor": "{id}"}, "successor-without-closes"),
    ("a unit that closes before it opens", {"opens": "2018-10-31", "closes": "2018-10-01"},
     "end-before-start"),
    ("a unit that opens on 30 February", {"opens": "2018-02-30"}, "bad-date"),
    ("a fact without a value", {"attributes": "county"}, "bad-attribute"),
    ("a channel without an address", {"channels": "email"}, "bad-channel"),
    ("a head without an address", {"head": "email"}, "bad-channel"),
    ("a leader by name", {"leader": "分管领导=fenguan@slip.example"}, "bad-pattern"),
    ("a leader's address with a space", {"leader": "email=fenguan slip.example"}, "bad-pattern"),
    ("a preference in words", {"prefers": "电话"}, "bad-pattern"),
    ("a channel twice", {"channels": "email=slip@slip.example;email=slip@slip.example"}, "duplicate-way"),
    ("a unit called like a role", {"id": "cooperating"}, "reserved-name"),
    ("a unit without a short name", {"short": ""}, "missing"),
    ("a unit of nobody's saying", {"origin": "ministry"}, "bad-choice"),
)  # fmt: skip
