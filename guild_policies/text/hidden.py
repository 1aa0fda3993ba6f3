"""Invisible characters, and texts that consist only of them.

``str.strip`` only removes spaces, so a text of zero-width characters would pass for words: an appeal that nobody can
read, a reason that says nothing, a rule in force without a sentence.
"""

from __future__ import annotations

import unicodedata

#: Letters and marks that look like empty space, among them the fillers of Hangul and Khmer and the empty Braille cell.
_LOOK_EMPTY = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0")
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})
_VARIATION_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def is_hidden(character: str) -> bool:
    """Is it a control character except the tab, a direction mark, of zero width, a lone surrogate or a blank letter?"""
    return (unicodedata.category(character) in _HIDDEN and character != "\t") or character in _LOOK_EMPTY


def is_blank(text: str) -> bool:
    """Does it show nothing: only spaces, hidden characters, and marks that change how the one before looks?"""
    return all(each.isspace() or is_hidden(each) or each in _VARIATION_SELECTORS for each in text)
