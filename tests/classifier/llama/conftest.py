"""What the tests of the engine share: the tiny model in several forms, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import openai_harmony
import psutil
import pytest

from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest, Lane
from classifier.llama.client.clock import Clock
from classifier.llama.client.judge import JudgeLimits, LlamaJudge
from classifier.llama.device.library import NativeLog
from classifier.llama.engine.model import LlamaModel, Sequences
from classifier.llama.model_file.vocabulary import LlamaVocabulary, open_vocabulary
from classifier.llama.options import EngineOptions
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
def sequences_factory(tiny_model: Path, native_log: NativeLog) -> Iterator[Callable[..., Sequences]]:
    """Loads model files, the tiny one unless another is named, and opens sequences over them; frees all at the end."""
    opened: list[LlamaModel | Sequences] = []

    def load(
        path: Path = tiny_model, *, sequences: int = 4, tokens_per_sequence: int = 2048, batch_tokens: int = 256
    ) -> Sequences:
        model = LlamaModel(path, gpu_layers=0, threads=1, log=native_log)
        many = Sequences(model, sequences=sequences, tokens_per_sequence=tokens_per_sequence, batch_tokens=batch_tokens)
        opened.extend((model, many))
        return many

    yield load
    for each in reversed(opened):
        each.close()


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
        **more: Any,
    ) -> JudgeRequest:
        content = Content(target=Message(text=text), context=tuple(Message(text=earlier) for earlier in context))
        given = {"policy": three_rules, "effort": effort, "lane": lane, "deadline_s": deadline_s, **more}
        return JudgeRequest(content=content, **given)

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
        """Wait until a sleep of exactly this many seconds has begun."""
        while all(abs(wakes_at - self._now - seconds) > 1e-6 for wakes_at, _ in self._sleepers):
            self._changed.clear()
            await self._changed.wait()

    async def let_pass(self, seconds: float) -> None:
        """Wait until someone sleeps for exactly this many seconds, and let them pass."""
        await self.until_someone_sleeps(seconds)
        self.move(seconds)

    async def hurry(self, most: float) -> None:
        """Let every sleep of up to this many seconds pass as soon as it begins; forever."""
        while True:
            self._changed.clear()
            short = [wakes_at - self._now for wakes_at, event in self._sleepers if not event.is_set()]
            if short and min(short) <= most:
                self.move(min(short))
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


FAKE_ENGINE = Path(__file__).resolve().parents[2] / "fakes" / "engine.py"


@pytest.fixture
async def restarts(clock: HandClock) -> AsyncIterator[None]:
    """The pauses before a restart take no time."""
    hurrying = asyncio.create_task(clock.hurry(4.0))
    yield
    hurrying.cancel()


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """What the fake engine was asked so far, over all its lives."""
    return lambda: (tmp_path / "asked").read_text().splitlines() if (tmp_path / "asked").exists() else []


@pytest.fixture
async def fake_judge(tmp_path: Path, clock: HandClock) -> AsyncIterator[Callable[..., LlamaJudge]]:
    """Makes judges whose engine is the fake one, on a clock that is moved by hand; not started."""
    made: list[LlamaJudge] = []

    options = EngineOptions(model=Path("m.gguf"), fence_key=b"secret")

    def make(how: str = "ready", *, places: int = 1, clock: Clock = clock, **limits: Any) -> LlamaJudge:
        command = (sys.executable, str(FAKE_ENGINE), str(tmp_path), str(places), how)
        made.append(LlamaJudge(options, JudgeLimits(**limits), clock=clock, child_command=command))
        return made[-1]

    yield make
    for judge in made:
        if judge.engine_pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(judge.engine_pid, signal.SIGKILL)
        await judge.close()


@pytest.fixture
def new_children() -> Callable[[], set[int]]:
    """The child processes, zombies included, that are there now and were not when the test began."""
    before = {child.pid for child in psutil.Process().children()}
    return lambda: {child.pid for child in psutil.Process().children()} - before


@pytest.fixture
async def start_fake(fake_judge: Callable[..., LlamaJudge]) -> Callable[..., Awaitable[LlamaJudge]]:
    """The same, started."""

    async def start(how: str = "ready", **options: Any) -> LlamaJudge:
        judge = fake_judge(how, **options)
        await judge.start()
        return judge

    return start
