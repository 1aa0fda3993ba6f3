"""The languages of Bylaw's texts, and their Discord locales."""

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
        """Babel's name for it."""
        return self.value.replace("-", "_")


#: The native name of each language.
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
    """The language of a locale such as ``es-419``; None if Bylaw doesn't support it."""
    return _BY_FIRST_PART.get(locale.split("-")[0].lower())


def language_of(locale: str) -> Language:
    """The same, with English for unsupported languages."""
    return known_language(locale) or Language.ENGLISH
