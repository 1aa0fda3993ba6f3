"""What the tests of the engine share: the tiny model in several forms, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import openai_harmony
import pytest

from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest, Lane
from classifier.llama.model import LlamaModel
from classifier.llama.native import NativeLog
from classifier.llama.vocabulary import LlamaVocabulary, open_vocabulary
from classifier.policy_text import PolicyText, RuleText


@pytest.fixture(scope="session")
def tiny_vocabulary(tiny_model: Path) -> LlamaVocabulary:
    """The small vocabulary of the tiny model."""
    return open_vocabulary(tiny_model)


@pytest.fixture(scope="session")
def native_log() -> Iterator[NativeLog]:
    """Listens to llama.cpp; outlives every model."""
    log = NativeLog()
    yield log
    log.close()


@pytest.fixture(scope="session")
def model_factory(tiny_model: Path, native_log: NativeLog) -> Iterator[Callable[..., LlamaModel]]:
    """Loads model files, the tiny one unless another is named, and frees them at the end."""
    opened: list[LlamaModel] = []

    def load(path: Path = tiny_model, *, context_tokens: int = 4096) -> LlamaModel:
        model = LlamaModel(path, context_tokens=context_tokens, gpu_layers=0, threads=1, log=native_log)
        opened.append(model)
        return model

    yield load
    for model in opened:
        model.close()


@pytest.fixture(scope="session")
def real_model(tmp_path_factory: pytest.TempPathFactory, harmony_encoding: openai_harmony.HarmonyEncoding) -> Path:
    """A random-weight model with gpt-oss's real vocabulary; skips where that is missing, as `harmony_encoding` does."""
    from benchmarks.random_model import write_random_model

    shared = Path(os.environ.get("BYLAW_SHARED") or Path(__file__).resolve().parents[4] / "shared")
    path = tmp_path_factory.mktemp("real") / "real.gguf"
    write_random_model(path, size="tiny", vocab=shared / "data" / "o200k_base.tiktoken")
    return path


@pytest.fixture(scope="session")
def three_rules() -> PolicyText:
    """A policy whose rules' ids begin alike."""
    rules = tuple(RuleText(id=rule_id, title=f"Rule {rule_id}", breaks_it="spam") for rule_id in ("R1", "R2", "R10"))
    return PolicyText(title="Three rules", rules=rules)


@pytest.fixture
def ask(three_rules: PolicyText) -> Callable[..., JudgeRequest]:
    """Makes a request about a text."""

    def make(
        text: str = "hello",
        *,
        context: tuple[str, ...] = (),
        effort: Effort = Effort.LOW,
        lane: Lane = Lane.LIVE,
        deadline_s: float = 300.0,
    ) -> JudgeRequest:
        content = Content(target=Message(text=text), context=tuple(Message(text=earlier) for earlier in context))
        return JudgeRequest(policy=three_rules, content=content, effort=effort, lane=lane, deadline_s=deadline_s)

    return make


class HandClock:
    """A clock that stands still until it is moved. Sleepers wake when it passes their time."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []
        self._changed = asyncio.Event()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        sleeper = (self._now + seconds, asyncio.Event())
        self._sleepers.append(sleeper)
        self._changed.set()
        try:
            await sleeper[1].wait()
        finally:
            self._sleepers.remove(sleeper)

    async def until_someone_sleeps(self, seconds: float) -> None:
        """Wait until a sleep of exactly so many seconds has begun."""
        while all(abs(wakes_at - self._now - seconds) > 1e-6 for wakes_at, _ in self._sleepers):
            self._changed.clear()
            await self._changed.wait()

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        for wakes_at, event in self._sleepers:
            if wakes_at <= self._now:
                event.set()


@pytest.fixture
async def clock() -> HandClock:
    """A clock that stands still."""
    return HandClock()
