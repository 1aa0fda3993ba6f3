"""An invented language that shows mistakes: every text has accents, is 40 % longer, and has brackets around it.

Text without brackets wasn't translated; a bracket without its other half was cut. Each part between placeholders has
its own brackets, so inserted values must be translated as well. `english` converts it back. It is never offered to
users: in tests it replaces another language.
"""

from __future__ import annotations

import functools
import gettext
import io
import re

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo

from bot.languages.extraction import extracted
from bot.languages.language import Language

OPEN, CLOSE = "⟦", "⟧"
BRACKETED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_PLAIN, _ACCENTED = "aeiouyAEIOUYncs", "áéíóúýÁÉÍÓÚÝñçš"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_NO_ACCENTS = str.maketrans(_ACCENTED, _PLAIN)
_PADDING = re.compile(r"(\\?~)+$")  #: also where it was escaped, as what is quoted is
_KEPT = re.compile(r"(\{\w+\}|\*\*|`|\n|^-# |(?m:^- )|\]\(|[\[()]|/[a-z]+(?: (?:erase|export|record|history))?)")
_LIMIT = re.compile(r"at most (\d+) characters")
_LETTER = re.compile(r"[^\W\d_]")


def pseudo(text: str, limit: int | None = None) -> str:
    """A text in the invented language, with placeholders, markup and commands unchanged.

    Args:
        limit: the most characters that translations of this text may have. It is lengthened up to there only.
    """
    padding = round(0.4 * len(text))
    spare = padding if limit is None else limit - len(text) - 2 * len(stretches(text))
    share = min(1.0, max(0.0, spare / padding)) if padding else 1.0
    return "".join(_accented(part, share) if _translatable(part) else part for part in _KEPT.split(text))


def english(text: str) -> str:
    """What a text in the invented language was in English. A bracket without its other half stays."""
    return BRACKETED.sub(lambda found: _PADDING.sub("", found[1]).translate(_NO_ACCENTS), text)


def stretches(text: str) -> list[str]:
    """The parts of an English text that get brackets of their own."""
    return [part for part in _KEPT.split(text) if _translatable(part)]


def _translatable(part: str) -> bool:
    return not _KEPT.fullmatch(part) and _LETTER.search(part) is not None


def _accented(text: str, share: float) -> str:
    return f"{OPEN}{text.translate(_ACCENTS)}{'~' * int(0.4 * len(text) * share + 0.5 * (share == 1.0))}{CLOSE}"


def _limit(message: Message) -> int | None:
    """What translators are told about the length. The catalogues' check holds real translations to it."""
    return min((int(found) for comment in message.auto_comments for found in _LIMIT.findall(comment)), default=None)


@functools.cache
def texts_of_the_code() -> Catalog:
    """Every text of the code, which is the same for all tests of a process."""
    return extracted()


@functools.cache
def pseudo_translations() -> gettext.GNUTranslations:
    """Every text of the code in the invented language, with English plurals."""
    made = Catalog(locale=Language.ENGLISH.babel, fuzzy=False)
    for message in texts_of_the_code():
        if message.id:
            texts = (message.id,) if isinstance(message.id, str) else message.id
            told = tuple(pseudo(text, _limit(message)) for text in texts)
            made.add(message.id, told[0] if isinstance(message.id, str) else told)
    compiled = io.BytesIO()
    write_mo(compiled, made)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
