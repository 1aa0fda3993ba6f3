"""The checks of a remote judge: each server's model, how it is used, and whether the connection is encrypted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.checkup.report import Line, fail, ok, warn

if TYPE_CHECKING:
    from bot.settings import Settings
    from classifier.remote.client.endpoint import Served
    from classifier.remote.client.pool import Member

_NO_SECRET = b"doctor judges nothing"


async def check_servers(settings: Settings) -> list[Line]:
    """A line for each server, and for problems with the connection to it."""
    from bot.judge import remote_judge
    from bot.settings import SettingsError

    try:
        judge = remote_judge(settings, fence_key=_NO_SECRET)
    except SettingsError as error:
        return [fail("servers", str(error))]
    try:
        await judge.start(patiently=True)
        usable = any(not member.trouble for member in judge.endpoints)
        lines = [_line(member, others_work=usable) for member in judge.endpoints]
        served = [member.endpoint.served for member in judge.endpoints if not member.trouble and member.endpoint.served]
        return [*lines, *_advice(settings, served), *_in_the_open([member.endpoint.url for member in judge.endpoints])]
    finally:
        await judge.close()


def _line(member: Member, *, others_work: bool) -> Line:
    served = member.endpoint.served
    if member.trouble or served is None:
        return (warn if others_work else fail)("server", f"{member.trouble}.")
    context = f", context {served.context_tokens:,}" if served.context_tokens else ""
    ways = {"tokens": "token ids", "bylaw": "whole requests"}.get(served.mode, "chat")
    what = f"{served.identity} by {served.software}, asked by {ways}, {served.places} at once{context}"
    return ok("server", f"{member.endpoint.url}: {what}")


def _advice(settings: Settings, served: list[Served]) -> list[Line]:
    from classifier.llama.options import EngineOptions
    from classifier.remote.client.judge import weaker_guarantee

    lines = [warn("injection", f"{weaker}.") for each in served[:1] if (weaker := weaker_guarantee(each.mode))]
    contexts = [each.context_tokens for each in served if each.context_tokens]
    options = EngineOptions(
        model=Path(), fence_key=_NO_SECRET, context_tokens=min([settings.context_tokens, *contexts])
    )
    shortage = options.shortage(settings.effort) if served else None
    return [*lines, warn("thinking", f"{shortage} (BYLAW_CONTEXT_TOKENS and the server's own).")] if shortage else lines


def _in_the_open(urls: list[str]) -> list[Line]:
    from classifier.remote.address import travels_in_the_open

    return [
        warn("privacy", f"messages travel to {url} unencrypted: use https, or a network that nobody else is in.")
        for url in urls
        if travels_in_the_open(url)
    ]
