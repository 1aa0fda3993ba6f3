"""Servers to judge by: a real model behind llama-server's and vLLM's ways of speaking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.llama.options import ReasoningTokens
from classifier.remote.client.judge import RemoteJudge
from classifier.remote.options import Limits, RemoteOptions, Times
from tests.fakes.model_server import ModelServer
from tests.fakes.model_servers import serving

KEY = b"a key for tests"
QUICK = Times(connect=2.0, answer=20.0, check_every=0.05, check_at_most=0.1, retry=0.01)


@pytest.fixture
async def serve(tiny_model: Path) -> AsyncIterator[Callable[..., Awaitable[ModelServer]]]:
    """Starts servers."""
    async with serving(tiny_model) as start:
        yield start


@pytest.fixture
async def remote(tiny_model: Path) -> AsyncIterator[Callable[..., RemoteJudge]]:
    """Makes judges that ask servers; not started."""
    made: list[RemoteJudge] = []

    def make(*urls: str, **more: Any) -> RemoteJudge:
        given = {
            "vocabulary_file": tiny_model,
            "times": QUICK,
            "limits": Limits(),
            "reasoning_tokens": ReasoningTokens.fixed(40),
        } | more
        made.append(RemoteJudge(RemoteOptions(urls=urls, fence_key=KEY, **given)))
        return made[-1]

    yield make
    for judge in made:
        await judge.close()
