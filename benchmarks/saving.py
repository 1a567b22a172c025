"""A workbook as Excel and LibreOffice leave it when a person has filled it in and saved it: the same cells,
with what each program adds to them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

SHEETS = re.compile(r"xl/worksheets/sheet\d+\.xml")
EXCEL = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr" '
    'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" '
    'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" '
    'xr:uid="{00000000-0001-0000-0000-000000000000}"'
)


def as_written(data: bytes) -> bytes:
    """As `duban form` and xlsxwriter write it."""
    return data


def as_excel(data: bytes) -> bytes:
    """Rows carry a text's descent, the sheet its revision's namespaces, shared strings their reading."""

    def sheet(xml: str) -> str:
        xml = re.sub(r"<worksheet ", f"<worksheet {EXCEL} ", xml, count=1)
        return re.sub(r"<row ([^>]*[^/])>", r'<row \1 x14ac:dyDescent="0.2">', xml)

    def strings(xml: str) -> str:
        return xml.replace("</t></si>", '</t><phoneticPr fontId="1" type="noConversion"/></si>')

    return _again(data, sheet, strings)


def as_libreoffice(data: bytes) -> bytes:
    """Every row and cell says everything, also that it is nothing special."""

    def sheet(xml: str) -> str:
        xml = re.sub(r' spans="[^"]*"', "", xml)
        xml = re.sub(r' hidden="1"', ' hidden="true"', xml)
        more = 'customFormat="false" outlineLevel="0" collapsed="false"'
        xml = re.sub(r"<row ([^>]*[^/])>", rf"<row \1 {more}>", xml)
        xml = re.sub(r'<c r="(\w+)" t=', r'<c r="\1" s="0" t=', xml)
        return re.sub(r'<c r="(\w+)" s="(\d+)"><v>', r'<c r="\1" s="\2" t="n"><v>', xml)

    def strings(xml: str) -> str:
        return re.sub(r"<t>", '<t xml:space="preserve">', xml)

    return _again(data, sheet, strings)


SAVERS = (as_written, as_excel, as_libreoffice)


def _again(data: bytes, sheet: Callable[[str], str], strings: Callable[[str], str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if SHEETS.fullmatch(name):
                text = sheet(text)
            elif name == "xl/sharedStrings.xml":
                text = strings(text)
            new.writestr(name, text)
    return out.getvalue()
