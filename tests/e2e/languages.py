"""What tests of languages have in common: whose Discord is in which language, and all that somebody was shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import simcord.interactions

from bot.languages.catalogue import catalogue
from bot.languages.language import Language
from tests.fakes.pseudo_language import pseudo_translations

_SHOWN = ("content", "label", "title", "description", "placeholder", "name")


def set_locales(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Say by user id which locale somebody's Discord has; the simulation sends ``en-US`` for everybody else."""
    locales: dict[int, str] = {}
    original = simcord.interactions.base_payload

    def with_locale(backend: Any, **options: Any) -> Any:
        record, payload = original(backend, **options)
        payload["locale"] = locales.get(options["user_id"], "en-US")
        return record, payload

    monkeypatch.setattr(simcord.interactions, "base_payload", with_locale)
    return locales


def invent(monkeypatch: pytest.MonkeyPatch) -> None:
    """German is the invented language."""
    german: Any = catalogue(Language.GERMAN)
    invented: Any = pseudo_translations()
    monkeypatch.setattr(german, "_catalog", invented._catalog)


def answers(world: Any, since: int) -> list[str]:
    """The texts of everything that was answered to interactions from this request on: messages, buttons, forms."""
    entries = world.env.http_requests[since:]
    return [
        text
        for entry in entries
        if isinstance(entry.json, dict) and ("/callback" in entry.path or "/webhooks/" in entry.path)
        for text in texts_in(entry.json)
    ]


def texts_in(body: Any) -> Iterator[str]:
    """Every text for people, at whatever depth."""
    if isinstance(body, list):
        for each in body:
            yield from texts_in(each)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name in _SHOWN and isinstance(value, str) and value:
                yield value
            elif name != "attachments":
                yield from texts_in(value)


def letters_to(world: Any, member: Any) -> list[str]:
    """The texts of all direct messages to somebody."""
    path = f"/channels/{member.user.dm_channel.id}/messages"
    entries = [entry for entry in world.env.http_requests if entry.method == "POST" and entry.path.endswith(path)]
    return [text for entry in entries for text in texts_in(entry.json)]
