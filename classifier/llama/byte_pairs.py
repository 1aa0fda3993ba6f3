"""Text to tokens the way the model was trained: o200k's split into words, then byte-pair merges inside each word.

llama.cpp has a tokenizer too. It is not used for text, for three reasons that were measured on llama.cpp 0c1e570 (the
one in llama-cpp-python 0.3.36):

* it turns ``<|start|>`` in a member's text into the control token, also with ``parse_special=False``. Here the merges
  know ordinary tokens only, so no text can become a control token;
* it does not count combining marks as letters, so that a Hindi sentence becomes 18 tokens where the model was
  trained on 10;
* it splits words with a recursive regular expression, which overflows the stack on 30,000 equal letters.

The order of the merges is the order of the ids: a pair of tokens is merged when its bytes are a token, lowest id
first. That holds for o200k, where ids are ranks (https://github.com/openai/tiktoken).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

import re2

# Rust's \s, which o200k's pattern was written for; RE2's own \s knows ASCII only.
_SPACE = r"\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_UPPER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"
_LOWER = r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

# o200k's pattern, but for its `\s+(?!\S)`: RE2 has no lookahead, `split_words` does that step.
_WORD = re2.compile(
    "|".join(
        (
            rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_SUFFIX}",
            rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_SUFFIX}",
            r"\p{N}{1,3}",
            rf" ?[^{_SPACE}\p{{L}}\p{{N}}]+[\r\n/]*",
            rf"[{_SPACE}]*[\r\n]+",
            rf"(?P<blank>[{_SPACE}]+)",
        )
    ).encode()
)
_BLANK = 1  # the group that matches white space without a line break at its end

_MAX_REMEMBERED = 50_000  # words; a few megabytes


class BytePairs:
    """Merges bytes to tokens. `ids` maps the bytes of each ordinary token to its id and has all single bytes."""

    def __init__(self, ids: Mapping[bytes, int]) -> None:
        self._ids = ids
        self._remembered: dict[bytes, tuple[int, ...]] = {}

    def encode(self, text: bytes) -> tuple[int, ...]:
        """The ids of a UTF-8 text."""
        ids: list[int] = []
        for word in split_words(text):
            ids.extend(self._encode_word(word))
        return tuple(ids)

    def _encode_word(self, word: bytes) -> tuple[int, ...]:
        whole = self._ids.get(word)
        if whole is not None:
            return (whole,)
        known = self._remembered.get(word)
        if known is None:
            known = merge(word, self._ids)
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[word] = known
        return known


def split_words(text: bytes) -> Iterator[bytes]:
    """The words of o200k. Of white space before a word, the last character belongs to the word's own match."""
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        end: int = match.end()
        if match.start(_BLANK) >= 0 and end < len(text):
            last = end - 1
            while text[last] & 0xC0 == 0x80:
                last -= 1
            end = last if last > at else end
        yield text[at:end]
        at = end


def merge(word: bytes, ids: Mapping[bytes, int]) -> tuple[int, ...]:
    """Merge the bytes of one word, lowest id first, leftmost first among equals. Takes n log n steps."""
    following = list(range(1, len(word) + 1))
    preceding = list(range(-1, len(word) - 1))
    ends = list(range(1, len(word) + 1))  # where the part that begins at i ends; 0 when it was merged away
    heap: list[tuple[int, int, int]] = []

    def offer(left: int) -> None:
        right = following[left]
        if right < len(word) and (rank := ids.get(word[left : ends[right]])) is not None:
            heapq.heappush(heap, (rank, left, ends[right]))

    for i in range(len(word) - 1):
        offer(i)
    while heap:
        _, left, end = heapq.heappop(heap)
        right = following[left]
        if not ends[left] or right >= len(word) or ends[right] != end:
            continue  # one of the two was merged into another part meanwhile
        ends[left], ends[right] = end, 0
        following[left] = following[right]
        if following[right] < len(word):
            preceding[following[right]] = left
        offer(left)
        if preceding[left] >= 0:
            offer(preceding[left])
    return tuple(ids[word[i : ends[i]]] for i in range(len(word)) if ends[i])
