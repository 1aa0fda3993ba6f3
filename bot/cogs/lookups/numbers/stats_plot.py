"""The picture below ``/mod stats``: for each rule how moderators decided, as bars.

Drawn with Pillow, which is small and has a font of its own; a plotting library would bring a hundred times the code for
three colours of rectangles. Labels are numbers that are in the text, too: its font knows no script but Latin.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from bot.moderation.lookups.numbers.stats import RuleStats

BARS = 12  #: rules shown

_WIDTH, _BAR, _GAP, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 22, 12, 90, 70, 16, 52
_BACKGROUND, _INK = "#ffffff", "#313338"
_SIZE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    colour: str
    label: str


#: Told apart by lightness as well as by colour.
_SEGMENTS = (
    _Segment(colour="#1864ab", label="Violation"),
    _Segment(colour="#f59f00", label="Not a violation"),
    _Segment(colour="#ced4da", label="open"),
    _Segment(colour="#69db7c", label="mended"),
)


def plot(rules: Sequence[RuleStats]) -> bytes:
    """A PNG with a bar for each rule, in the order of the text, at most `BARS`."""
    shown = rules[:BARS]
    height = _TOP + len(shown) * (_BAR + _GAP) + _BOTTOM
    picture = Image.new("RGB", (_WIDTH, height), _BACKGROUND)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_SIZE)
    most = max([1, *(rule.total for rule in shown)])
    for place, rule in enumerate(shown):
        top = _TOP + place * (_BAR + _GAP)
        label = f"{place + 1}. {_latin(rule.rule_id)}"
        draw.text((10, top + 2), label, fill=_INK, font=font)
        left = float(_LEFT)
        counts = (rule.confirmed, rule.dismissed, rule.open, rule.mended)
        for segment, count in zip(_SEGMENTS, counts, strict=True):
            right = left + count / most * (_WIDTH - _LEFT - _RIGHT)
            if count:
                draw.rectangle((left, top, max(left + 1, right), top + _BAR), fill=segment.colour)
            left = right
        draw.text((left + 8, top + 2), f"{rule.total:,}", fill=_INK, font=font)
    _legend(draw, font, height - _BOTTOM + 16)
    data = io.BytesIO()
    picture.save(data, format="PNG", optimize=True)
    return data.getvalue()


def _legend(draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, top: int) -> None:
    left = float(_LEFT)
    for segment in _SEGMENTS:
        draw.rectangle((left, top, left + 14, top + 14), fill=segment.colour)
        draw.text((left + 20, top - 2), segment.label, fill=_INK, font=font)
        left += 20 + draw.textlength(segment.label, font=font) + 24


def _latin(rule_id: str) -> str:
    """As much of a rule's id as the font can show."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in rule_id[:6])
