"""The front of `bylaw serve-judge` without Ray: answers over HTTP, using any judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2

from bot.serving.access import Access, Doorkeeper, digest_of
from bot.serving.front import Capacity, Front
from bot.serving.http_edge import HttpEdge
from classifier import Judge
from classifier.remote.client.judge import RemoteJudge
from classifier.remote.options import RemoteOptions, Times
from classifier.scripted import ScriptedJudge

BOT_KEY, TOOL_KEY, OTHER_TOOL_KEY = "the-key-of-the-bots", "the-key-of-a-tool", "the-key-of-another-tool"
URL = "http://judge.test"


@dataclass(kw_only=True)
class ServedJudge:
    """A served judge, and what a test may change meanwhile."""

    judge: Judge = field(default_factory=ScriptedJudge)
    capacity: Capacity = field(default_factory=lambda: Capacity(model="m", judge="scripted:1", places=4))
    now: float = 0.0
    tools: tuple[str, ...] = (TOOL_KEY,)
    rows_per_minute: int = 600

    def __post_init__(self) -> None:
        tools = tuple(map(digest_of, self.tools))
        access = Access(bots=digest_of(BOT_KEY), tools=tools, rows_per_minute=self.rows_per_minute)
        front = Front(self.judge, Doorkeeper(access, clock=lambda: self.now), self._capacity)
        self.edge = HttpEdge(front.answer)
        self.transport = httpx2.ASGITransport(self.edge)
        self.client = httpx2.AsyncClient(transport=self.transport, base_url=URL)

    async def _capacity(self) -> Capacity:
        return self.capacity

    async def post(self, body: object, *, key: str = BOT_KEY, path: str = "/v1/judge") -> httpx2.Response:
        """Ask with a JSON body."""
        return await self.client.post(path, json=body, headers=bearer(key))

    def remote(self, *, key: str = BOT_KEY, **more: Any) -> RemoteJudge:
        """The judge of a bot that asks this one; not started."""
        times = Times(check_every=0.05, check_at_most=0.1, retry=0.01)
        options = RemoteOptions(urls=(URL,), fence_key=b"", key=key, **({"times": times} | more))
        return RemoteJudge(options, transport=self.transport)


def bearer(key: str) -> dict[str, str]:
    """The header that gives a key."""
    return {"Authorization": f"Bearer {key}"}
