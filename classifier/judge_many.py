"""Runs many requests to one judge concurrently, with a limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from typing import TypeVar

from classifier import Judge, Judgement, JudgeRequest

#: The engine's batch on a GPU is two thirds of this, so there is always a request ready when another one ends.
IN_FLIGHT = 96

Key = TypeVar("Key")


async def judge_many(
    judge: Judge,
    requests: Iterable[tuple[Key, JudgeRequest]] | AsyncIterable[tuple[Key, JudgeRequest]],
    *,
    limit: int = IN_FLIGHT,
) -> AsyncGenerator[tuple[Key, Judgement], None]:
    """Runs requests concurrently, at most `limit` at a time, and yields answers as they arrive, in no order.

    A request is taken from the source only when it can start, so the source may be endless. Closing the iterator
    cancels the requests that are running.
    """
    source = _as_async(requests)
    running: dict[asyncio.Future[Judgement], Key] = {}
    more = True
    try:
        while more or running:
            while more and len(running) < limit:
                try:
                    key, request = await anext(source)
                except StopAsyncIteration:
                    more = False
                else:
                    running[asyncio.ensure_future(judge.judge(request))] = key
            if running:
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for answer in done:
                    yield running.pop(answer), answer.result()
    finally:
        for answer in running:
            answer.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _as_async(
    requests: Iterable[tuple[Key, JudgeRequest]] | AsyncIterable[tuple[Key, JudgeRequest]],
) -> AsyncIterator[tuple[Key, JudgeRequest]]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request
