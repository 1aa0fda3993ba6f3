"""What is compared: the lite judge, and two simpler filters that need no model either.

Each says whether it flags a text under some of the starter policies.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import re2

from classifier import Content, JudgeRequest, Message, PolicyText, Verdict
from classifier.lite.judge import LiteJudge
from guild_policies import templates
from guild_policies.compile import compile_policy
from guild_policies.text.parse import parse

_WORD = re.compile(r"[^\W_]+")


class Filter(Protocol):
    """Something that flags texts."""

    async def flags(self, text: str, policies: Iterable[str]) -> bool:
        """Does the text break one of these starter policies?"""


def starter_policies() -> dict[str, PolicyText]:
    """All starter policies by name, as a judge reads them."""
    return {name: compile_policy(parse(templates.load(name)).policy) for name in templates.BASICS}


class Lite:
    """The lite judge, asked as the bot asks it: once for each policy."""

    def __init__(self, policies: Mapping[str, PolicyText]) -> None:
        self._policies = policies
        self._judge = LiteJudge()

    async def flags(self, text: str, policies: Iterable[str]) -> bool:
        """Whether any verdict is a violation."""
        content, flagged = Content(target=Message(text=text)), False
        for name in policies:
            answer = await self._judge.judge(JudgeRequest(policy=self._policies[name], content=content))
            flagged |= isinstance(answer, Verdict) and bool(answer.rule_ids)
        return flagged


class Keywords:
    """A list of bad words, as plain filters use it. It knows no policies.

    Args:
        lexicon: ``dsojevic_profanity_en.json`` (MIT): words and phrases with ``|`` between their spellings, where a
            ``*`` stands for any letters.
    """

    def __init__(self, lexicon: Path) -> None:
        entries = json.loads(lexicon.read_text(encoding="utf-8"))
        words = sorted({word for entry in entries for word in entry["match"].split("|")})
        options = re2.Options()
        options.case_sensitive = False
        spelt = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
        self._words = re2.compile(rf"\b(?:{spelt})\b", options)

    async def flags(self, text: str, policies: Iterable[str]) -> bool:
        """Whether a word of the list is in the text."""
        del policies
        return self._words.search(text) is not None


class TfIdf:
    """The cosine between the text and a policy's examples of violations, words weighted by their rarity in examples."""

    THRESHOLD = 0.5

    def __init__(self, policies: Mapping[str, PolicyText]) -> None:
        examples = [
            (name, example.violates, Counter(_words(example.text)))
            for name, policy in policies.items()
            for rule in policy.rules
            for example in rule.examples
        ]
        seen = Counter(word for _, _, words in examples for word in words)
        self._rarity = {word: math.log((1 + len(examples)) / (1 + count)) + 1 for word, count in seen.items()}
        self._unseen = math.log(1 + len(examples)) + 1
        self._vectors: dict[str, list[dict[str, float]]] = {name: [] for name in policies}
        for name, violates, words in examples:
            if violates:
                self._vectors[name].append(self._vector(words))

    async def flags(self, text: str, policies: Iterable[str]) -> bool:
        """Whether an example is near enough."""
        vector = self._vector(Counter(_words(text)))
        return any(
            sum(weight * other.get(word, 0.0) for word, weight in vector.items()) >= self.THRESHOLD
            for name in policies
            for other in self._vectors[name]
        )

    def _vector(self, words: Mapping[str, int]) -> dict[str, float]:
        weights = {word: count * self._rarity.get(word, self._unseen) for word, count in words.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {word: weight / length for word, weight in weights.items()}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
