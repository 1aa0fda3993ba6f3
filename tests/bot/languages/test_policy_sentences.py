"""What `guild_policies` refuses is said in every language, though the package knows none of them."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import guild_policies
from bot.languages.catalogue import TRANSLATED
from bot.languages.extraction import read
from bot.languages.language import Language
from bot.languages.translation import say, speaking
from guild_policies.compile import NotJudgeable
from guild_policies.examples import MAX_PIN_LENGTH, BadPin, checked_pin
from guild_policies.sentences import Refusal, in_english
from guild_policies.store.sql import _Clash
from guild_policies.text.merging import merge
from guild_policies.understanding import told, understand

FOLDER = Path(guild_policies.__file__).parent
#: The first is said by commands and the judge's service, in English; the second never leaves its file.
NEVER_IN_DISCORD = {NotJudgeable, _Clash}


def errors() -> set[type[Exception]]:
    """Every exception that the package defines."""
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages([str(FOLDER)], "guild_policies.")]
    return {
        each
        for module in modules
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, Exception) and each.__module__ == module.__name__
    }


REFUSALS = {each for each in errors() if issubclass(each, Refusal)}


#: Those that are given a sentence where they are raised; each of the others gives its own to `Refusal`.
GIVEN = {each.__name__ for each in REFUSALS if each.__init__ is Refusal.__init__}
OWN = {each.__name__ for each in REFUSALS} - GIVEN - {Refusal.__name__}


def made_in(source: str) -> Iterator[ast.Call]:
    """Where a refusal gets its sentence."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GIVEN:
            yield node
        if isinstance(node, ast.ClassDef) and node.name in OWN:
            calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
            yield from (each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr == "__init__")


def sentences_of(call: ast.Call) -> list[str | None]:
    """The sentences that a refusal may be given; None for what no catalogue can have."""
    given = call.args[0] if call.args else call
    return [
        each.args[0].value
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Name)
        and each.func.id == "marked"
        and isinstance(each.args[0], ast.Constant)
        and isinstance(each.args[0].value, str)
        else None
        for each in ([given.body, given.orelse] if isinstance(given, ast.IfExp) else [given])
    ]


def all_refused() -> Iterator[tuple[str, str | None, set[str]]]:
    """Every sentence of a refusal with the line it is on, and the names of the values that come with it."""
    for path in sorted(FOLDER.rglob("*.py")):
        for call in made_in(path.read_text(encoding="utf-8")):
            values = {each.arg or "" for each in call.keywords}
            place = f"{path.relative_to(FOLDER)}:{call.lineno}"
            yield from ((place, sentence, values) for sentence in sentences_of(call))


REFUSED = list(all_refused())


def test_what_people_are_told_is_a_refusal() -> None:
    """A new exception of the package is a `Refusal`, or is listed above with why nobody in Discord sees it."""
    assert errors() - REFUSALS == NEVER_IN_DISCORD


def test_every_refusal_is_raised_with_a_marked_sentence() -> None:
    """In plain text, so that the catalogues have it, with a value for each placeholder."""
    assert len(REFUSED) > 25
    unmarked = [place for place, sentence, _values in REFUSED if sentence is None]
    assert unmarked == []
    fields = {
        place: {name for _text, name, _format, _conversion in string.Formatter().parse(sentence or "") if name}
        for place, sentence, _values in REFUSED
    }
    assert [place for place, _sentence, values in REFUSED if fields[place] != values] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_refusal_is_said_in_every_language(language: Language) -> None:
    """No sentence is missing in a catalogue, and none is left in English."""
    catalogue = read(language)
    wrong = []
    for place, sentence, _values in REFUSED:
        message = catalogue.get(sentence or "")
        if message is None or not message.string or message.string == sentence:
            wrong.append((place, sentence))
    assert wrong == []


def test_numbers_are_written_as_the_language_writes_them() -> None:
    """In English, too, where the refusal is read as it is."""
    with pytest.raises(BadPin) as caught:
        checked_pin("x" * (MAX_PIN_LENGTH + 1))
    assert str(caught.value) == caught.value.told(say) == "Shorten the example to at most 2,000 characters."
    with speaking(Language.GERMAN):
        assert caught.value.told(say) == "Kürze das Beispiel auf höchstens 2.000 Zeichen."


def test_what_a_text_is_read_as_is_told_in_the_language() -> None:
    """The values are an author's words, and stay, even where they look like placeholders."""
    text = "# A\n## Rules\n### R1 {rule}\nBreaks it: {text}\n## Mood\nkind\n"
    with speaking(Language.GERMAN):
        assert list(told(understand(text), say)) == [
            "Diese Richtlinie ist in Bylaws Format. Sie wird unverändert gespeichert.",
            "Regeln: 1",
            "R1 {rule} (mittlerer Schweregrad)",
            "  Verstoß: {text}",
            "  Beispiele: 0 mit Verstoß, 0 erlaubt",
            "Abschnitte mit Hinweisen, die zu jeder Nachricht gelesen werden: 1",
            "  Mood: kind",
        ]


def test_conflicts_are_named_in_the_language() -> None:
    """The rule by its title, and what in it both sides changed."""
    text = "# {title}\n## Rules\n### R1 Spam\nBreaks it: {rule}\n"
    base, ours, theirs = (text.format(title=each, rule=each) for each in ("a", "b", "c"))
    conflicts = merge(base, ours, theirs).conflicts
    assert [each.told(in_english) for each in conflicts] == ["title", "R1 Spam, breaks it"]
    with speaking(Language.GERMAN):
        assert [each.told(say) for each in conflicts] == ["Titel", "R1 Spam, Verstoß"]
