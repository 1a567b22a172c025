"""What people do to a form in Excel and WPS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from tests.support.corpus.case import Case, Refused, Understood, Verdict, outset
from tests.support.workbooks import edited

Edit = Callable[[Any], None]


def people() -> dict[str, tuple[Edit, Verdict]]:
    """Edits of the form's sheet."""
    same = Understood()
    return {
        "rows inserted above": (_inserting_rows, same),
        "columns inserted": (_inserting_columns, same),
        "two rows exchanged": (_exchanging, same),
        "row of the last indicator moved to the top": (_lifting, same),
        "sheet renamed": (_do("sheet.title = '十月 (终稿)'"), same),
        "sheet renamed with quotation marks": (_do("sheet.title = '\"十月\"'"), same),
        "sheet moved behind": (_do("book.move_sheet(sheet, 2)"), same),
        "sheet hidden": (_do("book.create_sheet('x'); sheet.sheet_state = 'hidden'; book.active = 2"), same),
        "rows hidden": (_do("sheet.row_dimensions[20].hidden = True"), same),
        "filtered": (_do("sheet.auto_filter.ref = 'A6:E24'"), same),
        "protection lifted": (_do("sheet.protection.sheet = False"), same),
        "labels overwritten": (_do("sheet['B20'] = '罚款'"), same),
        "unit of measure overwritten": (_do("sheet['C20'] = '元'"), same),
        "title deleted": (_do("sheet['A2'] = None"), same),
        "coloured": (lambda b: _paint(b["填报"]["D20"]), same),
        "comment added": (lambda b: _comment(b["填报"]["D20"]), same),
        "another sheet added": (_do("book.create_sheet('计算')['A1'] = 5"), same),
        "a chart of their own": (_chart, same),
        "sheet copied": (_do("book.copy_worksheet(sheet)"), Refused("form-sheet-doubled")),
        "sheet copied and marks deleted": (_do("book.copy_worksheet(sheet).delete_rows(1)"), same),
        "sheet deleted": (_do("book.create_sheet('x'); book.remove(sheet)"), Refused("form-sheet-missing")),
        "marks deleted": (_do("sheet.delete_rows(1)"), Refused("form-sheet-missing")),
        "code column deleted": (_unmerged("sheet.delete_cols(6)"), Refused("form-sheet-missing")),
        "value column deleted": (_unmerged("sheet.delete_cols(4)"), Refused("form-sheet-missing")),
        "note column deleted": (_unmerged("sheet.delete_cols(5)"), same),
        "a row deleted": (_unmerged("sheet.delete_rows(20)"), Refused("row-missing", "填报", "")),
        "a code deleted": (_do("sheet['F20'] = None"), Refused("row-missing", "填报", "")),
        "a code of our own invention": (
            _do("sheet['F40'] = 'bribes'"),
            Refused("row-unknown", "填报!D40", ""),
        ),
        "two codes the same": (
            _do("sheet['F21'] = 'fines'"),
            Refused("row-doubled", "填报!D20", "", alone=False),
        ),
        "a code in full width": (
            _do("sheet['F20'] = 'ｆｉｎｅｓ'"),
            Refused("row-missing", "填报", "", alone=False),
        ),
        "a code in capitals": (
            _do("sheet['F20'] = 'FINES'"),
            Refused("row-missing", "填报", "", alone=False),
        ),
        "blanks around a code": (_do("sheet['F20'] = ' fines '"), same),
        "3,000 rows of their own": (_many_rows, Refused("row-unknown", "填报!D1000", "", alone=False)),
        "two rows merged": (
            _do("sheet.merge_cells('D20:D21')"),
            Refused("cell-merged", "填报!D21", "D20:D21", alone=False),
        ),
        "merged with the row above": (
            _do("sheet.merge_cells('D19:D20')"),
            Refused("cell-merged", "填报!D20", "D19:D20", alone=False),
        ),
        "value merged into its note": (_do("sheet.merge_cells('D20:E20')"), same),
        "value merged under its label": (
            _do("sheet.merge_cells('C20:D20')"),
            Refused("cell-missing", "填报!D20", ""),
        ),
        "a table merged beside": (_do("sheet.merge_cells('H3:J9')"), same),
        "a note": (_do("sheet['E20'] = '含上月'"), Understood(notes={"fines": "含上月"})),
        "a note that is a number": (_do("sheet['E20'] = 12"), Understood(notes={"fines": "12"})),
        "a note that is a formula": (
            _do("sheet['E20'] = '=1+1'"),
            Refused("cell-formula-uncached", "填报!E20", "=1+1"),
        ),
        "a note of 4,001 characters": (
            _do("sheet['E20'] = '长' * 4001"),
            Refused("text-too-long", "填报!E20", "长" * 60 + "…"),
        ),
        "signed": (_do("sheet['D26'] = '张三'"), same),
        "a figure as the signature": (_do("sheet['D26'] = 10800000000"), same),
        "a date as the signature": (
            _do("import datetime; sheet['D26'] = datetime.date(2018, 10, 1)"),
            Refused("cell-is-date", "填报!D26", "2018-10-01"),
        ),
        "a name running backwards": (
            _do("sheet['D26'] = '张\u202e三'"),
            Refused("text-unprintable", "填报!D26", "张�三"),
        ),
        "zero report that reports": (
            _do("sheet['D5'] = '√'"),
            Refused("zero-report-contradicted", "填报!D11", "7", alone=False),
        ),
        "no in the zero report": (_do("sheet['D5'] = '否'"), Refused("zero-unclear", "填报!D5", "否")),
        "0 in the zero report": (_do("sheet['D5'] = 0"), Refused("zero-unclear", "填报!D5", "0")),
        "error in the zero report": (
            _do("sheet['D5'] = '=1/0'"),
            Refused("zero-unclear", "填报!D5", "=1/0"),
        ),
    }


def cases() -> Iterator[Case]:
    """All of them."""
    for name, (edit, verdict) in people().items():
        yield Case("edited", name, partial(edited, outset(), edit), verdict)


def _do(code: str) -> Edit:
    def edit(book: Any) -> None:
        exec(code, {"book": book, "sheet": book["填报"]})

    return edit


def _unmerged(code: str) -> Edit:
    def edit(book: Any) -> None:
        for merged in list(book["填报"].merged_cells.ranges):
            book["填报"].unmerge_cells(str(merged))
        _do(code)(book)

    return edit


_inserting_rows = _unmerged("sheet.insert_rows(3, 4)")
_inserting_columns = _unmerged("sheet.insert_cols(5, 2); sheet.insert_cols(1)")
_exchanging = _unmerged("for a, b in zip(sheet[11], sheet[20]): a.value, b.value = b.value, a.value")
_lifting = _unmerged(
    "sheet.insert_rows(8)\nfor a, b in zip(sheet[8], sheet[26]): a.value, b.value = b.value, None"
)


def _paint(target: Any) -> None:
    target.fill = PatternFill("solid", fgColor="FFFF00")


def _comment(target: Any) -> None:
    target.comment = Comment("请核对", "审核人")


def _chart(book: Any) -> None:
    from openpyxl.chart import BarChart, Reference

    chart = BarChart()
    chart.add_data(Reference(book["填报"], min_col=4, min_row=8, max_row=10))
    book["填报"].add_chart(chart, "H3")
    book.create_chartsheet("图")


def _many_rows(book: Any) -> None:
    for row in range(1000, 4000):
        book["填报"].cell(row, 6).value = f"x{row}"
