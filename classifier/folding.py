"""Text as it is meant to be read: look-alike letters, invisible characters and spaced-out words undone.

Members who dodge a rule write ``frее n1tr0`` with Cyrillic letters, ``f r e e``, ``freeee``, or put a zero-width
space or a custom emoji between the letters. `fold` takes all of these back to the plain word. It is lossy on purpose
and serves only to compare: nothing folded is stored. The lite judge compares folded texts; the model reads the
original and, where that is disguised, the folded text beside it (`undisguised`).

The look-alikes are Unicode's own (UTS 39, through the package confusable-homoglyphs, whose table is read from disk at
first use). Time is linear in the length of the text: no expression here goes over a stretch of text twice.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

from classifier.discord_markup import as_read, hides_a_word

#: Letters and signs without a mark of their own that show nothing: fillers of Hangul and Khmer, the empty Braille cell.
_BLANKS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LINE_BREAKS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
#: Combining marks, format and control characters, lone surrogates, characters of private use.
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc", "Cs", "Co"})

_LETTER_IN_NAME = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?LETTER|REGIONAL INDICATOR SYMBOL LETTER) (?:SMALL CAPITAL )?([A-Z])(?: WITH .+)?\Z"
)
_LETTERS = re.compile(r"[^\W\d_]+")

_ASCII_LETTER = re.compile(r"[A-Za-z]")

#: Three letters or more, each alone, with the same separator between them all.
_SEPARATED = re.compile(r"(?<![^\W_])[^\W_]( ?[.\-_*~|/,·•] ?| )[^\W_](?![^\W_])(?:\1[^\W_](?![^\W_]))+")
_SEPARATOR = re.compile(r"[\W_]+")
_BAR_FOR_I = re.compile(r"(?<=[a-z])[!|](?=[a-z])")
_MARKUP_AT_WORD = re.compile(r"(?<=[^\W_])[*_~`|\\]++|(?<![*_~`|\\])[*_~`|\\]++(?=[^\W_])")
_SIGN_AT_LETTER = re.compile(r"[a-z][0-9$@]|[0-9$@][a-z]")
_SIGNS_IN_WORD = re.compile(r"[a-z0-9$][a-z0-9$@]+")
#: Read as words where a longer word of the text has signs for letters too: ``g0 k1ll it``.
_SHORT_WITH_SIGN = re.compile(r"(?<![^\W_])(?:[dgnst]0|[bhmw]3|1[fnst])(?![^\W_])")
_RUN_OF_THREE = re.compile(r"(\S)\1{2,}")
_SPACE = re.compile(r"[^\S\n]{2,}|[^\S\n ]")

#: Signs that a text was written so that people read it and machines miss it.
_SIGN_INSIDE_WORD = re.compile(r"[A-Za-z][013457$][A-Za-z]")
_FLAG_LETTERS = re.compile(r"[\U0001f1e6-\U0001f1ff]{3,}|(?:[\U0001f1e6-\U0001f1ff][\s\u200b]+){3,}")

_SIGNS = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s"}
_ONE_AS_I = str.maketrans(_SIGNS | {"1": "i"})
_ONE_AS_L = str.maketrans(_SIGNS | {"1": "l"})


def fold(text: str) -> str:
    """The text in small plain letters, in its likeliest reading. Line breaks stay, other space becomes one blank."""
    return folded_readings(text)[0]


def readings(text: str) -> tuple[str, ...]:
    """The text itself and every folded reading of it: ``1`` as ``i`` or ``l``, stretched letters once or twice, markup
    between two letters as nothing or as a blank."""
    return tuple(dict.fromkeys((text, *folded_readings(text))))


def folded_readings(text: str) -> tuple[str, ...]:
    """The folded readings alone, the likeliest first: what `fold` gives."""
    shown = dict.fromkeys((as_read(text), as_read(text, between=" ")))
    return tuple(dict.fromkeys(reading for each in shown for reading in _read(_plain(each))))


def undisguised(text: str) -> str:
    """The folded text where the original hides its letters from a reader of tokens; empty where it does not.

    Hidden are letters that look like others inside a word or in a text of mostly Latin letters, styled and circled
    letters, invisible characters and Discord's markup inside a word, digits and signs for letters inside a word, and
    words in spaced letters. Accents, capitals, slang, stretched words and other scripts are not disguises.
    """
    return fold(text) if _is_disguised(text) else ""


def _is_disguised(text: str) -> bool:
    if _SIGN_INSIDE_WORD.search(text) or _SEPARATED.search(text) or hides_a_word(text):
        return True
    if text.isascii():
        return False
    if _FLAG_LETTERS.search(text) or any(map(_is_styled_letter, set(text))):
        return True
    letters = [character for character in text if character.isalpha()]
    mostly_latin = sum(character.isascii() for character in letters) * 2 > len(letters)
    return any(
        _without_disguise(word) != word and (mostly_latin or _ASCII_LETTER.search(word) is not None)
        for word in _LETTERS.findall(text)
    )


@functools.lru_cache(maxsize=4096)
def _is_styled_letter(character: str) -> bool:
    """``𝖋``, ``ⓕ``, ``🅵``: a Latin letter with a style in its code, other than full-width forms and ligatures."""
    if character.isascii() or unicodedata.decomposition(character).startswith(("<wide>", "<compat>", "<super>")):
        return False
    styled = unicodedata.normalize("NFKC", character)
    named = re.fullmatch(r"(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN .+", unicodedata.name(character, ""))
    return named is not None or (
        len(styled) == 1 and styled.isascii() and styled.isalpha() and "<" in unicodedata.decomposition(character)
    )


def skeleton(folded: str) -> str:
    """Folded text reduced further, for comparing alone: ``l`` is ``i``, doubled letters are single."""
    return re.sub(r"(\S)\1+", r"\1", folded.replace("l", "i"))


def _plain(text: str) -> str:
    """Undo Unicode disguises, then case."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text.lower()
    # Letter by letter: normalising a whole text takes quadratic time when one letter carries thousands of marks.
    text = text.translate({ord(character): _plain_character(character) for character in set(text)})
    # Twice, because some letters look alike only as capitals and others only as small ones.
    text = _without_disguise(_without_disguise(text).casefold())
    return unicodedata.normalize("NFC", text)


@functools.lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character in _LINE_BREAKS:
        return "\n"
    if character.isascii():
        return character if character.isprintable() or character == "\t" else ""
    parts = unicodedata.normalize("NFKD", character)
    seen = [part for part in parts if unicodedata.category(part) not in _UNSEEN and part not in _BLANKS]
    # One Arabic sign stands for eighteen letters; a text of them must not grow eighteenfold.
    return "".join(_named_letter(part) for part in seen) if len(seen) <= 4 else " "


def _without_disguise(text: str) -> str:
    """Words in plain letters if they mix these with look-alikes, or have nothing but look-alikes; the others as is."""
    if text.isascii():
        return text
    alike = {ord(character): _look_alike(character) for character in set(text) if not character.isascii()}

    def plain(match: re.Match[str]) -> str:
        word = match[0].translate(alike)
        return word if word.isascii() or _ASCII_LETTER.search(match[0]) else match[0]

    return _LETTERS.sub(plain, text)


def _named_letter(character: str) -> str:
    """``ø`` is named LATIN SMALL LETTER O WITH STROKE, so it is an o; likewise circled, squared and flag letters."""
    match = _LETTER_IN_NAME.search(unicodedata.name(character, ""))
    return match[1].lower() if match else character


@functools.lru_cache(maxsize=4096)
def _look_alike(character: str) -> str:
    """The plain letter that this one is easily taken for; the character itself if there is none."""
    twins = [twin["c"] for twin in _table().get(character, ())]
    for twin in twins:
        if len(twin) == 1 and twin.isascii() and twin.isalpha():
            return twin
    for twin in twins:
        if len(twin) == 1 and _named_letter(twin) != twin:
            return _named_letter(twin)
    return character


@functools.cache
def _table() -> dict[str, list[dict[str, str]]]:
    from confusable_homoglyphs.confusables import confusables_data  # it reads a file of 900 kB when imported

    table: dict[str, list[dict[str, str]]] = confusables_data
    return table


def _read(plain: str) -> Iterator[str]:
    """Undo what members do with plain letters: spaced words, signs for letters, stretched words. Every reading."""
    text = _SEPARATED.sub(lambda match: _SEPARATOR.sub("", match[0]), plain)
    text = _MARKUP_AT_WORD.sub("", _BAR_FOR_I.sub("i", text))
    for spelt in _without_signs(text):
        for stretch in (r"\1\1", r"\1") if _RUN_OF_THREE.search(spelt) else ("",):
            unstretched = _RUN_OF_THREE.sub(stretch, spelt) if stretch else spelt
            yield _SPACE.sub(" ", unstretched).strip()


def _without_signs(text: str) -> Iterator[str]:
    """The text with letters for the signs in its words. ``1`` can be two letters, so there may be two such texts."""
    if not _SIGN_AT_LETTER.search(text):
        yield text
        return
    for signs in (_ONE_AS_I, _ONE_AS_L) if "1" in text else (_ONE_AS_I,):
        spelt = _SIGNS_IN_WORD.sub(functools.partial(_signs_as_letters, signs=signs), text)
        yield spelt if spelt == text else _SHORT_WITH_SIGN.sub(lambda word: word[0].translate(_ONE_AS_I), spelt)


def _signs_as_letters(match: re.Match[str], signs: dict[int, str]) -> str:
    word = match[0]
    letters = sum(character.isalpha() for character in word)
    mixed = letters >= 2 and 0 < len(word) - letters <= letters + 1
    return word.translate(signs) if mixed else word
