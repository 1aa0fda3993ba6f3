"""How busy the engine is, for monitoring."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.llama.wire import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLoad:
    """Requests that wait for the engine, and that it has."""

    waiting: int
    at_work: int
    places: int  #: that it computes side by side; 0 before its first start
    up: bool  #: it takes requests now
    prompt_tokens: int = 0  #: that the engine was asked about, restarts included
    reused_tokens: int = 0  #: of these, those that were in its cache of policies


class PromptTokens:
    """Sums over the engine's processes, each of which counts from its own start."""

    def __init__(self) -> None:
        self._ended = Progress(0)
        self._now = Progress(0)

    @property
    def prompt(self) -> int:
        """All of them."""
        return self._ended.prompt_tokens + self._now.prompt_tokens

    @property
    def reused(self) -> int:
        """Those that were in the cache."""
        return self._ended.reused_tokens + self._now.reused_tokens

    def heard(self, progress: Progress) -> None:
        """What the present process has counted so far."""
        self._now = progress

    def began_again(self) -> None:
        """Another process counts from now on."""
        self._ended = Progress(0, prompt_tokens=self.prompt, reused_tokens=self.reused)
        self._now = Progress(0)
