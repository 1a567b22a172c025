"""What units type into a cell, and what programs store there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from functools import partial
from typing import Any

from tests.support.corpus.case import Case, Refused, Understood, Verdict, cell, outset
from tests.support.workbooks import edited, setting

FINES, CLUES, SUMMARY = "填报!D20", "填报!D11", "填报!D25"
"""Where 罚没金额 (万元, two decimals), 收集违法线索 (条) and the text stand in the untouched form."""

TAKEN: dict[str, tuple[str, int]] = {
    "thousands": ("1,234", 123400),
    "full-width thousands": ("１，２３４", 123400),
    "full-width point": ("１２．５", 1250),
    "full-width digits": ("１２", 1200),
    "blanks around": ("  12 ", 1200),
    "ideographic blank": ("\u3000 12", 1200),
    "no-break blank": ("\xa012\xa0", 1200),
    "line feed after": ("12\n", 1200),
    "tab before": ("\t12", 1200),
    "plus": ("+12", 1200),
    "full-width plus": ("＋12", 1200),
    "minus zero": ("-0", 0),
    "zeros before": ("007", 700),
    "zeros behind": ("12.50000", 1250),
    "direction mark copied from a contact": ("\u202d12\u202c", 1200),
    "zero-width space": ("\u200b12", 1200),
    "byte order mark": ("\ufeff12", 1200),
    "large": ("9,999,999,999.99", 999_999_999_999),
}
REFUSED: dict[str, tuple[str, str]] = {
    "万元 in the cell": ("3万元", "not-a-number"),
    "元 in a 万元 cell": ("30000元", "not-a-number"),
    "full-width with unit": ("３万元", "not-a-number"),
    "件": ("12件", "not-a-number"),
    "about": ("约3", "not-a-number"),
    "more than": ("3余", "not-a-number"),
    "several": ("若干", "not-a-number"),
    "none": ("无", "not-a-number"),
    "slash for none": ("/", "not-a-number"),
    "dash for none": ("—", "not-a-number"),
    "minus alone": ("-", "not-a-number"),
    "Chinese numeral": ("三", "not-a-number"),
    "Chinese capital": ("叁拾", "not-a-number"),
    "Chinese zero": ("〇", "not-a-number"),
    "Roman numeral": ("Ⅳ", "not-a-number"),
    "Roman letters": ("XII", "not-a-number"),
    "circled": ("①", "not-a-number"),
    "superscript": ("5²", "not-a-number"),
    "fraction sign": ("½", "not-a-number"),
    "fraction": ("1/2", "not-a-number"),
    "Arabic-Indic digits": ("٣", "not-a-number"),
    "Devanagari digits": ("३", "not-a-number"),
    "mathematical digits": ("𝟑", "not-a-number"),
    "percent": ("50%", "not-a-number"),
    "full-width percent": ("５０％", "not-a-number"),
    "exponent": ("1e3", "not-a-number"),
    "1e400": ("1e400", "not-a-number"),
    "nan": ("NaN", "not-a-number"),
    "infinity": ("inf", "not-a-number"),
    "infinity sign": ("∞", "not-a-number"),
    "hexadecimal": ("0x10", "not-a-number"),
    "underscore": ("1_000", "not-a-number"),
    "apostrophe": ("1'234", "not-a-number"),
    "European": ("1.234,5", "not-a-number"),
    "misplaced comma": ("1,23", "not-a-number"),
    "Indian grouping": ("12,34,567", "not-a-number"),
    "ideographic comma": ("1、234", "not-a-number"),
    "two points": ("1.2.3", "not-a-number"),
    "no digit before": (".5", "not-a-number"),
    "no digit after": ("5.", "not-a-number"),
    "sum": ("3+4", "not-a-number"),
    "formula as text": ("=1+1", "not-a-number"),
    "formula command": ("=cmd|' /C calc'!A0", "not-a-number"),
    "link": ("@SUM(1)", "not-a-number"),
    "currency": ("¥12", "not-a-number"),
    "currency full-width": ("￥12", "not-a-number"),
    "two figures": ("12 13", "not-a-number"),
    "range": ("3-5", "not-a-number"),
    "ditto": ("同上", "not-a-number"),
    "emoji digit": ("3️⃣", "not-a-number"),
    "emoji": ("👍", "not-a-number"),
    "direction mark inside": ("1\u202e23", "not-a-number"),
    "zero-width inside": ("1\u200b2", "not-a-number"),
    "error as text": ("#REF!", "not-a-number"),
    "true as text": ("TRUE", "not-a-number"),
    "date as text": ("2018-10-01", "not-a-number"),
    "negative": ("-3", "negative"),
    "full-width minus": ("－３", "negative"),
    "too many decimals": ("1.234", "too-many-decimals"),
    "too large": ("10000000000.01", "figure-too-large"),
    "very many digits": ("9" * 4000, "figure-too-large"),
    "very long": ("长" * 30_000, "not-a-number"),
}
RAW: dict[str, tuple[Any, str, Verdict]] = {
    "boolean": (True, "", Refused("not-a-number", FINES, "True")),
    "date": (date(2018, 10, 1), "", Refused("cell-is-date", FINES, "2018-10-01")),
    "clock": (time(9, 30), "", Refused("cell-is-date", FINES, "09:30:00")),
    "number in a date format": (1234, "yyyy-mm-dd", Refused("cell-is-date", FINES, "1903-05-18")),
    "number in a Chinese date format": (1234, 'yyyy"年"m"月"d"日"', Refused("cell-is-date", FINES)),
    "number in a clock format": (0.5, "hh:mm", Refused("cell-is-date", FINES)),
    "percent format": (0.5, "0%", Refused("cell-format", FINES, "0%")),
    "percent with decimals": (0.5, "0.00%", Refused("cell-format", FINES, "0%")),
    "own percent": (0.5, "0.0%;-0.0%", Refused("cell-format", FINES, "0.0%;-0.0%")),
    "shown in 万": (12000, '0!.0,"万"', Refused("cell-format", FINES, '0!.0,"万"')),
    "shown in thousands": (12000, "#,##0,", Refused("cell-format", FINES, "#,##0,")),
    "unit written by the format": (3, '0"万元"', Refused("cell-format", FINES, '0"万元"')),
    "invisible": (3, ";;;", Refused("cell-format", FINES, ";;;")),
    "accountants' format": (
        3,
        '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
        Understood({"fines": 300}),
    ),
    "red negatives": (3, "#,##0.00_);[Red](#,##0.00)", Understood({"fines": 300})),
    "general": (3, "General", Understood({"fines": 300})),
    "Chinese capitals shown": (3, "[DBNum2][$-804]General", Understood({"fines": 300})),
    "text format": (3, "@", Understood({"fines": 300})),
    "scientific format": (3, "0.00E+00", Understood({"fines": 300})),
    "float noise": (0.1 + 0.2, "", Understood({"fines": 30})),
    "float": (12.5, "", Understood({"fines": 1250})),
    "zero": (0, "", Understood({"fines": 0})),
    "blank": (None, "", Refused("cell-missing", FINES, "")),
    "blanks": ("  \u3000", "", Refused("cell-missing", FINES, "")),
    "direction marks alone": ("\u202d\u202c", "", Refused("cell-missing", FINES, "")),
    "negative number": (-0.01, "", Refused("negative", FINES, "-0.01")),
    "three decimals": (1.234, "", Refused("too-many-decimals", FINES, "1.234")),
    "large number": (1e300, "", Refused("figure-too-large", FINES)),
}
STORED: dict[str, tuple[str, Verdict]] = {
    **{
        f"error {value}": (
            f'<c r="D20" t="e"><v>{value}</v></c>',
            Refused("cell-error", FINES, value),
        )
        for value in ("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!")
    },
    "error of a formula": (
        '<c r="D20" t="e"><f>Sheet9!A1</f><v>#REF!</v></c>',
        Refused("cell-error", FINES, "#REF!"),
    ),
    "error nobody knows": ('<c r="D20" t="e"><v>#WEIRD!</v></c>', Refused("workbook-broken")),
    "error as a formula's text": (
        '<c r="D20" t="str"><f>A1</f><v>#REF!</v></c>',
        Refused("not-a-number", FINES, "#REF!"),
    ),
    "uncached formula": (
        '<c r="D20"><f>SUM(1,2)</f></c>',
        Refused("cell-formula-uncached", FINES, "=SUM(1,2)"),
    ),
    "formula with an empty cache": (
        '<c r="D20"><f>SUM(1,2)</f><v/></c>',
        Refused("cell-formula-uncached", FINES, "=SUM(1,2)"),
    ),
    "formula never opened in Excel": (
        '<c r="D20"><f>SUM(1,2)</f><v>0</v></c>',
        Refused("cell-formula-uncached", FINES, "=SUM(1,2)"),
    ),
    "shared formula not computed": (
        '<c r="D20"><f t="shared" si="0"/><v>0</v></c>',
        Refused("cell-formula-uncached", FINES, "="),
    ),
    "computed formula": ('<c r="D20"><f>SUM(1,2)</f><v>3</v></c>', Understood({"fines": 300})),
    "array formula": ('<c r="D20"><f t="array" ref="D20">{1}</f><v>7</v></c>', Understood({"fines": 700})),
    "formula to another file": (
        '<c r="D20"><f>[1]Sheet1!$A$1</f><v>4</v></c>',
        Understood({"fines": 400}),
    ),
    "formula yielding text": ('<c r="D20" t="str"><f>A1</f><v>12</v></c>', Understood({"fines": 1200})),
    "formula yielding nothing": (
        '<c r="D20" t="str"><f>""</f><v></v></c>',
        Refused("cell-missing", FINES, ""),
    ),
    "inline text": ('<c r="D20" t="inlineStr"><is><t>12</t></is></c>', Understood({"fines": 1200})),
    "inline rich text": (
        '<c r="D20" t="inlineStr"><is><r><t>1</t></r><r><t>2</t></r></is></c>',
        Understood({"fines": 1200}),
    ),
    "inline text with pinyin above": (
        '<c r="D20" t="inlineStr"><is><t>1</t><rPh sb="0" eb="1"><t>2</t></rPh></is></c>',
        Understood({"fines": 100}),
    ),
    "number with blanks": ('<c r="D20"><v> 12 </v></c>', Understood({"fines": 1200})),
    "number with exponent": ('<c r="D20"><v>1.25E1</v></c>', Understood({"fines": 1250})),
    "beyond every float": ('<c r="D20"><v>1e400</v></c>', Refused("not-a-number", FINES, "inf")),
    "stored NaN": ('<c r="D20"><v>NaN</v></c>', Refused("not-a-number", FINES, "nan")),
    "stored infinity": ('<c r="D20"><v>-INF</v></c>', Refused("not-a-number", FINES, "-inf")),
    "stored hexadecimal": ('<c r="D20"><v>0x10</v></c>', Refused("not-a-number", FINES, "0x10")),
    "boolean stored": ('<c r="D20" t="b"><v>1</v></c>', Refused("not-a-number", FINES, "True")),
    "ISO date stored": (
        '<c r="D20" t="d"><v>2018-10-01</v></c>',
        Refused("cell-is-date", FINES, "2018-10-01"),
    ),
    "text said to be a number": ('<c r="D20" t="n"><v>abc</v></c>', Refused("workbook-broken")),
    "unknown cell type": ('<c r="D20" t="zz"><v>1</v></c>', Refused("workbook-broken")),
    "string beyond the table": ('<c r="D20" t="s"><v>99999</v></c>', Refused("workbook-broken")),
    "negative string": ('<c r="D20" t="s"><v>-1</v></c>', Refused("workbook-broken")),
    "string without number": ('<c r="D20" t="s"/>', Refused("workbook-broken")),
    "style beyond the table": ('<c r="D20" s="9999"><v>1</v></c>', Understood({"fines": 100})),
    "figure in CDATA": ('<c r="D20"><v><![CDATA[2]]></v></c>', Refused("workbook-broken")),
    "figure half in CDATA": ('<c r="D20"><v>1<![CDATA[2]]></v></c>', Refused("workbook-broken")),
    "figure with a comment": ('<c r="D20"><v>1<!-- x -->2</v></c>', Refused("workbook-broken")),
    "figure with an instruction": ('<c r="D20"><v>1<?x y?>2</v></c>', Refused("workbook-broken")),
    "figure by character references": ('<c r="D20"><v>&#49;2</v></c>', Refused("workbook-broken")),
    "two values": ('<c r="D20"><v>1</v><v>2</v></c>', Refused("workbook-broken")),
    "element in a value": ('<c r="D20"><v>1<x>5</x>2</v></c>', Refused("workbook-broken")),
    "cell twice": ('<c r="D20"><v>1</v></c><c r="D20"><v>2</v></c>', Refused("workbook-broken")),
    "cell of another row": ('<c r="D8"><v>1</v></c>', Refused("workbook-broken")),
    "cell without a name": ("<c><v>1</v></c>", Understood({"fines": 100})),
    "cell named in small letters": ('<c r="d20"><v>1</v></c>', Understood({"fines": 100})),
    "cell named with dollars": ('<c r="$D$20"><v>1</v></c>', Refused("workbook-broken")),
    "cell with a name of its own": ('<c r="D20x"><v>1</v></c>', Refused("workbook-broken")),
    "cell in row zero": ('<c r="D0"><v>1</v></c>', Refused("workbook-broken")),
}
LINES: dict[str, tuple[str, Verdict]] = {
    "ampersand": ("甲&amp;乙", Understood(texts={"summary": "甲&乙"})),
    "markup": ("&lt;script&gt;", Understood(texts={"summary": "<script>"})),
    "line feed": ("甲&#10;乙", Understood(texts={"summary": "甲\n乙"})),
    "escaped line feed": ("甲_x000A_乙", Understood(texts={"summary": "甲\n乙"})),
    "escaped bell": ("甲_x0007_乙", Refused("text-unprintable", SUMMARY)),
    "emoji": ("好👍🏽", Understood(texts={"summary": "好👍🏽"})),
    "family emoji": ("👨\u200d👩\u200d👧", Understood(texts={"summary": "👨\u200d👩\u200d👧"})),
    "rare character": ("𠮷", Understood(texts={"summary": "𠮷"})),
    "begins with =": ("=SUM(A1)", Understood(texts={"summary": "=SUM(A1)"})),
    "begins with @": ("@甲", Understood(texts={"summary": "@甲"})),
    "right-to-left override": ("甲\u202egnp.乙", Refused("text-unprintable", SUMMARY, "甲�gnp.乙")),
    "isolate": ("甲\u2067乙", Refused("text-unprintable", SUMMARY, "甲�乙")),
    "marks around": ("\u202a甲\u202c", Understood(texts={"summary": "甲"})),
    "mark within": ("甲\u200e乙", Understood(texts={"summary": "甲\u200e乙"})),
    "no character": ("甲\uffff乙", Refused("workbook-broken")),
    "template": ("{{ 7*7 }}", Understood(texts={"summary": "{{ 7*7 }}"})),
    "4000 characters": ("字" * 4000, Understood(texts={"summary": "字" * 4000})),
    "4001 characters": ("字" * 4001, Refused("text-too-long", SUMMARY, "字" * 60 + "…")),
    "all that Excel holds": ("字" * 32_767, Refused("text-too-long", SUMMARY, "字" * 60 + "…")),
    "blanks only": (" \u3000 ", Understood(texts={})),
    "database null": ("NULL", Understood(texts={"summary": "NULL"})),
    "SQL": ("'); DROP TABLE cell;--", Understood(texts={"summary": "'); DROP TABLE cell;--"})),
}


def _typed(value: Any, number_format: str = "") -> bytes:
    return edited(outset(), setting("fines", value, number_format))


def _line(text: str) -> bytes:
    return cell("D25", f'<c r="D25" t="inlineStr"><is><t>{text}</t></is></c>')


def cases() -> Iterator[Case]:
    """One figure typed, chosen or stored in every way; one text."""
    for name, (typed, value) in TAKEN.items():
        yield Case("typed", name, partial(_typed, typed), Understood({"fines": value}))
    for name, (typed, code) in REFUSED.items():
        shown = typed if len(typed) <= 60 else typed[:60] + "…"
        yield Case("typed", name, partial(_stored_text, typed), Refused(code, FINES, shown))
    for name, (value, number_format, verdict) in RAW.items():
        yield Case("chosen", name, partial(_typed, value, number_format), verdict)
    for name, (xml, verdict) in STORED.items():
        yield Case("stored", name, partial(cell, "D20", xml), verdict)
    for name, (text, verdict) in LINES.items():
        yield Case("text", name, partial(_line, text), verdict)


def _stored_text(typed: str) -> bytes:
    # openpyxl would make formulas and errors of some
    text = typed.replace("&", "&amp;").replace("<", "&lt;")
    return cell("D20", f'<c r="D20" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')
