"""What an engine is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from classifier.judge import Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningTokens:
    """How many tokens the model may think for, by effort, before it must answer.

    Of 1,639 logged replies of gpt-oss-safeguard-20b at its default effort (medium) half took 160 tokens and one in
    twenty more than 1,100 (raxITlabs/gpt-oss-safeguard-testing, November 2025).
    """

    low: int = 256
    medium: int = 768
    high: int = 2048

    def of(self, effort: Effort) -> int:
        """The budget for one effort."""
        return {Effort.LOW: self.low, Effort.MEDIUM: self.medium, Effort.HIGH: self.high}[effort]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Everything that the engine's process must know, in its first line of input."""

    model: Path
    fence_key: bytes = field(repr=False)  #: the secret behind the marks around a content
    context_tokens: int = 8192  #: room for one request: policy, content and reply
    sequences: int | None = None  #: how many requests at once; None: as many as fit
    cache_tokens: int | None = None  #: tokens that all requests at work may take together; None: what fits
    batch_tokens: int | None = None  #: tokens that go through the model in one step at most; None: what suits it
    gpu_layers: int | None = None  #: None: all of them where there is a GPU
    threads: int | None = None  #: None: one for each physical core
    cache_folder: Path | None = None  #: where the model's fingerprint is remembered
    reasoning_tokens: ReasoningTokens = ReasoningTokens()
