"""What a remote judge is opened with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from classifier.llama.options import ReasoningTokens


class Mode(StrEnum):
    """How the server is asked."""

    AUTO = "auto"  #: token ids where the server takes them, else chat
    TOKENS = "tokens"  #: token ids only: control tokens in a message are harmless
    CHAT = "chat"  #: chat messages
    BYLAW = "bylaw"  #: whole requests, to `bylaw serve-judge`


class Family(StrEnum):
    """Which prompt layout and which reading of the reply a model needs."""

    AUTO = "auto"  #: by the model's name
    GPT_OSS = "gpt-oss"  #: OpenAI's harmony format, with thinking effort
    GENERIC = "generic"  #: any model that follows a policy, through its own chat template

    def of(self, model: str) -> Family:
        """The family of a model of this name, if this is `AUTO`."""
        if self is not Family.AUTO:
            return self
        return Family.GPT_OSS if "gpt-oss" in model.lower().replace("_", "-") else Family.GENERIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long the judge waits for a server, in seconds."""

    connect: float = 5.0
    answer: float = 120.0  #: for one step of an answer; thinking is one step
    check_every: float = 10.0  #: between two health checks of a server that works
    check_at_most: float = 60.0  #: between two of one that does not
    retry: float = 0.5  #: before the second attempt; later ones wait longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is sent and how much may wait."""

    per_endpoint: int | None = None  #: requests at once on one endpoint; None: what the server says, or a default
    queue_per_server: int = 1_000  #: requests of one Discord server that may wait in one lane
    queue_in_all: int = 10_000  #: the same of all of them together
    failures: int = 3  #: failed requests in a row that take an endpoint out of use
    attempts: int = 3  #: for one request, on any endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteOptions:
    """Everything that a remote judge must know."""

    urls: tuple[str, ...]  #: base addresses, with or without ``/v1``
    fence_key: bytes = field(repr=False)  #: the secret behind the marks around a content
    model: str = ""  #: its name on the servers; empty: the only one they serve
    key: str = field(default="", repr=False)  #: sent as a bearer token
    mode: Mode = Mode.AUTO
    family: Family = Family.AUTO
    vocabulary_file: Path | None = None  #: a GGUF file of the model; None: gpt-oss's vocabulary by tiktoken
    context_tokens: int = 8192  #: room for one request: policy, content and reply
    reasoning_tokens: ReasoningTokens = field(default_factory=ReasoningTokens)
    times: Times = Times()
    limits: Limits = Limits()
