"""The port to a server that takes token ids and gives them back. Implementations: `llama_server`, `vllm`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from classifier.prompt.vocabulary import ControlIds

#: The rationale up to the end of the answer, as `classifier.llama.engine.answer_grammar` has it but for its length:
#: GBNF, which llama.cpp and vLLM's xgrammar both read.
RATIONALE_GRAMMAR = r"""
root ::= character+ "\"}"
character ::= [^"\\\x00-\x1F\x7F] | "\\" escape
escape ::= ["\\/nrt] | "u" unit
unit ::= "0" "0" [2-9a-fA-F] hex | "0" [1-9a-fA-F] hex hex | [1-9a-cA-CefEF] hex hex hex | [dD] [0-7] hex hex
hex ::= [0-9a-fA-F]
""".strip()

TOP = 20  #: how many of the likeliest tokens a server is asked for; vLLM gives no more by default
LEAST_LOGPROB = -1e4  #: a server's value for "never" cannot be computed with


@dataclass(frozen=True, slots=True)
class Choice:
    """One token, chosen among some, with the log-probabilities that the server told, of any token at that place."""

    token: int
    logprobs: Mapping[int, float]


class TokenServer(Protocol):
    """Goes on from token ids. Each method always takes the likeliest token.

    All raise `RemoteError` when there is no answer that can be used.
    """

    async def go_on(self, ids: Sequence[int], *, most: int, control: ControlIds) -> tuple[int, ...]:
        """What the model writes behind `ids`: at most `most` tokens; it may stop behind a control token other than
        ``<|message|>``."""

    async def choose(self, ids: Sequence[int], among: Sequence[int]) -> Choice:
        """The likeliest of these tokens."""

    async def explain(self, ids: Sequence[int], *, most: int) -> tuple[int, ...]:
        """What the model writes under `RATIONALE_GRAMMAR`, at most `most` tokens."""

    async def text_of(self, ids: Sequence[int]) -> str | None:
        """The server's own spelling of these ids; None where it cannot be asked."""


def token_ids(value: Any) -> tuple[int, ...] | None:
    """The ids in a server's answer; None if they are not ids."""
    if not isinstance(value, list) or not all(type(token) is int and token >= 0 for token in value):
        return None
    return tuple(value)


def logprob(value: Any) -> float | None:
    """A log-probability in a server's answer; None if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return max(LEAST_LOGPROB, min(0.0, float(value)))
