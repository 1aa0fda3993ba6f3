"""Translates sentences that are stored in English to the reader's language.

The reason why an action failed is stored once, and read for months by moderators with different languages. So it is
stored in English, with its values filled in. `retold` recognises the sentence by its pattern, and translates it to the
current language. Unknown sentences, such as an older version's, don't change.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from string import Formatter

from bot.languages.language import Language
from bot.languages.translation import _, spoken

_VALUE = r"[^.]+?"  #: a mention, a time, a number or the name of a permission: none has a full stop
#: Placeholders for user text, with any punctuation, which isn't translated.
_QUOTED = frozenset({"keyword", "policy", "rule_id"})


def retold(text: str, sentences: Sequence[str]) -> str:
    """Translate one or more stored sentences to the current language.

    Args:
        sentences: the possible sentences, with their named placeholders; longest first.
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
    """A value, or several separated by commas: names of permissions are translated, others don't change."""
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
