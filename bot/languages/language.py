"""The languages that Bylaw speaks, and which of them a locale of Discord's means."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language of Bylaw's. The values are stored, and name the catalogues in `po/`."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    PORTUGUESE = "pt-BR"
    JAPANESE = "ja"

    @property
    def babel(self) -> str:
        """Its name for Babel."""
        return self.value.replace("-", "_")


#: What its speakers call each language.
OWN_NAMES = {
    Language.ENGLISH: "English",
    Language.GERMAN: "Deutsch",
    Language.FRENCH: "Français",
    Language.SPANISH: "Español",
    Language.PORTUGUESE: "Português do Brasil",
    Language.JAPANESE: "日本語",
}
_BY_FIRST_PART = {language.value.split("-")[0]: language for language in Language}


def known_language(locale: str) -> Language | None:
    """The language of a locale such as ``es-419``; None if Bylaw does not speak it."""
    return _BY_FIRST_PART.get(locale.split("-")[0].lower())


def language_of(locale: str) -> Language:
    """The same, with English for what Bylaw does not speak."""
    return known_language(locale) or Language.ENGLISH
