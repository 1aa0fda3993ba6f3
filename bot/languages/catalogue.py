"""Reads the catalogues. Each is compiled when first needed, so a wheel or a checkout needs no build step.

Compiling takes about 50 ms for each language, once; `load_all` does it in a thread before the bot connects.
"""

from __future__ import annotations

import functools
import gettext
import io
from importlib import resources
from importlib.resources.abc import Traversable

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.languages.language import Language

FOLDER: Traversable = resources.files("bot.languages") / "po"
TRANSLATED = tuple(language for language in Language if language is not Language.ENGLISH)


@functools.cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """The messages of a language. English is the language of the code, so it has no file."""
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (FOLDER / f"{language.value}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language.babel))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def load_all() -> None:
    """Compile every catalogue."""
    for language in Language:
        catalogue(language)
