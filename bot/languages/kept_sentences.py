"""Sentences that are kept in English, and shown in the language of whoever reads them.

Why an action was not done is written down once, and read for months by moderators of several languages. So it is kept
in English, with its values filled in. `retold` finds the sentence again by its pattern, and says it in the present
language. What it does not recognise, such as a sentence of an older version, stays as it is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from string import Formatter

from bot.languages.language import Language
from bot.languages.translation import _, spoken

_VALUE = r"[^.]+?"  #: a mention, a moment, a number or the name of a permission: none has a full stop
#: Placeholders for what somebody wrote, with whatever signs: it stays as it is.
_QUOTED = frozenset({"keyword", "policy", "rule_id"})


def retold(text: str, sentences: Sequence[str]) -> str:
    """One or more kept sentences in the present language.

    Args:
        sentences: those that may have been kept, with their named placeholders; the longest first.
    """
    if spoken() is Language.ENGLISH:
        return text
    told: list[str] = []
    rest = text.strip()
    while rest:
        matches = ((sentence, _pattern(sentence).match(rest)) for sentence in sentences)
        sentence, found = next(((each, match) for each, match in matches if match), ("", None))
        if found is None:
            return text
        values = {name: value if name in _QUOTED else _in_words(value) for name, value in found.groupdict().items()}
        told.append(_(sentence, **values))
        rest = rest[found.end() :].strip()
    return " ".join(told)


def _in_words(value: str) -> str:
    """A value, or several with commas between: the names of permissions have a translation, the others stay."""
    return ", ".join(map(_, value.split(", ")))


@functools.cache
def _pattern(sentence: str) -> re.Pattern[str]:
    pattern, seen = "", set[str]()
    for literal, name, _format, _conversion in Formatter().parse(sentence):
        pattern += re.escape(literal)
        if name:
            value = ".+?" if name in _QUOTED else _VALUE
            pattern += f"(?P={name})" if name in seen else f"(?P<{name}>{value})"
            seen.add(name)
    return re.compile(rf"{pattern}(?=\s|$)", re.DOTALL)
