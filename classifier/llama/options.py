"""What an engine is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from classifier.judge import Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningTokens:
    """How many tokens the model may think for before it must answer: by effort, and more for several rules or messages.

    Effort is what limits thinking; the budget only stops a model that finds no end. Of 6,215 logged replies of
    gpt-oss-safeguard-20b at medium effort 34 % were longer than 256 tokens, 5 % longer than 1,024 and 0.5 % longer
    than 2,048; the longest had 3,166. Those that missed a violation are the long ones
    (raxITlabs/gpt-oss-safeguard-testing, November 2025).
    """

    low: int = 1024
    medium: int = 2048
    high: int = 4096
    more_each: float = 1 / 16  #: what a further rule or a further message adds, as a part of the budget
    most_more: float = 1.0  #: what all of them add at most
    again: int = 4  #: how many budgets a second look has after a clear verdict from cut thinking; 1: there is none
    least: float = 1 / 4  #: the part of a budget that a prompt must leave room for; see `Judging.lay_out`

    @classmethod
    def fixed(cls, tokens: int) -> ReasoningTokens:
        """The same budget for everything, and no second look: for measurements and for models that never stop."""
        return cls(low=tokens, medium=tokens, high=tokens, more_each=0.0, again=1)

    def of(self, effort: Effort, *, rules: int = 1, messages: int = 1) -> int:
        """The budget for one effort, a policy with this many rules and content of this many messages."""
        base = {Effort.LOW: self.low, Effort.MEDIUM: self.medium, Effort.HIGH: self.high}[effort]
        more = min(self.most_more, self.more_each * (max(rules, 1) + max(messages, 1) - 2))
        return base + int(base * more)


#: Tokens of our instructions, a policy as the makers advise, Discord's longest message, and the longest answer.
USUAL_REQUEST = 300 + 600 + 2048 + 752


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
    gpu_split: tuple[float, ...] | None = None  #: a share of the model for each GPU; None: by their free memory
    threads: int | None = None  #: None: one for each physical core
    cache_folder: Path | None = None  #: where the model's fingerprint is remembered
    reasoning_tokens: ReasoningTokens = ReasoningTokens()

    def shortage(self, effort: Effort) -> str | None:
        """One line that says what to do if a usual request leaves too little room for thinking; else None."""
        budget = self.reasoning_tokens.of(effort)
        left = self.context_tokens - USUAL_REQUEST
        if left >= budget:
            return None
        return (
            f"with a context of {self.context_tokens:,} tokens, a policy of 600 and a long message leave room for "
            f"{max(left, 0):,} of the {budget:,} tokens of thinking at effort {effort.value}. A message whose thinking "
            f"is cut twice gets no verdict. Set a context of {USUAL_REQUEST + budget:,} or more, or a lower effort"
        )
