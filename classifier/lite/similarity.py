"""How similar a text is to labelled examples, window by window.

Most texts share too few words with any example to be similar: a quick check sees that, and they are compared as a
whole. Of the others, the windows that look nearest are compared exactly. The more windows a text has, the likelier one
of them looks like an example by chance; so a longer text needs a higher similarity.

Work grows with the length of the text and the number of examples: some milliseconds for a 4,000-character message.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.folding import fold
from classifier.lite.reading import Chunks, Vector, length_of, union, vector, weight_of, words_of
from classifier.policy_text import LabelledExample

#: A window so near to an example of a violation, and nearer to it than to any allowed example, counts as a violation.
#: Rewordings of an example mostly lie above 0.65, unrelated chat below 0.45 (``tests/classifier/lite/test_judge.py``).
THRESHOLD = 0.55
#: A short example asks for more, because each of its words alone is a large part of it.
_SHORT_THRESHOLD = 0.9
_THRESHOLD_PER_WEIGHT = 0.1
#: How much the threshold rises each time that the number of windows doubles, beyond those of a line of chat. Measured
#: on clean lines joined to texts of 60 to 4,000 characters: so much nearer comes the nearest window of the 99th of 100
#: texts.
_THRESHOLD_PER_DOUBLING = 0.02
_WINDOWS_OF_A_LINE = 16
_MARGIN = 0.02

_LONGEST_WINDOW = 14  # chunks
_MOST_COMPARED = 48  # windows that are compared exactly
_WORTH_COMPARING = 0.25

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
        words = [words_of(fold(example.text)) for example in examples]
        vectors = [vector(group) for group in words]
        self._lengths = np.array([length_of(each) for each in vectors])
        weights = np.array([sum(map(weight_of, group)) for group in words])
        self._thresholds = np.maximum(THRESHOLD, _SHORT_THRESHOLD - _THRESHOLD_PER_WEIGHT * weights)
        usable = self._lengths > 0  # an example without words is similar to nothing
        violates = np.array([example.violates for example in examples], dtype=bool)
        self._violating = np.flatnonzero(violates & usable)
        self._allowed = np.flatnonzero(~violates & usable)
        # The same as lists, which are quicker to go through where there are few.
        self._violating_indices: list[int] = self._violating.tolist()
        self._allowed_indices: list[int] = self._allowed.tolist()
        self._each_length: list[float] = self._lengths.tolist()
        self._each_threshold: list[float] = self._thresholds.tolist()
        # The overlap below which no window of a text can be near enough to the example.
        least = np.where(violates & usable, self._thresholds * self._lengths**2, np.inf)
        self._least: list[float] = least.tolist()
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, each in enumerate(vectors):
            for feature, weight in each.items():
                self._postings[feature].append((index, weight))

    def nearest(self, text: Chunks) -> Nearest | None:
        """The window of the text that speaks most for a violation; None without words or without violating examples."""
        if not text.each or not len(self._violating):
            return None
        overlaps = self._overlaps(text.whole)
        if all(map(operator.lt, overlaps, self._least)):
            return self._far(overlaps, text.length)
        windows = self._promising(text.each)
        more = _THRESHOLD_PER_DOUBLING * max(0.0, math.log2(_window_count(len(text.each)) / _WINDOWS_OF_A_LINE))
        return max(
            (self._compare(union(text.each[start:end]), more) for start, end in windows),
            key=lambda nearest: (nearest.score, nearest.similarity),
        )

    def _far(self, overlaps: list[float], length: float) -> Nearest:
        """What `_compare` returns for a text none of whose windows can be similar: the same figures, without arrays."""
        near = [
            min(1.0, overlap / (max(length, other) * other)) if other else 0.0
            for overlap, other in zip(overlaps, self._each_length, strict=True)
        ]
        allowed = max(self._allowed_indices, key=near.__getitem__, default=None)
        allowed_similarity = near[allowed] if allowed is not None else 0.0
        least = allowed_similarity + _MARGIN
        scores = [0.49 * near[index] / max(self._each_threshold[index], least) for index in self._violating_indices]
        best = scores.index(max(scores))
        violating = self._violating_indices[best]
        return Nearest(
            score=scores[best],
            violating=violating,
            similarity=near[violating],
            allowed=allowed,
            allowed_similarity=allowed_similarity,
        )

    def _promising(self, text: Sequence[Vector]) -> list[tuple[int, int]]:
        """The windows worth comparing, judged by the sums of their chunks: exact but for words that come up twice."""
        overlaps = np.cumsum([[0.0] * len(self._lengths), *map(self._overlaps, text)], axis=0)[:, self._violating]
        squares = np.cumsum([0.0, *(length_of(chunk) ** 2 for chunk in text)])
        found: list[tuple[float, int, int]] = []
        for size in range(1, min(_LONGEST_WINDOW, len(text)) + 1):
            lengths = np.sqrt(squares[size:] - squares[:-size])[:, None]
            near = _similarity(overlaps[size:] - overlaps[:-size], lengths, self._lengths[self._violating]).max(axis=1)
            found += [(-float(value), start, start + size) for start, value in enumerate(near)]
        found.sort()
        worth = [(start, end) for value, start, end in found[:_MOST_COMPARED] if -value >= _WORTH_COMPARING]
        return worth or [found[0][1:]]

    def _compare(self, window: Vector, more: float) -> Nearest:
        """Compare a window with all examples. `more` is added to the thresholds."""
        near = _similarity(np.array(self._overlaps(window)), np.array(length_of(window)), self._lengths)
        allowed = int(self._allowed[near[self._allowed].argmax()]) if len(self._allowed) else None
        allowed_similarity = float(near[allowed]) if allowed is not None else 0.0
        violating = near[self._violating]
        limit = np.maximum(np.minimum(self._thresholds[self._violating] + more, 1.0), allowed_similarity + _MARGIN)
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

    def _overlaps(self, window: Vector) -> list[float]:
        """The inner product of the vector with each example."""
        overlaps = [0.0] * len(self._lengths)
        postings = self._postings
        for feature, weight in window.items():
            if feature in postings:
                for index, other in postings[feature]:
                    overlaps[index] += weight * other
        return overlaps


def _window_count(chunk_count: int) -> int:
    """How many windows a text has."""
    longest = min(_LONGEST_WINDOW, chunk_count)
    return sum(chunk_count - size + 1 for size in range(1, longest + 1))


def _similarity(overlaps: _Floats, window_lengths: _Floats, example_lengths: _Floats) -> _Floats:
    """Cosine, lowered for a window that is shorter than the example: half of a sentence is not the sentence."""
    lengths = np.maximum(window_lengths, example_lengths) * example_lengths
    return np.divide(overlaps, lengths, out=np.zeros_like(overlaps), where=lengths > 0).clip(0.0, 1.0)
