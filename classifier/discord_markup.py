"""Discord's markup as its readers see it, for texts that are compared with others.

``but[l](<https://example.org>)er``, ``but<:x:1>ler`` and ``bu**tl**er`` all reach a reader as one word. `as_read`
takes the markup inside words away and shows masked links by their text, so that `classifier.folding` compares the word.
It is lossy: nothing it returns is ever shown or stored. Time is linear in the length of the text.
"""

from __future__ import annotations

import re

#: Characters that show nothing: soft hyphens, joiners, fillers, direction marks, variation selectors, private use.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)

_SHOWS_NOTHING = "*_~`|\\\u200b\u200c\u200d\u2060\ufeff"  # at the ends of a label
_LONGEST_ADDRESS = 2_000  # characters; Discord allows a message 4,000
_LETTER = r"[^\W_]"
#: Letters of the scripts that put spaces between words. Elsewhere an emoji between two letters hides nothing.
_SPACED_LETTER = r"[A-Za-z\u00c0-\u052f]"
_PAIR_OF_LETTERS = re.compile(_SPACED_LETTER + _SPACED_LETTER)
_MASKED_LINK = re.compile(
    r"\[(?P<label>[^\[\]\n]*+)\]"
    rf"\(\s?(?P<address><[^<>\s]{{0,{_LONGEST_ADDRESS}}}+>|[A-Za-z][A-Za-z+.-]{{1,12}}+://[^\s()]{{0,{_LONGEST_ADDRESS}}}+"
    r"(?:\([^\s()]*+\)[^\s()]*+){0,9})"
    r"(?:\s(?:\"[^\"\n]{0,200}+\"|'[^'\n]{0,200}+'))?\s?\)"
)
#: Custom emoji, time stamps, mentions of members, roles, channels and commands, and links to parts of the server.
_ANGLED = r"<(?:a?:\w{1,64}+:\d++|t:-?\d++(?::[A-Za-z])?|(?:@[!&]?|\#)\d++|/[^<>:\n]{1,100}+:\d++|id:\w{1,20}+)>"
_COLOUR = r"\x1b\[[0-9;]{0,16}+m"  #: of a code block in the language ``ansi``
_TOKEN = rf"(?:{_ANGLED}|{_COLOUR})"
_MARKS = rf"[*_~`|\\{INVISIBLE}]*+"
_TOKENS_IN_WORD = re.compile(rf"(?<={_LETTER}){_MARKS}(?:{_TOKEN}{_MARKS})++(?={_LETTER})")
_EMOJI = re.compile(r"<a?(:\w{1,64}+:)\d++>")

_HIDDEN_IN_WORD = re.compile(
    rf"(?<=[A-Za-z])[\x00-\x08\x0e-\x1f\x7f{INVISIBLE}]++(?=[A-Za-z])"
    rf"|(?<={_SPACED_LETTER}){_MARKS}(?:{_TOKEN}{_MARKS})++(?={_SPACED_LETTER})"
)
_FORMATTED_IN_WORD = re.compile(
    r"(?<=[A-Za-z])(?P<mark>\*{1,3}|__|~~|\|\||`{1,2})(?=[A-Za-z])[^\s*_~|`]{1,40}+(?P=mark)"
    r"|(?<![^\s(])(?P<opening>\*{1,3}|__|~~|\|\||`{1,2})(?=[A-Za-z])[^\s*_~|`]{1,40}+(?P=opening)(?=[A-Za-z])"
)


def as_read(text: str, *, between: str = "") -> str:
    """The text with masked links as their text and without markup inside words.

    The addresses of masked links come at the end of their line, so that a pattern for addresses still finds them.

    Args:
        between: what stands for markup between two letters. With an empty string ``but<:x:1>ler`` is one word, with a
            space ``the<:x:1>butler`` is two.
    """
    if "](" in text:
        text = "\n".join(map(_with_links_shown, text.split("\n")))
    if "<" in text or "\x1b" in text:
        text = _EMOJI.sub(r"\1", _TOKENS_IN_WORD.sub(between, text))
    return text


def hides_a_word(text: str) -> bool:
    """Is a word split by something that readers do not see as a split?

    That is a masked link that begins or ends inside a word, custom emoji, time stamps and mentions between letters,
    part of a word in bold, italics, spoiler bars or code, and characters that show nothing between letters.
    """
    if _HIDDEN_IN_WORD.search(text) or _FORMATTED_IN_WORD.search(text):
        return True
    return _is_cut_by_a_link(text)


def _with_links_shown(line: str) -> str:
    addresses: list[str] = []

    def shown(link: re.Match[str]) -> str:
        addresses.append(link["address"].strip("<>"))
        return link["label"]

    line = _MASKED_LINK.sub(shown, line)
    return " ".join([line, *addresses])


def _is_cut_by_a_link(text: str) -> bool:
    """Does a masked link begin or end between two letters, or two of them make one word?"""
    end, last = -1, ""
    for link in _MASKED_LINK.finditer(text):
        label = link["label"].strip(_SHOWS_NOTHING)
        before = last if link.start() == end else text[max(link.start() - 1, 0) : link.start()]
        end, last = link.end(), label[-1:] or before
        if _PAIR_OF_LETTERS.fullmatch(before + label[:1]) or _PAIR_OF_LETTERS.fullmatch(last + text[end : end + 1]):
            return True
    return False
