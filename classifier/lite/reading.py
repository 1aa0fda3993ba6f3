"""A text prepared for comparison, once for all policies: folded, without what it reports of others, cut into chunks.

A text counts as the set of its words and of the letter triples inside them, so that a changed ending costs little and
a changed word costs one word. It is cut into chunks of a few words; every run of neighbouring chunks is a window that
can be compared with an example. So one sentence is found in a long text.
"""

from __future__ import annotations

import functools
import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from classifier.folding import fold, folded_readings, skeleton
from classifier.lite.reported import own_words

Vector = Mapping[str, float]  #: feature -> weight, all above 0

_CHUNK = 12  # characters: two or three English words
_SHORTEST_CHUNK = 6  # a sentence's end closes a chunk only from here on, so that "a. b. c." makes few chunks

_WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]"  # scripts without spaces: each letter by itself
    r"|[^\W_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+"
    r"|[\u2190-\u2bff\U0001f000-\U0001faff]"  # arrows, symbols, emoji
    r"|[.!?;\n。！？]"
)
#: Words with signs between them and no blanks, outside of addresses. A start is never inside such a group: linear time.
_JOINED_WORDS = re.compile(r"(?<![\w/.:\-+~])[^\W_]+(?:[._\-+~,*…·/|–—]+[^\W_]+)+(?![\w/])")
#: Three words or more with the same signs between them all: ``go, a, way``.
_PARTED_WORDS = re.compile(r"(?<![\w/.:])[^\W_]+( ?[^\w\s'\"]{1,3} ?)[^\W_]+(?:\1[^\W_]+)+(?![\w/])")
_JOINT = re.compile(r"[\W_]+")
_ENDS = frozenset(".!?;\n。！？")
#: In many languages short words are mostly grammar and say little about the topic.
_WEIGHT_BY_LENGTH = {1: 0.2, 2: 0.35, 3: 0.5, 4: 0.75}
_LONGEST_WORD = 32  # of a longer one only so much is looked at
_WORDS_KEPT = 20_000

_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """A text cut into groups of a few words."""

    each: tuple[Vector, ...]
    whole: Vector  #: all of them together
    length: float  #: of `whole`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every policy needs of a text."""

    comparable: str  #: the whole text, for asking whether it *is* an example: letters and digits alone
    texts: tuple[bytes, ...]  #: the writer's own words in every reading, in UTF-8, for patterns
    chunks: Chunks  #: of the writer's own words in their likeliest reading
    reports: bool  #: something was left out, because it quotes or reports others


def read(text: str) -> Reading:
    """Fold the text and cut it up. Takes some 0.1 ms for a line of chat, grows with the length."""
    folded = folded_readings(text)
    likeliest = own_words(folded[0])
    texts = dict.fromkeys((own_words(text), likeliest, *map(own_words, (*folded[1:], *_parted(text)))))
    return Reading(
        comparable=comparable(folded[0]),
        texts=tuple(each.encode() for each in texts if each),
        chunks=cut(likeliest),
        reports=likeliest != folded[0],
    )


def _parted(text: str) -> Iterator[str]:
    """The text and the folded text with blanks for the signs that join words, if any do: ``go.away`` is two words."""
    parted = text
    for joined in (_JOINED_WORDS, _PARTED_WORDS):
        parted = joined.sub(lambda words: _JOINT.sub(" ", words[0]), parted)
    if parted != text:
        yield from (parted, fold(parted))


def comparable(folded: str) -> str:
    """A folded text without punctuation, spelling alike what sounds or looks alike."""
    return " ".join(skeleton(folded).translate(_PUNCTUATION).split())


def cut(folded: str) -> Chunks:
    """A folded text in chunks."""
    each = tuple(vector(words) for words in _groups(folded))
    whole = union(each)
    return Chunks(each=each, whole=whole, length=length_of(whole))


def words_of(folded: str) -> list[str]:
    """The words of a folded text that count."""
    return [word for group in _groups(folded) for word in group]


def _groups(folded: str) -> Iterator[list[str]]:
    """The words of the text in groups that end with a sentence or after a few words."""
    chunk: list[str] = []
    length = 0
    for word in _WORD.findall(folded):
        if word not in _ENDS:
            chunk.append(word)
            length += len(word)
        if length >= _CHUNK or (word in _ENDS and length >= _SHORTEST_CHUNK):
            yield chunk
            chunk, length = [], 0
    if chunk:
        yield chunk


def vector(words: Sequence[str]) -> Vector:
    """The features of the words; one that comes up twice counts once."""
    return union([dict(_features(word[: 2 * _LONGEST_WORD])) for word in words])


def union(vectors: Sequence[Vector]) -> Vector:
    """All features of the vectors; one that comes up twice counts once."""
    if len(vectors) == 1:
        return vectors[0]
    found: dict[str, float] = {}
    for each in vectors:
        for feature, weight in each.items():
            if weight > found.get(feature, 0.0):
                found[feature] = weight
    return found


def length_of(vector: Vector) -> float:
    """The Euclidean length."""
    return math.sqrt(sum(weight * weight for weight in vector.values()))


def weight_of(word: str) -> float:
    """The weight of a word, up to 1."""
    return _WEIGHT_BY_LENGTH.get(len(word), 1.0) if word.isascii() else 1.0


@functools.lru_cache(maxsize=_WORDS_KEPT)
def _features(word: str) -> tuple[tuple[str, float], ...]:
    """The word itself and its letter triples, which together weigh as much as the word."""
    weight = weight_of(word)
    word = skeleton(word)[:_LONGEST_WORD]
    padded = f"<{word}>"
    triples = dict.fromkeys(padded[start : start + 3] for start in range(len(padded) - 2))  # a set would be unordered
    share = weight / len(triples) ** 0.5
    return ((word, weight), *((f"~{triple}", share) for triple in triples))
