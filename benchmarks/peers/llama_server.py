"""llama-server: parallel slots, continuous batching, prompt cache. The peer that most people would run."""

from __future__ import annotations

import asyncio
import json
import socket
from asyncio.subprocess import DEVNULL
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import psutil

from benchmarks.peers.programs import AS_IN_FILE, Peer, PeerFailed
from benchmarks.workload.jobs import Job

_START_S = 300.0
_CELLS_STEP = 256
_LONGEST_REASON = 300  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How it is started. Whatever is not named here is left at its default."""

    slots: int = 16
    swa_full: bool = True  #: keep all cells of sliding-window layers, so that a prompt can be cut back anywhere
    unified: bool = False  #: one pool of cells for all slots
    batch: int = 512  #: tokens in one step (``-ub``)
    cache_ram: int | None = None  #: MiB of prompts kept outside the slots; None: its default (8192)
    cache_reuse: int = 0
    backend_sampling: bool = False
    flash: bool = True  #: flash attention
    repack: bool = True  #: rearrange the weights for this CPU
    tokens_per_slot: int = 1280

    def with_room_for(self, tokens: int) -> ServerSettings:
        """The same with slots that hold this many tokens, where they did not."""
        cells = -(-tokens // _CELLS_STEP) * _CELLS_STEP
        return replace(self, tokens_per_slot=max(self.tokens_per_slot, cells))

    def arguments(self) -> tuple[str, ...]:
        """What the command line says of them."""
        return (
            *("-np", str(self.slots), "-c", str(self.slots * self.tokens_per_slot), "-ub", str(self.batch)),
            *("-fa", "on" if self.flash else "off"),
            *(() if self.repack else (AS_IN_FILE,)),
            *(("--swa-full",) if self.swa_full else ()),
            "-kvu" if self.unified else "-no-kvu",
            *(("--cache-ram", str(self.cache_ram)) if self.cache_ram is not None else ()),
            *(("--cache-reuse", str(self.cache_reuse)) if self.cache_reuse else ()),
            *(("-bs",) if self.backend_sampling else ()),
        )

    def __str__(self) -> str:
        return " ".join(self.arguments())


class LlamaServer:
    """A running llama-server."""

    def __init__(self, peer: Peer, port: int, settings: ServerSettings, session: aiohttp.ClientSession) -> None:
        self._peer = peer
        self._port = port
        self._session = session
        self.settings = str(settings)

    @classmethod
    async def start(
        cls, folder: Path, model: Path, settings: ServerSettings, *, threads: int, gpu_layers: int
    ) -> LlamaServer:
        """Start it and wait until the model is loaded.

        Raises:
            PeerFailed: it ended, or is not ready in time.
        """
        port = _free_port()
        command = (
            str(folder / "bin" / "llama-server"),
            *("-m", str(model), "-t", str(threads), "-ngl", str(gpu_layers)),
            *("--host", "127.0.0.1", "--port", str(port), *settings.arguments()),
        )
        peer = await Peer.start(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
        unlimited = aiohttp.TCPConnector(limit=0)
        session = aiohttp.ClientSession(connector=unlimited, timeout=aiohttp.ClientTimeout(total=None))
        server = cls(peer, port, settings, session)
        try:
            async with asyncio.timeout(_START_S):
                await server._get_ready()
        except TimeoutError:
            await server.close()
            raise PeerFailed(f"llama-server {settings} is not ready after {_START_S:.0f} s") from None
        except BaseException:
            await server.close()
            raise
        return server

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    async def _get_ready(self) -> None:
        while not await self._is_ready():
            if (code := self._peer.process.returncode) is not None:
                raise PeerFailed(f"llama-server {self.settings} ended with code {code}")
            await asyncio.sleep(0.1)

    async def _is_ready(self) -> bool:
        try:
            async with self._session.get(f"http://127.0.0.1:{self._port}/health") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def answer(self, job: Job) -> None:
        """Write exactly the tokens asked for, greedily.

        Raises:
            PeerFailed: it refused, with its reason, or wrote another number of tokens.
        """
        question = {
            "prompt": job.ids,
            "n_predict": job.tokens,
            "ignore_eos": True,
            "cache_prompt": True,
            "temperature": 0.0,
            "samplers": ["top_k"],
            "top_k": 1,
            "response_fields": ["tokens_predicted"],
        }
        async with self._session.post(f"http://127.0.0.1:{self._port}/completion", json=question) as response:
            if response.status != 200:
                raise PeerFailed(
                    f"llama-server {self.settings} refused a prompt of {len(job.ids)} tokens with status "
                    f"{response.status}: {why_refused(await response.text())}"
                )
            written = (await response.json())["tokens_predicted"]
        if written != job.tokens:
            raise PeerFailed(f"llama-server wrote {written} tokens, not {job.tokens}")

    def memory(self) -> int:
        """Bytes in memory, weights included."""
        return int(psutil.Process(self._peer.process.pid).memory_info().rss)

    async def close(self) -> None:
        """End it."""
        await self._session.close()
        await self._peer.end()


def why_refused(body: str) -> str:
    """The reason that llama-server gives with an error: its JSON's message, or the beginning of what it sent."""
    try:
        reason = json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        reason = body
    return " ".join(str(reason).split())[:_LONGEST_REASON] or "it gives no reason"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
