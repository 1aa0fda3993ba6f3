"""A policy is text: no zero bytes, no half characters, few control characters."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.lint.fits_the_length_limit import MAX_UPLOAD_BYTES, too_long
from guild_policies.text.parse import Parsed

#: One control character in this many is more than a slip of the keyboard.
_ONE_IN = 50

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find input that is not text. Blocking: the model reads text, and the database keeps only text."""
    if (broken := _NO_TEXT.search(parsed.text)) is not None:
        yield _finding(parsed.text, broken.start())
    elif len(controls := list(_CONTROL.finditer(parsed.text))) * _ONE_IN > len(parsed.text):
        yield _finding(parsed.text, controls[0].start())


def decode_upload(data: bytes) -> str | Finding:
    """The text of an uploaded file: UTF-8, or UTF-16 with a byte order mark; else the one finding to show.

    It also checks the length, so that a huge file is not decoded at all; `lint` checks the rest.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        return too_long(f"The file has {len(data):,} bytes")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        return _finding_at(data.count(b"\n", 0, error.start) + 1, 1)


def _finding(text: str, index: int) -> Finding:
    return _finding_at(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _finding_at(line: int, column: int) -> Finding:
    return Finding(
        code="text_is_text",
        line=line,
        column=column,
        message="This is not plain text.",
        hint="Save the policy as plain text (UTF-8, .md or .txt) and send that file.",
        blocking=True,
    )
