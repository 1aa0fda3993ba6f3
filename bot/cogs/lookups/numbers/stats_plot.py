"""Draws the chart below ``/mod stats``: moderators' decisions for each rule, as bars.

It uses Pillow, which is small and includes a font; a plotting library would be a hundred times the code for four
colours of rectangles. The font only supports Latin script, so the picture only has numbers and the ids of rules, and
the text explains the colours.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.languages.translation import _, number
from bot.moderation.lookups.numbers.stats import RuleStats

BARS = 12  #: rules shown

_WIDTH, _BAR, _GAP, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 22, 12, 90, 70, 16, 4
_BACKGROUND, _INK = "#ffffff", "#313338"
_SIZE = 15


#: Of a bar, from left to right. Told apart by lightness as well as by colour.
_VIOLATION, _NOT_A_VIOLATION, _OPEN, _MENDED = "#1864ab", "#f59f00", "#ced4da", "#69db7c"


def legend() -> str:
    """The legend of the colours, in the order of the bars' parts."""
    return "-# " + _("The picture: 🟦 violation · 🟧 not a violation · ⬜ open · 🟩 mended")


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
        counts = {
            _VIOLATION: rule.confirmed,
            _NOT_A_VIOLATION: rule.dismissed,
            _OPEN: rule.open,
            _MENDED: rule.mended,
        }
        for colour, count in counts.items():
            right = left + count / most * (_WIDTH - _LEFT - _RIGHT)
            if count:
                draw.rectangle((left, top, max(left + 1, right), top + _BAR), fill=colour)
            left = right
        draw.text((left + 8, top + 2), " ".join(number(rule.total).split()), fill=_INK, font=font)
    data = io.BytesIO()
    picture.save(data, format="PNG", optimize=True)
    return data.getvalue()


def _latin(rule_id: str) -> str:
    """The characters of a rule's id that the font supports."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in rule_id[:6])
