"""Every character of a policy can be seen, so that people and the model read the same text.

Characters of no width, direction marks and Unicode's tags can hide whole sentences from whoever reads a policy that
somebody else wrote, and the model reads them. What writing needs is left alone: joiners, the marks of right-to-left
scripts, and the tags of flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.hidden import is_hidden
from guild_policies.text.parse import Parsed

_NAMED = 3  #: different characters that a finding names
#: The joiners of emoji, Persian and Hindi; the marks of Arabic and Hebrew that turn nothing around.
_NEEDED = frozenset("\u200c\u200d\u200e\u200f\u061c")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f")
_NOT_ASCII_TEXT = re.compile(r"[^\t\n -~]")
#: Behind a letter they choose how it looks. In rows they can carry any message, a byte each.
_SELECTORS_IN_ROWS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find characters that nobody can see: one finding at the first of them, which counts them all."""
    text = _FLAG.sub(lambda flag: "-" * len(flag[0]), parsed.text)
    found = [
        match.start() for match in _NOT_ASCII_TEXT.finditer(text) if is_hidden(match[0]) and match[0] not in _NEEDED
    ]
    for row in _SELECTORS_IN_ROWS.finditer(text):
        found += range(*row.span())
    if not found:
        return
    found.sort()
    codes = list(dict.fromkeys(f"U+{ord(text[place]):04X}" for place in found))
    named = ", ".join(codes[:_NAMED]) + (" and others" if len(codes) > _NAMED else "")
    first = found[0]
    yield Finding(
        code="every_character_can_be_seen",
        line=text.count("\n", 0, first) + 1,
        column=first - text.rfind("\n", 0, first),
        message=f"A character here cannot be seen: {named}."
        if len(found) == 1
        else f"{len(found):,} characters cannot be seen, the first of them here: {named}.",
        hint="The model reads what you cannot see. Delete it, or type this part yourself.",
    )
