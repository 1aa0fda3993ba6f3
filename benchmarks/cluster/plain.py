"""The peer of `benchmarks.cluster.judges`: the same judge and the same answers behind one aiohttp server, without Ray.

What a question takes there is what HTTP, JSON and our own reading and writing cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os

from aiohttp import web

from bot.serving.access import Access, Doorkeeper, digest_of
from bot.serving.front import Capacity, Front
from bot.serving.http_edge import HttpRequest, Receive, Refusal
from bot.serving.replica import scripted_judge

LOOK_EVERY = 1.0  #: seconds between looks at whether the parent lives


def application(front: Front) -> web.Application:
    """Passes every request to the front."""

    async def answer(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = HttpRequest(method=request.method, path=request.path, headers=headers, receive=_receive(request))
        try:
            return web.json_response(
                await front.answer(asked), dumps=lambda found: json.dumps(found, separators=(",", ":"))
            )
        except Refusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)

    made = web.Application()
    made.router.add_route("*", "/{path:.*}", answer)
    return made


def _receive(request: web.Request) -> Receive:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": await request.read(), "more_body": False}

    return receive


async def _serve(front: Front, port: int) -> None:
    parent, runner = os.getppid(), web.AppRunner(application(front), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    while os.getppid() == parent:  # noqa: ASYNC110  # nobody tells of a parent's end
        await asyncio.sleep(LOOK_EVERY)


def main() -> None:
    """Serve until killed, or until whoever started it is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--places", type=int, required=True)
    parser.add_argument("--takes", type=float, default=0.05, help="seconds that a scripted answer takes")
    given = parser.parse_args()

    async def capacity() -> Capacity:
        return Capacity(model="scripted", judge="scripted", places=given.places)

    access = Access(bots=digest_of(given.key), tools=(), rows_per_minute=600)
    front = Front(scripted_judge(given.takes, given.places), Doorkeeper(access), capacity)
    asyncio.run(_serve(front, given.port))


if __name__ == "__main__":
    main()
