"""A judge without a model: it goes by a policy's patterns and labelled examples.

It is for the demo, the sandbox and operators who ask for it, and never replaces the model unless somebody asked for
that. It does not understand anything: each of its rationales says so and names the pattern or the example it went by.
Context never changes its verdict. What a text quotes or reports of others is left out (`classifier.lite.reported`).
Under a policy without examples and patterns everything is clear, and the rationale says so.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from classifier.folding import fold
from classifier.judge import Effort, JudgeRequest, PolicyFit
from classifier.lite.patterns import Patterns
from classifier.lite.reading import Reading, comparable, read
from classifier.lite.recall import FINDS_BY_POLICY
from classifier.lite.similarity import THRESHOLD, Examples, Nearest
from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.reply import clean_rationale
from classifier.verdict import Judgement, Method, Outcome, Provenance, Undecided, UndecidedReason, Verdict

#: Raised whenever the same input may get a different verdict.
NAME = "lite:4"

_PATTERN_SCORE = 0.95  # a pattern was written for violations, but it cannot see what a text means
_LONGEST_TEXT = 12_000  # characters that are looked at; Discord allows 4,000
_LONG = 1_000  # a request with more characters is judged in a thread, so that it does not block the caller
_POLICIES_KEPT = 64
_CHARACTERS_KEPT = 100_000  # of texts that were just read; a text is read once for all policies that judge it
_RATIONALES_KEPT = 256  # of one policy
_LONGEST_QUOTE = 100
_PREFACE = "Judged without the reasoning model"
_REPORTED = "the text only quotes or reports what others wrote"


class LiteJudge:
    """The `Judge` without a model. A message takes a fraction of a millisecond, a very long one a few milliseconds.

    Long texts are judged in a thread, so that they do not block the caller's event loop.
    """

    def __init__(self) -> None:
        self._policies: LRUCache[str, _Policy] = LRUCache(_POLICIES_KEPT)
        self._readings: LRUCache[str, Reading] = LRUCache(_CHARACTERS_KEPT, getsizeof=_characters)
        self._caches = threading.Lock()  # long texts are judged in threads; held only while a cache is read or written
        self._closed = False
        fold("а")  # reads the table of look-alike letters now and not during the first message

    @property
    def name(self) -> str:
        """One line for people."""
        return f"lite: a policy's own examples and patterns, without a model; {FINDS_BY_POLICY}"

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer at once. Each message to judge is looked at by itself; the context is not looked at."""
        if self._closed:
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is closed")
        started = time.perf_counter()
        texts = [_bounded(message.words) for message in request.content.judged]
        if sum(map(len, texts)) < _LONG:
            looked_at = self._look_at(request.policy, texts)
        else:
            looked_at = await asyncio.to_thread(self._look_at, request.policy, texts)
        found = dict(enumerate(looked_at, start=1))
        finding = max(found.values(), key=lambda each: each.score)
        broken = {rule_id for each in found.values() for rule_id in each.rule_ids}
        return Verdict(
            outcome=Outcome.VIOLATION if broken else Outcome.CLEAR,
            rule_ids=tuple(rule_id for rule_id in request.policy.rule_ids if rule_id in broken),
            messages=tuple(number for number, each in found.items() if each.rule_ids),
            score=finding.score,
            rationale=finding.rationale,
            provenance=Provenance(
                method=Method.LITE,
                judge=NAME,
                policy_fingerprint=request.policy.fingerprint,
                seconds_computed=time.perf_counter() - started,
            ),
        )

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Nothing to prepare, and no policy is too long."""
        del policy, effort
        return None

    async def close(self) -> None:
        """Forget the policies and texts. Later requests get `Undecided`."""
        self._closed = True
        with self._caches:
            self._policies.clear()
            self._readings.clear()

    def _look_at(self, policy: PolicyText, texts: Sequence[str]) -> list[_Finding]:
        ready = self._policy(policy)
        return [ready.look_at(self._read(text)) for text in texts]

    def _read(self, text: str) -> Reading:
        with self._caches:
            known = self._readings.get(text)
        if known is None:
            known = read(text)
            with self._caches:
                self._readings[text] = known
        return known

    def _policy(self, policy: PolicyText) -> _Policy:
        with self._caches:
            known = self._policies.get(policy.fingerprint)
        if known is None:
            known = _Policy(policy)
            with self._caches:
                self._policies[policy.fingerprint] = known
        return known


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was found in a text."""

    rule_ids: tuple[str, ...]
    score: float
    rationale: str


class _Policy:
    """A policy made ready for looking at texts."""

    def __init__(self, policy: PolicyText) -> None:
        self._rule_ids = policy.rule_ids
        self._patterns = Patterns(policy.rules)
        self._examples = [(rule, example) for rule in policy.rules for example in rule.examples]
        self._similar = Examples([example for _, example in self._examples])
        allowed = (
            (comparable(fold(example.text)), index)
            for index, (_, example) in enumerate(self._examples)
            if not example.violates
        )
        self._allowed = {text: index for text, index in allowed if text}
        self._kept = threading.Lock()
        self._rationales: LRUCache[str, str] = LRUCache(_RATIONALES_KEPT)

    def look_at(self, text: Reading) -> _Finding:
        """Compare a text with patterns and examples. A text that *is* an allowed example is always clear."""
        same = self._allowed.get(text.comparable)
        if same is not None:
            return self._finding((), 0.0, f"the text is the example {self._allowing(same)}")
        nearest = self._similar.nearest(text.chunks)
        near = nearest if nearest is not None and nearest.score >= 0.5 else None
        matches = list(self._patterns.matches(text.texts))
        if near is None and not matches:
            because = self._why_clear(nearest) if nearest is not None or not text.reports else _REPORTED
            return self._finding((), nearest.score if nearest else 0.0, because)
        broken = {rule.id for rule, _ in matches}
        if near is not None:
            broken.add(self._examples[near.violating][0].id)
        return self._finding(
            tuple(rule_id for rule_id in self._rule_ids if rule_id in broken),
            max(_PATTERN_SCORE if matches else 0.0, near.score if near is not None else 0.0),
            " and ".join(self._why_broken(matches, near)),
        )

    def _finding(self, rule_ids: tuple[str, ...], score: float, because: str) -> _Finding:
        with self._kept:
            rationale = self._rationales.get(because)
            if rationale is None:
                rationale = self._rationales[because] = clean_rationale(f"{_PREFACE}: {because}.")
        return _Finding(rule_ids, score, rationale)

    def _why_broken(self, matches: list[tuple[RuleText, str]], near: Nearest | None) -> Iterator[str]:
        for rule, pattern in matches[:1]:
            yield f'the text matches the pattern "{_quote(pattern)}" of {_named(rule)}'
        if near is not None:
            rule, example = self._examples[near.violating]
            yield f'the text is close to the example "{_quote(example.text)}", which breaks {_named(rule)}'

    def _why_clear(self, nearest: Nearest | None) -> str:
        if not self._patterns and not any(example.violates for _, example in self._examples):
            return "the policy has no pattern and no example of a violation to compare with"
        if nearest is None:
            return "the text matches no pattern and has no words to compare with an example"
        if nearest.allowed is not None and nearest.allowed_similarity >= max(THRESHOLD, nearest.similarity):
            return f"the text is closest to the example {self._allowing(nearest.allowed)}"
        rule, example = self._examples[nearest.violating]
        return f'the text is not close enough to the nearest example "{_quote(example.text)}" of {_named(rule)}'

    def _allowing(self, index: int) -> str:
        rule, example = self._examples[index]
        return f'"{_quote(example.text)}", which {_named(rule)} allows'


def _characters(reading: Reading) -> int:
    """The size of a reading: a few times that of its text, at most all that is kept; an empty one counts too."""
    return min(100 + len(reading.comparable) + sum(map(len, reading.texts)), _CHARACTERS_KEPT)


def _bounded(text: str) -> str:
    half = _LONGEST_TEXT // 2
    return text if len(text) <= _LONGEST_TEXT else f"{text[:half]}\n{text[-half:]}"


def _named(rule: RuleText) -> str:
    return f"{rule.id} ({_quote(rule.title)})" if rule.title.strip() else rule.id


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1].rstrip()}…"
