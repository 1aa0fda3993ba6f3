"""Translates texts and formats numbers and durations in the current language.

The language is a property of the task: cogs set it, with `speak` if the task is for one person, with `speaking` around
texts for somebody else. The default is English.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from bot.languages.catalogue import catalogue
from bot.languages.language import Language
from guild_policies.sentences import marked as marked  # the one that the policies' own sentences use

Line = str | Callable[[], str]  #: a marked text, or what says it as soon as it is known in which language

_spoken: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)
#: Names of languages that Babel has under another name in English.
_OTHER_NAMES = {
    "Bengali": "bn",
    "Chinese (Simplified)": "zh_Hans",
    "Chinese (Traditional)": "zh_Hant",
    "Portuguese (Brazil)": "pt_BR",
}
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def spoken() -> Language:
    """The current language."""
    return _spoken.get()


def speak(language: Language) -> None:
    """Use this language for the rest of the task, and in tasks that it starts from now on."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Use this language inside the block."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def _(message: str, **values: object) -> str:
    """Translate a text to the current language, and fill in its named placeholders."""
    text = catalogue(spoken()).gettext(message) if message else ""
    return text.format_map(values) if values else text


def say(sentence: str, /, **values: object) -> str:
    """A sentence of `guild_policies` in the present language; see `guild_policies.sentences.Say`."""
    return _(sentence, **{name: number(value) if type(value) is int else value for name, value in values.items()})


def ngettext(one: str, many: str, n: int, **values: object) -> str:
    """Translate a text that depends on a number, which is its placeholder ``{n}``."""
    return catalogue(spoken()).ngettext(one, many, n).format_map({"n": number(n), **values})


def said(line: Line, **values: object) -> str:
    """A line in the current language. The values belong to a marked text."""
    return _(line, **values) if isinstance(line, str) else line()


def number(value: float) -> str:
    """Format a number: ``1,234``, ``1.234``."""
    return format_decimal(value, locale=spoken().babel)


def percent(share: float, places: int = 0) -> str:
    """Format a share: ``12.9%``, ``12,9 %``; with as many decimals as are meaningful."""
    return format_percent(round(share, places + 2), locale=spoken().babel, decimal_quantization=False)


def length(span: timedelta) -> str:
    """Format a duration in its largest whole unit: ``7 days``, ``90 Minuten``."""
    seconds = int(span.total_seconds())
    word, size = next(unit for unit in _UNITS if seconds % unit[1] == 0)
    return format_unit(seconds // size, f"duration-{word}", length="long", locale=spoken().babel)


def listing(items: Sequence[str]) -> str:
    """Format a list: ``a, b and c``."""
    return format_list(items, locale=spoken().babel)


def language_name(english: str) -> str:
    """The name of a language in the current language, by its English name; the English name if there is none."""
    code = _codes().get(english)
    if code is None or spoken() is Language.ENGLISH:
        return english
    return Locale.parse(code).get_display_name(spoken().babel) or english


@functools.cache
def _codes() -> dict[str, str]:
    return {**{name: code for code, name in Locale.parse("en").languages.items()}, **_OTHER_NAMES}
