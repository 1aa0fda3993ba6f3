"""The sandbox in the browser: a page that lists the server's channels, and SimCord's Preview of the one that is open.

A Preview shows one channel, and a simulated server has one Preview at a time. So this page opens and closes them: a
click on a channel closes what was open and leads there. Both listen on 127.0.0.1 alone, and the address of each holds
a secret, because whoever has it can act as anybody in the simulated server.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from html import escape

import simcord
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation

HOST = "127.0.0.1"
#: What happens in each channel, and who one can be there.
CHANNELS = {
    "general": ("Post as a member, set Bylaw up and write policies as the owner.", (scene.OWNER, "ana", "nova")),
    "film-club": ("The place for spoilers.", ("ana", "nova", scene.OWNER)),
    scene.REVIEW_CHANNEL: ("Decide on cards as a moderator.", (scene.MODERATOR, scene.OWNER)),
}

_MOMENT_SECONDS = 0.1
_TRIES = 100
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Browsers hold a form to this also where it is redirected to: the Preview has a port of its own.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http://127.0.0.1:*",
}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Bylaw sandbox</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem;
  color-scheme: light dark; }}
button {{ font: inherit; min-width: 11rem; padding: .5rem 1rem; text-align: left; cursor: pointer; }}
form {{ display: grid; grid-template-columns: auto 1fr; gap: 1rem; align-items: center; margin: 1rem 0; }}
</style>
<h1>{server}</h1>
<p>{judge}</p>
{channels}
<p>A channel opens in a tab of its own; choosing another one changes that tab. There, “Viewing as” says who you are.
Nothing here leaves this machine, and nothing is kept.</p>
"""
_NOT_HERE = """There is no page at this address.

Open the whole address that `bylaw sandbox` printed in your terminal, with the long secret at its end. It is another one
at every start, so an address from an earlier start no longer works.
"""
_CHANNEL_FORM = """<form method="post" action="open/{name}" target="bylaw-room">
<button># {name}</button><span>{about} You can be {people}.</span></form>"""


class ChannelPreviews:
    """Opens one channel at a time."""

    def __init__(self, simulation: Simulation, *, introduction: str) -> None:
        self._simulation = simulation
        self._introduction = introduction
        self._preview: simcord.Preview | None = None
        self._opening = asyncio.Lock()

    def page(self) -> str:
        """The list of channels."""
        forms = [
            _CHANNEL_FORM.format(
                name=escape(name), about=escape(about), people=escape(" or ".join(map(str.title, people)))
            )
            for name, (about, people) in CHANNELS.items()
        ]
        return _PAGE.format(server=escape(scene.SERVER), judge=escape(self._introduction), channels="\n".join(forms))

    async def open(self, name: str) -> str:
        """Show a channel in place of the one before; the address of the page.

        Raises:
            KeyError: there is no such channel.
            simcord.SetupError: the server is busy, for longer than anything should take.
        """
        _, people = CHANNELS[name]
        async with self._opening:
            await self.close()
            for rest in reversed(range(_TRIES)):
                try:
                    preview = self._simulation.env.preview(
                        self._simulation.channels[name],
                        viewers=[self._simulation.people[person] for person in people],
                        layout="channel",
                    )
                    break
                except simcord.SetupError:  # the bot is at work this very moment
                    if not rest:
                        raise
                    await asyncio.sleep(_MOMENT_SECONDS)
            await preview.__aenter__()
            self._preview = preview
        return preview.url

    async def refresh(self) -> None:
        """Show what the bot did by itself, unless the page is about to show everything anyway."""
        if self._preview is not None:
            with suppress(simcord.SetupError):
                await self._preview.refresh()

    async def close(self) -> None:
        """Close the channel that is open, if one is."""
        preview, self._preview = self._preview, None
        if preview is not None:
            await preview.close()


@asynccontextmanager
async def serving(previews: ChannelPreviews, *, port: int | None) -> AsyncIterator[str]:
    """Serve the list of channels; the address that lets one in.

    Raises:
        OSError: the port is taken.
    """
    secret = secrets.token_urlsafe(24)

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=previews.page(), content_type="text/html", headers=_HEADERS)

    async def open_channel(request: web.Request) -> web.Response:
        try:
            address = await previews.open(request.match_info["channel"])
        except KeyError:
            raise web.HTTPNotFound from None
        return web.Response(status=303, headers={**_HEADERS, "Location": address})

    app = web.Application(middlewares=[_say_where_the_page_is])
    app.router.add_get(f"/{secret}/", show)
    app.router.add_post(f"/{secret}/open/{{channel}}", open_channel)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port or 0)
        await site.start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/{secret}/"
    finally:
        await previews.close()
        await runner.cleanup()


@web.middleware
async def _say_where_the_page_is(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a wrong address with what to do. The secret is not given away: whoever started the sandbox has it."""
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as wrong:
        return web.Response(status=wrong.status, text=_NOT_HERE, headers=_HEADERS)


async def keep_fresh(previews: ChannelPreviews, simulation: Simulation) -> None:
    """Show the answers of a judge that takes its time as they come."""
    while patient := simulation.patient:
        await patient.busy()
        await patient.idle()
        await asyncio.sleep(_MOMENT_SECONDS)  # for the card to be written and posted
        await previews.refresh()
