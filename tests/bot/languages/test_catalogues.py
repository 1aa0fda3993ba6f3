"""Every text is in every catalogue, translated, with the same placeholders and marks, and fits where Discord shows it.

`make check` runs this. What to do when it fails is in bot/languages/README.md.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from bot.languages.catalogue import TRANSLATED
from bot.languages.extraction import COMMAND, NotExtractable, extracted, read, texts_of, update, write
from bot.languages.language import Language

TEMPLATE = extracted()
#: What must be there as often: bold, code, links, lines, small print, and commands that people type.
MARKS = (r"\*\*", "`", r"\]\(", "\n", r"(?m)^-# ", r"(?m)^- ")
COMMANDS = re.compile(r"(?<![\w<])/[a-z][a-z-]*")
LIMIT = re.compile(r"at most (\d+) characters")

catalogue_of = cache(read)


def messages(catalogue: Catalog) -> dict[str | tuple[str, ...], Message]:
    """The texts of a catalogue by what they read in English."""
    return {
        message.id if isinstance(message.id, str) else tuple(message.id): message for message in catalogue if message.id
    }


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A text, or its singular and plural."""
    return (text or "",) if isinstance(text, str) or text is None else tuple(text)


def placeholders(text: str) -> list[str]:
    """The placeholders of a text, each as it stands there."""
    return sorted(
        f"{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}"
        for _literal, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def test_placeholders_are_named() -> None:
    """A translator can put them in another order, and no value is reached into."""
    found = {name for message in messages(TEMPLATE) for text in forms(message) for name in placeholders(text)}
    assert [name for name in found if not name.isidentifier()] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_in_every_catalogue(language: Language) -> None:
    """And nothing else: run `make messages` after a text was added, changed or taken away."""
    found, wanted = messages(catalogue_of(language)).keys(), messages(TEMPLATE).keys()
    assert sorted(wanted - found, key=str) == []
    assert sorted(found - wanted, key=str) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: Language) -> None:
    """In all plural forms of the language, and by a person: none is a guess."""
    catalogue = catalogue_of(language)
    wrong = []
    for english, message in messages(catalogue).items():
        count = 1 if isinstance(english, str) else catalogue.num_plurals
        translated = forms(message.string)
        if message.fuzzy or len(translated) != count or not all(text.strip() for text in translated):
            wrong.append(english)
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_marks_are_kept(language: Language) -> None:
    """A translation shows the same values, is as bold, and names the same commands."""
    wrong = []
    for english, message in messages(catalogue_of(language)).items():
        plain = forms(english)[-1]
        for text in forms(message.string):
            same = (
                placeholders(text) == placeholders(plain),
                [len(re.findall(mark, text)) for mark in MARKS] == [len(re.findall(mark, plain)) for mark in MARKS],
                sorted(COMMANDS.findall(text)) == sorted(COMMANDS.findall(plain)),
            )
            if not all(same):
                wrong.append((text, same))
    assert wrong == []


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_texts_fit_where_discord_shows_them(language: str) -> None:
    """Buttons, titles of forms, names of fields, texts of commands: each says to translators how long it may be."""
    translated = messages(TEMPLATE if language == "en" else catalogue_of(Language(language)))
    wrong = []
    for english, message in messages(TEMPLATE).items():
        limits = [int(limit) for comment in message.auto_comments for limit in LIMIT.findall(comment)]
        texts = forms(english) if language == "en" else forms(translated[english].string)
        wrong += [(text, len(text)) for text in texts for limit in limits if len(text) > limit]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_buttons_are_called_what_they_are_called(language: Language) -> None:
    """A sentence that says which button to press names it as it is labelled."""
    found = messages(catalogue_of(language))
    buttons = {"Appeal", "Tell me the outcome"}
    wrong = [
        english
        for english, message in found.items()
        for button in buttons
        if f"Press **{button}**" in forms(english)[0] and f"**{found[button].string}**" not in forms(message.string)[0]
    ]
    assert wrong == []


class TestExtraction:
    """What is found in the code."""

    def test_texts_inside_others(self) -> None:
        """Also within an f-string, where Babel's own extraction looks only on newer Pythons."""
        found = list(texts_of("""x = f"**{_('Your cases')}**" + ngettext("{n} a", "{n} b", 3)\n""", "x.py"))
        assert found == [(("{n} a", "{n} b"), []), ("Your cases", [])]

    def test_comments_for_translators(self) -> None:
        """Above the text, or behind it on the same line."""
        source = '# Translators: a button.\nA = marked("Go")\nB = marked("Stay")  # Translators: another.\n'
        assert list(texts_of(source, "x.py")) == [("Go", ["a button."]), ("Stay", ["another."])]

    def test_texts_of_commands(self) -> None:
        """What decorators say of commands, groups, parameters and choices."""
        source = """
class Group(GroupCog, group_name="x", group_description="A group"):
    @app_commands.command(name="y", description="A command")
    @app_commands.describe(z="A parameter")
    @app_commands.choices(z=[app_commands.Choice(name="A choice", value="v")])
    async def y(self, z): ...
"""
        assert {text for text, _ in texts_of(source, "x.py")} == {"A group", "A command", "A parameter", "A choice"}
        assert all(comments == [COMMAND] for _, comments in texts_of(source, "x.py"))

    @pytest.mark.parametrize("call", ["_(f'Case {number}')", "_('a' + b)", "marked(x)", "ngettext(a, 'b', 3)"])
    def test_what_no_catalogue_can_have(self, call: str) -> None:
        """It is refused with the place and what to write instead."""
        with pytest.raises(NotExtractable, match=r"x\.py:1: give \w+\(\) plain text with \{named\} placeholders"):
            list(texts_of(f"{call}\n", "x.py"))

    def test_an_update_keeps_what_is_translated(self, tmp_path: Path) -> None:
        """New texts come without a translation, and those that are gone go."""
        kept = read(Language.GERMAN)
        kept.delete("Your cases")
        kept.add("Long gone", "Längst weg")
        write(kept, Language.GERMAN, tmp_path)
        update(tmp_path)
        found = messages(read(Language.GERMAN, tmp_path))
        assert found["Your answer"].string == "Deine Antwort"
        assert found["Your cases"].string == ""
        assert "Long gone" not in found

    def test_catalogues_are_written_as_they_are_kept(self, tmp_path: Path) -> None:
        """So an update shows only what changed."""
        for language in TRANSLATED:
            write(read(language), language, tmp_path)
            name = f"{language.value}.po"
            kept = Path("bot/languages/po") / name
            assert (tmp_path / name).read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")
