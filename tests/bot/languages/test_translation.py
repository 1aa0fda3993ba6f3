"""Texts, numbers and lengths come in the language that is spoken."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.languages.language import OWN_NAMES, Language, known_language, language_of
from bot.languages.translation import _, language_name, length, ngettext, number, said, speak, speaking, spoken
from bot.moderation.servers.languages import LANGUAGES, language_named


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-US", Language.ENGLISH),
        ("en-GB", Language.ENGLISH),
        ("de", Language.GERMAN),
        ("fr", Language.FRENCH),
        ("es-ES", Language.SPANISH),
        ("es-419", Language.SPANISH),
        ("pt-BR", Language.PORTUGUESE),
        ("ja", Language.JAPANESE),
        ("zh-CN", Language.ENGLISH),
        ("unknown", Language.ENGLISH),
        ("", Language.ENGLISH),
    ],
)
def test_locales_of_discord(locale: str, language: Language) -> None:
    """Each has a language, and English is for those that Bylaw does not speak."""
    assert language_of(locale) is language


def test_languages_by_their_stored_values() -> None:
    """A language is found by what is kept of it, and every one has a name for people."""
    assert all(known_language(language.value) is language for language in Language)
    assert known_language("zh-CN") is None
    assert set(OWN_NAMES) == set(Language)


def test_english_is_spoken_unless_somebody_says_otherwise() -> None:
    """The block is left as it was entered, whatever happens in it."""
    assert _("Your answer") == "Your answer"
    with speaking(Language.GERMAN):
        assert _("Your answer") == "Deine Antwort"
    with pytest.raises(KeyError, match="number"), speaking(Language.GERMAN):
        _("Case {number}", other=1)
    assert spoken() is Language.ENGLISH


async def test_a_task_speaks_its_own_language() -> None:
    """What two people do at the same time is answered in two languages, and what a task starts speaks as it does."""

    async def answer() -> str:
        await asyncio.sleep(0)
        return _("You can appeal case {number}.", number=7)

    async def ask(language: Language) -> str:
        speak(language)
        return await asyncio.create_task(answer())

    answers = await asyncio.gather(ask(Language.GERMAN), ask(Language.FRENCH), answer())
    assert answers == [
        "Du kannst gegen Fall 7 Einspruch einlegen.",
        "Tu peux faire appel dans le dossier 7.",
        "You can appeal case 7.",
    ]


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (Language.ENGLISH, ("0 rules", "1 rule", "1,234 rules")),
        (Language.GERMAN, ("0 Regeln", "1 Regel", "1.234 Regeln")),
        (Language.FRENCH, ("0 règle", "1 règle", "1\u202f234 règles")),
        (Language.PORTUGUESE, ("0 regra", "1 regra", "1.234 regras")),
        (Language.JAPANESE, ("0件のルール", "1件のルール", "1,234件のルール")),
    ],
)
def test_plural_forms(language: Language, texts: tuple[str, ...]) -> None:
    """Each language counts in its own way, and writes its numbers so."""
    with speaking(language):
        assert tuple(ngettext("{n} rule", "{n} rules", n) for n in (0, 1, 1_234)) == texts


def test_lengths_and_numbers() -> None:
    """In the largest whole unit, so that nothing is rounded."""
    lengths = (timedelta(hours=1), timedelta(minutes=90), timedelta(days=7))
    assert [length(each) for each in lengths] == ["1 hour", "90 minutes", "7 days"]
    with speaking(Language.GERMAN):
        assert [length(each) for each in lengths] == ["1 Stunde", "90 Minuten", "7 Tage"]
        assert number(12_345) == "12.345"


def test_values_are_not_read_as_texts() -> None:
    """Whatever somebody wrote stands there as they wrote it, braces and all."""
    with speaking(Language.GERMAN):
        assert _("**Why:** {reason}", reason="{number} {0.__class__}") == "**Grund:** {number} {0.__class__}"
    assert _("") == ""


@pytest.mark.parametrize(
    ("language", "names"),
    [
        (Language.ENGLISH, ("German", "Portuguese (Brazil)", "Bengali", "Klingonese")),
        (Language.GERMAN, ("Deutsch", "Portugiesisch (Brasilien)", "Bengalisch", "Klingonese")),
        (Language.JAPANESE, ("ドイツ語", "ポルトガル語 (ブラジル)", "ベンガル語", "Klingonese")),
    ],
)
def test_names_of_languages(language: Language, names: tuple[str, ...]) -> None:
    """Those that Babel has under another name in English, too; one that nobody knows stays as it is."""
    with speaking(language):
        assert tuple(map(language_name, ("German", "Portuguese (Brazil)", "Bengali", "Klingonese"))) == names


def test_every_language_of_rationales_has_a_name_in_every_language() -> None:
    """So nobody has to know what English calls theirs."""
    for language in Language:
        with speaking(language):
            assert len({language_name(name) for name in LANGUAGES}) == len(LANGUAGES)
            assert all(language_named(language_name(name).upper()) == name for name in LANGUAGES)


def test_a_line_is_a_text_or_says_itself() -> None:
    """Whoever posts it knows in which language."""
    with speaking(Language.GERMAN):
        assert said("**Why:** {reason}", reason="x") == "**Grund:** x"
        assert said(lambda: number(1_000)) == "1.000"
