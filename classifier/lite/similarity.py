"""How close a text comes to labelled examples, sentence by sentence.

A text counts as the set of its words and of the letter triples inside them, so that a changed ending costs little and
a changed word costs one word. It is cut into chunks of a few words; every run of neighbouring chunks is a window, and
the windows that look nearest at first sight are compared exactly. So one sentence is found in a long text.

Work grows with the length of the text and the number of examples: some milliseconds for a 4,000-character message.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.folding import fold, skeleton
from classifier.policy_text import LabelledExample

#: A window so near to an example of a violation, and nearer to it than to any allowed example, counts as a violation.
#: Rewordings of an example mostly lie above 0.65, unrelated chat below 0.45 (``tests/classifier/lite/test_judge.py``).
THRESHOLD = 0.5
#: A short example asks for more, because each of its words alone is a large part of it.
_SHORT_THRESHOLD = 0.9
_THRESHOLD_PER_WEIGHT = 0.1
_MARGIN = 0.02

_CHUNK = 12  # characters: two or three English words
_SHORTEST_CHUNK = 6  # a sentence's end closes a chunk only from here on, so that "a. b. c." makes few chunks
_LONGEST_WINDOW = 14  # chunks
_MOST_COMPARED = 48  # windows that are compared exactly
_WORTH_COMPARING = 0.25

_WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]"  # scripts without spaces: each letter by itself
    r"|[^\W_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+"
    r"|[\u2190-\u2bff\U0001f000-\U0001faff]"  # arrows, symbols, emoji
    r"|[.!?;\n。！？]"
)
_ENDS = frozenset(".!?;\n。！？")
#: Short words are mostly grammar, in many languages: they say little about what a sentence is about.
_WEIGHT_BY_LENGTH = {1: 0.2, 2: 0.35, 3: 0.5, 4: 0.75}
_LONGEST_WORD = 32  # of a longer one only so much is looked at

_Vector = Mapping[str, float]  # feature -> weight, all above 0
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The window that looks most like a violation, and the examples nearest to it."""

    score: float  #: 0..1; from 0.5 on it counts as a violation
    violating: int  #: index of the example
    similarity: float  #: to the violating example, 0..1
    allowed: int | None  #: index of the example; None if there is no allowed example
    allowed_similarity: float


class Examples:
    """Labelled examples, ready for comparison."""

    def __init__(self, examples: Sequence[LabelledExample]) -> None:
        words = [[word for chunk in _chunks(example.text) for word in chunk] for example in examples]
        vectors = [_vector(group) for group in words]
        self._lengths = np.array([_length(vector) for vector in vectors])
        weights = np.array([sum(map(_weight, group)) for group in words])
        self._thresholds = np.maximum(THRESHOLD, _SHORT_THRESHOLD - _THRESHOLD_PER_WEIGHT * weights)
        usable = self._lengths > 0  # an example without a word is like nothing
        violates = np.array([example.violates for example in examples], dtype=bool)
        self._violating = np.flatnonzero(violates & usable)
        self._allowed = np.flatnonzero(~violates & usable)
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, vector in enumerate(vectors):
            for feature, weight in vector.items():
                self._postings[feature].append((index, weight))

    def nearest(self, text: str) -> Nearest | None:
        """The window of `text` that speaks most for a violation; None without words or without violating examples."""
        chunks = [_vector(words) for words in _chunks(text)]
        if not chunks or not len(self._violating):
            return None
        return max(
            (self._compare(_union(chunks[start:end])) for start, end in self._promising(chunks)),
            key=lambda nearest: (nearest.score, nearest.similarity),
        )

    def _promising(self, chunks: Sequence[_Vector]) -> list[tuple[int, int]]:
        """The windows worth comparing, judged by the sums of their chunks: exact but for words that come up twice."""
        overlaps = np.cumsum([np.zeros(len(self._lengths)), *map(self._overlaps, chunks)], axis=0)[:, self._violating]
        squares = np.cumsum([0.0, *(_length(chunk) ** 2 for chunk in chunks)])
        found: list[tuple[float, int, int]] = []
        for size in range(1, min(_LONGEST_WINDOW, len(chunks)) + 1):
            lengths = np.sqrt(squares[size:] - squares[:-size])[:, None]
            near = _similarity(overlaps[size:] - overlaps[:-size], lengths, self._lengths[self._violating]).max(axis=1)
            found += [(-float(value), start, start + size) for start, value in enumerate(near)]
        found.sort()
        worth = [(start, end) for value, start, end in found[:_MOST_COMPARED] if -value >= _WORTH_COMPARING]
        return worth or [found[0][1:]]

    def _compare(self, window: _Vector) -> Nearest:
        near = _similarity(self._overlaps(window), np.array(_length(window)), self._lengths)
        allowed = int(self._allowed[near[self._allowed].argmax()]) if len(self._allowed) else None
        allowed_similarity = float(near[allowed]) if allowed is not None else 0.0
        violating = near[self._violating]
        limit = np.maximum(self._thresholds[self._violating], allowed_similarity + _MARGIN)
        score = np.where(
            violating >= limit,
            0.5 + 0.5 * (violating - limit) / np.maximum(1.0 - limit, _MARGIN),
            0.49 * violating / limit,
        ).clip(0.0, 1.0)
        best = int(score.argmax())
        return Nearest(
            score=float(score[best]),
            violating=int(self._violating[best]),
            similarity=float(violating[best]),
            allowed=allowed,
            allowed_similarity=allowed_similarity,
        )

    def _overlaps(self, vector: _Vector) -> _Floats:
        """The inner product of the vector with each example."""
        overlaps = [0.0] * len(self._lengths)
        for feature, weight in vector.items():
            for index, other in self._postings.get(feature, ()):
                overlaps[index] += weight * other
        return np.array(overlaps)


def _similarity(overlaps: _Floats, window_lengths: _Floats, example_lengths: _Floats) -> _Floats:
    """Cosine, lowered for a window that is shorter than the example: half of a sentence is not the sentence."""
    lengths = np.maximum(window_lengths, example_lengths) * example_lengths
    return np.divide(overlaps, lengths, out=np.zeros_like(overlaps), where=lengths > 0).clip(0.0, 1.0)


def _length(vector: _Vector) -> float:
    return math.sqrt(sum(weight * weight for weight in vector.values()))


def _union(vectors: Sequence[_Vector]) -> _Vector:
    """All features of the vectors; one that comes up twice counts once."""
    union: dict[str, float] = {}
    for vector in vectors:
        for feature, weight in vector.items():
            if weight > union.get(feature, 0.0):
                union[feature] = weight
    return union


def _vector(words: Sequence[str]) -> _Vector:
    return _union([dict(_features(word)) for word in words])


def _features(word: str) -> Iterator[tuple[str, float]]:
    """The word itself and its letter triples, which together weigh as much as the word."""
    weight = _weight(word)
    word = skeleton(word)[:_LONGEST_WORD]
    yield word, weight
    padded = f"<{word}>"
    triples = dict.fromkeys(padded[start : start + 3] for start in range(len(padded) - 2))  # a set would be unordered
    for triple in triples:
        yield f"~{triple}", weight / len(triples) ** 0.5


def _weight(word: str) -> float:
    return _WEIGHT_BY_LENGTH.get(len(word), 1.0) if word.isascii() else 1.0


def _chunks(text: str) -> Iterator[list[str]]:
    """The words of the text in groups that end with a sentence or after a few words."""
    chunk: list[str] = []
    length = 0
    for word in _WORD.findall(fold(text)):
        if word not in _ENDS:
            chunk.append(word)
            length += len(word)
        if length >= _CHUNK or (word in _ENDS and length >= _SHORTEST_CHUNK):
            yield chunk
            chunk, length = [], 0
    if chunk:
        yield chunk
