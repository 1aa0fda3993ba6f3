"""The languages that a server can choose for rationales, by the English names that models know.

People can also type and choose them by their names in the current language.
"""

from __future__ import annotations

from bot.languages.translation import language_name

LANGUAGES = (
    "Arabic", "Armenian", "Basque", "Bengali", "Bulgarian", "Catalan", "Chinese (Simplified)", "Chinese (Traditional)",
    "Croatian", "Czech", "Danish", "Dutch", "English", "Estonian", "Finnish", "French", "Galician", "Georgian",
    "German", "Greek", "Hebrew", "Hindi", "Hungarian", "Icelandic", "Indonesian", "Irish", "Italian", "Japanese",
    "Korean", "Latvian", "Lithuanian", "Malay", "Marathi", "Norwegian", "Persian", "Polish", "Portuguese",
    "Portuguese (Brazil)", "Punjabi", "Romanian", "Russian", "Serbian", "Slovak", "Slovenian", "Spanish", "Swahili",
    "Swedish", "Tagalog", "Tamil", "Telugu", "Thai", "Turkish", "Ukrainian", "Urdu", "Vietnamese", "Welsh",
)  # fmt: skip


def language_named(text: str) -> str | None:
    """Normalise the name of a language that somebody typed. None if it isn't in the list."""
    typed = " ".join(text.split()).casefold()
    return next((name for name in LANGUAGES if typed in _names(name)), None)


def languages_like(text: str, *, most: int = 25) -> tuple[str, ...]:
    """The languages whose names contain what was typed so far; those that begin with it come first."""
    typed = text.strip().casefold()
    found = [name for name in LANGUAGES if any(typed in each for each in _names(name))]
    return tuple(sorted(found, key=lambda name: not any(each.startswith(typed) for each in _names(name)))[:most])


def _names(name: str) -> tuple[str, str]:
    return name.casefold(), language_name(name).casefold()
