"""Starts servers of `model_server` over one model file, and frees everything at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event, Thread

import llama_cpp

from classifier.llama.device.library import NativeLog
from classifier.llama.engine.model import LlamaModel, Sequences
from classifier.llama.model_file.vocabulary import open_vocabulary
from tests.fakes.model_server import ModelServer


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[Callable[..., Awaitable[ModelServer]]]:
    """Starts a server each time it is called with ``llama`` or ``vllm``."""
    log = NativeLog()
    model = LlamaModel(path, gpu_layers=0, threads=1, log=log)
    vocabulary = open_vocabulary(path)
    native = llama_cpp, llama_cpp.llama_model_get_vocab(model.handle)
    opened: list[Sequences] = []
    started: list[ModelServer] = []

    async def start(kind: str, *, context: int = 8192) -> ModelServer:
        opened.append(Sequences(model, sequences=1, tokens_per_sequence=context, batch_tokens=256))
        started.append(ModelServer(kind, opened[-1], vocabulary, native))
        await started[-1].start()
        return started[-1]

    yield start
    for server in started:
        await server.stop()
    for sequences in reversed(opened):
        sequences.close()
    model.close()
    log.close()


@contextmanager
def serving_beside(path: Path, kind: str) -> Iterator[ModelServer]:
    """A server in a separate thread, for code that runs an event loop itself."""
    up, done, found = Event(), Event(), []

    async def serve() -> None:
        async with serving(path) as start:
            found.append(await start(kind))
            up.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert up.wait(30)
    try:
        yield found[0]
    finally:
        done.set()
        thread.join()
