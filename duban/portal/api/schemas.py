"""What the API answers, as its OpenAPI document describes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from duban.standing import CameIn, State

Instant = Field(json_schema_extra={"format": "date-time"})


class Schema(BaseModel):
    """Exactly these members."""

    model_config = ConfigDict(extra="forbid")


class Obligation(Schema):
    """An obligation 应报事项 of the unit, as it stands now."""

    duty: str
    duty_name: str
    period: str | None = Field(description="报告期; null for a duty of a single date")
    subject: str | None
    opens_at: str = Instant
    due_at: str | None = Field(description="Exclusive: received before it is on time. null: no due time")
    state: State
    came_in: CameIn
    on_time: bool
    answer_by: str | None = Field(description="After a return 退回: resubmit before this")
    version: int | None = Field(description="The version that counts")
    first_received: str | None
    first_valid: str | None
    last_revised: str | None
    accepted: str | None
    href: str = Field(description="Of this obligation; `/form` and `/workbook` below it")


class Obligations(Schema):
    """A page of obligations, by due time."""

    obligations: list[Obligation]
    next: str | None = Field(description="Give it as `cursor` for what follows; null: this was the last page")


class Version(Schema):
    """One version that the unit sent."""

    version: int
    receipt: str
    received_at: str = Instant
    door: str
    valid: bool
    zero: bool
    counts: bool
    returned: str | None = Field(description="Why it was returned 退回理由")


class ObligationInFull(Obligation):
    """An obligation with everything that was sent for it, the newest first."""

    versions: list[Version]


class Indicator(Schema):
    """An indicator 指标, or a column of a register."""

    code: str
    name: str
    unit_of_measure: str | None
    type: Literal["integer", "decimal", "text", "date", "choice"]
    scale: int = Field(description="Most decimal places")
    required: bool
    cumulative: bool = Field(description="A stock or cumulative figure: a zero report says nothing of it")
    within: str | None = Field(description="其中: never larger than this one")
    sum_of: list[str] = Field(description="合计: the sum of these")
    choices: list[str]
    max: int | None
    personal: bool


class Section(Schema):
    """A section of a form."""

    id: str
    name: str
    indicators: list[Indicator]


class Register(Schema):
    """A register 台账: rows told apart by `key`, carried forward until closed."""

    name: str
    key: list[str]
    columns: list[Indicator]
    carried: list[dict[str, str]] = Field(description="Rows still open: each has to be in the return again")


class Attachment(Schema):
    """Files that belong to the return."""

    id: str
    name: str
    at_least: int
    kinds: list[str]
    per: str | None


class Form(Schema):
    """What a return for one obligation has to say."""

    form: str | None = Field(description="null: the duty wants attachments alone")
    version: int | None
    title: str
    zero_report: bool = Field(description="Whether 零报告 is taken")
    sign: list[Literal["filler", "reviewer", "head"]] = Field(description="Who must have signed")
    sections: list[Section]
    register_: Register | None = Field(alias="register")
    attachments: list[Attachment]


class Problem(Schema):
    """One mistake, or a query that was answered."""

    code: str
    grade: Literal["error", "query", "note"]
    file: str
    place: str = Field(description="A JSON path (`cells.fines`) or a cell (`月报!D7`)")
    key: str
    value: str
    expected: str | None
    text: str = Field(description="一句话说明")


class Receipt(Schema):
    """A receipt 回执."""

    receipt: str
    campaign: str
    unit: str
    duty: str
    period: str
    subject: str | None
    version: int
    valid: bool
    zero: bool
    received_at: str = Instant
    due_at: str | None
    attachments: list[str]
    copies: list[str] = Field(description="Units that get a copy 抄送")
    copied_to: list[str] = Field(description="Duties that it has met besides")
    repeated: bool = Field(description="It had been received already; this is its receipt")
    seq: int = Field(description="Place in the campaign's journal")
    chain: str = Field(description="The journal's digest with it; the next receipt's chains to it")
    problems: list[Problem]


class Numbered(Schema):
    """A receipt in the list."""

    receipt: str
    duty: str
    period: str
    subject: str | None
    version: int
    valid: bool
    zero: bool
    door: str
    received_at: str = Instant
    href: str


class Receipts(Schema):
    """A page of receipts, the newest first."""

    receipts: list[Numbered]
    next: str | None


class Failure(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str = Field(description="一句话说明")
    status: int
    code: str
    detail: str | None = None
    problems: list[Problem] = []


class Refusal(Failure):
    """A return that was stored and refused, with every mistake in it."""

    receipt: Receipt


class Row(BaseModel):
    """A row of the register, by column."""

    model_config = ConfigDict(extra="allow")


class Signed(Schema):
    """签字."""

    filler: str | None = Field(default=None, description="填报人", max_length=60)
    reviewer: str | None = Field(default=None, description="审核人", max_length=60)
    head: str | None = Field(default=None, description="负责人", max_length=60)


class Document(Schema):
    """A return. Figures are numbers, or texts where that is more exact; a blank is left out."""

    duty: str = Field(max_length=200)
    period: str | None = Field(default=None, max_length=200, description="报告期; an event's day")
    subject: str | None = Field(default=None, max_length=200)
    campaign: str | None = Field(
        default=None, max_length=200, description="That of the path, where it is said"
    )
    unit: str | None = Field(default=None, max_length=200, description="The key's own, where it is not said")
    zero: bool = Field(default=False, description="零报告")
    signed: Signed = Signed()
    cells: dict[str, Any] = Field(default={}, description="指标 → 数值")
    notes: dict[str, str] = Field(default={}, description="指标 → 备注")
    rows: list[dict[str, Any]] = Field(default=[], description="台账各行: 栏目 → 内容")
