"""Many requests to one judge: always so many in flight that it can fill its batches, and never more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from typing import TypeVar

from classifier import Judge, Judgement, JudgeRequest

#: Half as many again as the engine computes at a time on a GPU, so that a new one is at hand when one ends.
IN_FLIGHT = 96

Key = TypeVar("Key")


async def judge_many(
    judge: Judge,
    requests: Iterable[tuple[Key, JudgeRequest]] | AsyncIterable[tuple[Key, JudgeRequest]],
    *,
    in_flight: int = IN_FLIGHT,
) -> AsyncGenerator[tuple[Key, Judgement], None]:
    """The answers as they come, in no order. A request is taken only when there is room for it, so the source may be
    endless. Closing the iterator withdraws what is under way."""
    waiting = _ahead(requests)
    under_way: dict[asyncio.Future[Judgement], Key] = {}
    more = True
    try:
        while more or under_way:
            while more and len(under_way) < in_flight:
                try:
                    key, request = await anext(waiting)
                except StopAsyncIteration:
                    more = False
                else:
                    under_way[asyncio.ensure_future(judge.judge(request))] = key
            if under_way:
                done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for answer in done:
                    yield under_way.pop(answer), answer.result()
    finally:
        for answer in under_way:
            answer.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _ahead(
    requests: Iterable[tuple[Key, JudgeRequest]] | AsyncIterable[tuple[Key, JudgeRequest]],
) -> AsyncIterator[tuple[Key, JudgeRequest]]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request
