"""An invented language that shows mistakes: every text has accents, is 40 % longer, and has brackets around it.

What is read without brackets was not translated; a bracket without its other half was cut. Each stretch between
placeholders has brackets of its own, so what is put into a text has to have been translated as well. Never offered to
anybody: `write_pseudo_catalogue` makes a folder in which it takes another language's place.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from babel.messages.catalog import Catalog

from bot.languages.extraction import COMMAND, extracted, write
from bot.languages.language import Language

COMMAND_LIMIT = 100  #: characters
OPEN, CLOSE = "⟦", "⟧"
_ACCENTS = str.maketrans("aeiouyAEIOUYncs", "áéíóúýÁÉÍÓÚÝñçš")
_KEPT = re.compile(r"(\{\w+\}|\*\*|`|\n|^-# |(?m:^- )|\]\(|[\[()]|/[a-z]+(?: (?:erase|export|record|history))?)")
_LETTER = re.compile(r"[^\W\d_]")


def pseudo(text: str) -> str:
    """A text in the invented language, with placeholders, marks and commands as they were."""
    return "".join(
        part if _KEPT.fullmatch(part) or not _LETTER.search(part) else _accented(part) for part in _KEPT.split(text)
    )


def _accented(text: str) -> str:
    return f"{OPEN}{text.translate(_ACCENTS)}{'~' * round(0.4 * len(text))}{CLOSE}"


def _of_command(text: str) -> str:
    """A command's text: at most 100 characters, as Discord wants. The catalogues' check holds real ones to that."""
    made = pseudo(text)
    return made if len(made) <= COMMAND_LIMIT else f"{OPEN}{text.translate(_ACCENTS)[: COMMAND_LIMIT - 2]}{CLOSE}"


@functools.cache
def _texts() -> Catalog:
    """Every text of the code, which is the same for all tests of a process."""
    return extracted()


def write_pseudo_catalogue(folder: Path, language: Language) -> None:
    """Write the invented language into a folder, under the name of this one."""
    catalogue = Catalog(locale=language.babel, fuzzy=False)
    for message in _texts():
        if message.id:
            texts = (message.id,) if isinstance(message.id, str) else message.id
            of_command = COMMAND in message.auto_comments
            made = tuple(_of_command(text) if of_command else pseudo(text) for text in texts)
            catalogue.add(message.id, made[0] if isinstance(message.id, str) else made)
    write(catalogue, language, folder)
