"""Extracts all texts to translate, and updates the catalogues: ``python -m bot.languages.extraction``.

These are the arguments of `_`, `ngettext` and `marked`, in the bot and in `guild_policies`, and the texts of commands
that Discord shows: descriptions of commands, groups and parameters, and names of choices. They are read from the syntax
tree, because Babel's own extraction doesn't look into f-strings.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.languages.catalogue import TRANSLATED
from bot.languages.language import Language

CODE = Path(__file__).resolve().parent.parent
FOLDER = CODE / "languages" / "po"
_PACKAGES = (CODE, CODE.parent / "guild_policies")
COMMAND = "A command's text, shown by Discord: at most 100 characters."

_FUNCTIONS = {"_": 1, "marked": 1, "ngettext": 2}  #: number of texts that each takes
_DESCRIBING = {"command", "Group", "group"}
_FOR_TRANSLATORS = "# Translators: "
_WIDTH = 120
#: Headers of a catalogue that change with every update, or that nobody reads.
_HEADERS_LEFT_OUT = tuple(
    f'"{name}'
    for name in ("Project-Id", "Report-Msgid", "POT-", "PO-", "Last-Translator", "Language-Team", "Generated-By")
)

Found = tuple[str | tuple[str, ...], list[str]]  #: a text, or its singular and plural, with comments for translators


class NotExtractable(ValueError):
    """A text is composed before it is translated, so no catalogue can contain it."""


def extracted(packages: Sequence[Path] = _PACKAGES) -> Catalog:
    """All texts, as a catalogue without translations.

    Raises:
        NotExtractable: a text isn't a plain string.
    """
    catalogue = Catalog(project="Bylaw", fuzzy=False)
    for path in (path for package in packages for path in sorted(package.rglob("*.py"))):
        place = path.relative_to(packages[0].parent).as_posix()
        for message, comments in texts_of(path.read_text(encoding="utf-8"), place):
            catalogue.add(message, None, [(place, 0)], auto_comments=comments)
    return catalogue


def texts_of(source: str, place: str) -> Iterator[Found]:
    """The texts of one file.

    Raises:
        NotExtractable: a text isn't a plain string.
    """
    if not any(f"{name}(" in source for name in (*_FUNCTIONS, *_DESCRIBING, "describe", "Choice", "GroupCog")):
        return
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        texts = _translated(node, place)
        if texts:
            message = tuple(text for text, _line in texts)
            comments = [comment for _text, line in texts for comment in _comments(lines, line)]
            yield message if len(message) > 1 else message[0], comments
        for value in _of_command(node):
            if isinstance(value, ast.JoinedStr):
                raise NotExtractable(f"{place}:{value.lineno}: a command's text is plain text")
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value, [COMMAND]


def _translated(node: ast.AST, place: str) -> list[tuple[str, int]]:
    """The texts in a call to translate, with their lines. The argument of `_` may be marked elsewhere."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS:
        return []
    given = node.args[: _FUNCTIONS[node.func.id]]
    constants = [
        (each.value, each.lineno) for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    put_together = any(isinstance(each, ast.JoinedStr | ast.BinOp) for each in given)
    if put_together or (node.func.id != "_" and len(constants) != _FUNCTIONS[node.func.id]):
        raise NotExtractable(f"{place}:{node.lineno}: give {node.func.id}() plain text with {{named}} placeholders")
    return constants


def _comments(lines: list[str], line: int) -> list[str]:
    """The comments for translators, directly above a text or after it."""
    near = [lines[line - 2].strip() if line > 1 else "", lines[line - 1].strip()]
    return [each.split(_FOR_TRANSLATORS)[1] for each in near if _FOR_TRANSLATORS in each]


def _of_command(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.ClassDef):
        yield from (each.value for each in node.keywords if each.arg == "group_description")
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "describe":
        yield from (each.value for each in node.keywords)
    elif name in _DESCRIBING:
        yield from (each.value for each in node.keywords if each.arg == "description")
    elif name == "Choice":
        yield from (each.value for each in node.keywords if each.arg == "name")


def read(language: Language, folder: Path = FOLDER) -> Catalog:
    """The catalogue of a language; an empty one if it has none yet."""
    path = folder / f"{language.value}.po"
    if not path.is_file():
        return Catalog(locale=language.babel, project="Bylaw", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language.babel)


def update(folder: Path = FOLDER) -> None:
    """Add new texts to every catalogue, untranslated, and remove obsolete ones."""
    template = extracted()
    for language in TRANSLATED:
        kept = read(language, folder)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        write(kept, language, folder)


def write(catalogue: Catalog, language: Language, folder: Path = FOLDER) -> None:
    """Write a catalogue so that it only changes if a text does: in alphabetical order, without dates or line
    numbers."""
    catalogue.header_comment = f"# What Bylaw says in Discord: {language.name.capitalize()}."
    written = io.BytesIO()
    write_po(written, catalogue, width=_WIDTH, sort_output=True, include_lineno=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(_HEADERS_LEFT_OUT))
    (folder / f"{language.value}.po").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    update()
