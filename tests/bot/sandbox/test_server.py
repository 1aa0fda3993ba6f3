"""Who gets to the sandbox: whoever has the address, on this machine, from our own page, in the newest tab."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.sandbox.session import OLDER_TAB


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """Asks without following where it is led."""
    async with aiohttp.ClientSession() as session:
        yield session


def origin(address: str) -> str:
    """The origin of our own page."""
    return f"http://{urlsplit(address).netloc}"


async def ask(client: aiohttp.ClientSession, box: Any, name: str, /, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Ask as our own page does."""
    async with client.post(f"{box.address}api/{name}", json=fields, headers={"Origin": origin(box.address)}) as answer:
        return answer.status, await answer.json()


async def tab(client: aiohttp.ClientSession, box: Any) -> dict[str, Any]:
    """Open a tab, when the server is there."""
    await box.ready()
    status, fixed = await ask(client, box, "hello")
    assert status == 200
    return fixed


async def secret_of_room(client: aiohttp.ClientSession, box: Any, fixed: dict[str, Any]) -> str:
    """What a page needs to act in the room that is open."""
    async with client.get(f"{box.address}api/events", params={"tab": fixed["tab"]}) as stream:
        await stream.content.readline()
        state = json.loads((await stream.content.readline()).removeprefix(b"data: "))
        secret: str = state["frame"]["secret"]
        return secret


async def test_the_address_is_a_secret_of_this_machine(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """Without the secret there is nothing to see, and the answer says where the page is without giving it away."""
    async with sandbox() as box:
        parts = urlsplit(box.address)
        assert parts.hostname == "127.0.0.1"
        for path in ("/", "/wrong/", parts.path.rstrip("/"), f"{parts.path}../index.html", f"{parts.path}nothing.js"):
            async with client.get(f"http://{parts.netloc}{path}") as answer:
                text = await answer.text()
                assert answer.status == 404
                assert answer.content_type == "text/plain"
                assert "Open the whole address that `bylaw sandbox` printed in your terminal" in text
                assert parts.path.strip("/") not in text
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_our_own_page_may_post(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """Another page of the browser, a page without an origin and a name that leads here are refused; nothing is done."""
    async with sandbox() as box:
        await tab(client, box)
        for headers in ({"Origin": "https://evil.example"}, {}, {"Origin": "null"}):
            async with client.post(f"{box.address}api/reset", json={"tab": 1}, headers=headers) as answer:
                assert answer.status == 403
        rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
        async with client.post(f"{box.address}api/reset", json={"tab": 1}, headers=rebound) as answer:
            assert answer.status == 403
        assert box.world.is_ready
        assert box.world.round == 1


async def test_the_page_may_do_little(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """No page may frame it, it runs its own scripts only, and it tells nobody its address."""
    async with sandbox() as box, client.get(box.address) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"


async def test_the_room_may_be_framed_by_our_page_alone(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """And acts for nobody who comes from elsewhere, or who lacks the secret of the room that is open."""
    async with sandbox() as box:
        fixed = await tab(client, box)
        async with client.get(f"{fixed['frameOrigin']}/") as answer:
            assert answer.status == 200
            assert f"frame-ancestors {origin(box.address)}" in answer.headers["Content-Security-Policy"]
            assert "X-Frame-Options" not in answer.headers
        for headers in ({"Origin": origin(box.address)}, {"Host": "evil.example"}):
            async with client.post(f"{fixed['frameOrigin']}/api/action", json={}, headers=headers) as answer:
                assert answer.status == 403
        async with client.post(f"{fixed['frameOrigin']}/api/pages", json={}) as answer:
            assert answer.status == 401


async def test_an_older_tab_is_refused(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """Whatever it asks for, it is told that a newer tab has taken over, and its stream says so."""
    async with sandbox() as box:
        older = await tab(client, box)
        newer = await tab(client, box)
        for name in ("enter", "switch", "menu", "publish", "raid", "hour", "reset"):
            status, said = await ask(client, box, name, tab=older["tab"])
            assert (status, said["error"]) == (409, OLDER_TAB)
        async with client.get(f"{box.address}api/events", params={"tab": older["tab"]}) as stream:
            assert await stream.content.readline() == b"event: taken\n"
        status, _ = await ask(client, box, "switch", tab=newer["tab"])
        assert status == 200


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("enter", {"person": "nobody", "room": "general"}, "There is no such person or room."),
    ("enter", {"person": 3, "room": "general"}, "“person” has to be a text"),
    ("look", {"room": "nowhere"}, "There is no such person or room."),
    ("menus", {"room": "nowhere"}, "There is no such person or room."),
    ("menu", {"room": "general", "message": "x", "name": "Test draft"}, "“message” has to be a number."),
    ("menu", {"room": "general", "message": 1, "name": "Test draft"}, "This message is no longer there."),
    ("reads", {"room": "general", "message": True}, "“message” has to be a number."),
    ("reads", {"room": "general", "message": "1"}, "This message is no longer there."),
    ("lint", {"text": "x" * 200_000}, "“text” has to be a text of at most 100,000 characters."),
    ("sentences", {"text": "", "sentences": "x"}, "“sentences” has to be a list"),
    ("sentences", {"text": "", "sentences": ["x"]}, "Nothing can be judged by this text yet."),
    ("publish", {"name": "x" * 200, "text": ""}, "“name” has to be a text of at most 50 characters."),
)


async def test_bad_requests_get_one_line(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """It says what is wrong, and the sandbox goes on."""
    async with sandbox() as box:
        number = (await tab(client, box))["tab"]
        for name, fields, why in BAD:
            status, said = await ask(client, box, name, tab=number, **fields)
            assert status in {400, 409}, (name, fields)
            assert said["error"].startswith(why)
        status, _ = await ask(client, box, "switch", tab=number)
        assert status == 200


async def test_what_discord_would_refuse_is_refused(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """A member uses no moderator's command, nobody one in a room that they cannot see; apps have no history."""
    async with sandbox() as box:
        number = (await tab(client, box))["tab"]
        card = str(box.simulation.channels["mod-desk"].history()[-1].id)
        message = str(box.simulation.channels["general"].history()[0].id)
        for person, room, asked, name, why in (
            ("ana", "mod-desk", card, "Check against policy", "Discord does not show this command to you here."),
            ("ana", "general", message, "Check against policy", "Discord does not show this command to you here."),
            ("ana", "general", message, "no such command", "Discord does not show this command to you here."),
            ("omar", "mod-desk", card, "Moderation history", "This was written by an app"),
        ):
            await ask(client, box, "enter", tab=number, person=person, room="general")
            status, said = await ask(client, box, "menu", tab=number, room=room, message=asked, name=name)
            assert status == 400
            assert said["error"].startswith(why)


async def test_what_is_no_object_is_refused(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """A form, a list and broken JSON."""
    async with sandbox() as box:
        headers = {"Origin": origin(box.address)}
        sent: tuple[dict[str, Any], ...] = (
            {"data": b"a=b", "headers": {**headers, "Content-Type": "application/x-www-form-urlencoded"}},
            {"data": b"[]", "headers": {**headers, "Content-Type": "application/json"}},
            {"data": b"{\xff", "headers": {**headers, "Content-Type": "application/json"}},
        )
        for each in sent:
            async with client.post(f"{box.address}api/lint", **each) as answer:
                assert answer.status == 400
                assert "JSON" in (await answer.json())["error"]


async def test_two_on_one_port_is_an_error(sandbox: Any) -> None:
    """The second one is told."""
    async with sandbox() as box:
        with pytest.raises(OSError, match="address already in use"):
            async with sandbox(port=urlsplit(box.address).port):
                pass


async def test_before_the_server_is_there_the_page_says_so(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """A tab can be opened at once; what needs the server is refused until it is there."""
    async with sandbox() as box:
        assert not box.world.is_ready
        status, fixed = await ask(client, box, "hello")
        assert status == 200
        status, said = await ask(client, box, "raid", tab=fixed["tab"])
        assert (status, said["error"]) == (409, "The server is being made. Wait a moment.")
        async with client.get(f"{box.address}api/events", params={"tab": fixed["tab"]}) as stream:
            assert await stream.content.readline() == b"event: state\n"
            assert b'"ready": false' in await stream.content.readline()


async def test_a_page_of_the_room_before_acts_no_more(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """With the secret of a room that was left, nothing is done; what it asks for is held until it has gone itself."""
    async with sandbox() as box:
        fixed = await tab(client, box)
        headers = {"X-Simcord-Capability": await secret_of_room(client, box, fixed), "Origin": fixed["frameOrigin"]}
        async with client.post(f"{fixed['frameOrigin']}/api/pages", json={}, headers=headers) as answer:
            assert answer.status == 200
        await ask(client, box, "switch", tab=fixed["tab"])
        before = len(box.simulation.channels["general"].history())
        body = {"kind": "send_message", "content": "from the room before"}
        with pytest.raises(TimeoutError):
            async with (
                asyncio.timeout(0.5),
                client.post(f"{fixed['frameOrigin']}/api/action", json=body, headers=headers) as answer,
            ):
                pass
        async with client.delete(f"{fixed['frameOrigin']}/api/pages/x", headers=headers) as answer:
            assert await answer.json() == {"closed": True}
        assert len(box.simulation.channels["general"].history()) == before


async def test_a_click_counts_though_somebody_wrote_meanwhile(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """A page acts on what it showed, as in Discord: what was posted since it last looked does not swallow the click."""
    async with sandbox() as box:
        fixed = await tab(client, box)
        room = box.simulation.channels["general"]
        headers = {"Origin": fixed["frameOrigin"], "X-Simcord-Capability": await secret_of_room(client, box, fixed)}
        async with client.post(f"{fixed['frameOrigin']}/api/pages", json={}, headers=headers) as answer:
            shown = await answer.json()
        body = {
            "kind": "send_message",
            "protocol_version": 3,
            "sequence": 1,
            "request_id": "first",
            "generation": shown["context"]["generation"],
            "bot_generation": shown["botGeneration"],
            "published_revision": shown["publishedRevision"] - 1,
            "content": "I saw the room as it was a moment ago.",
        }
        headers["X-Simcord-Context"] = shown["context"]["id"]
        async with client.post(f"{fixed['frameOrigin']}/api/action", json=body, headers=headers) as answer:
            assert (await answer.json())["rejected"] is False
        assert room.history()[-1].content == body["content"]
        body |= {"sequence": 9, "request_id": "second", "published_revision": 1}
        async with client.post(f"{fixed['frameOrigin']}/api/action", json=body, headers=headers) as answer:
            assert (await answer.json())["rejected"] is True  # for another reason, which stays


async def test_a_room_is_left_while_it_is_asked(client: aiohttp.ClientSession, sandbox: Any) -> None:
    """Leaving takes a moment, not the minute that a Preview waits for a connection that asks nothing."""
    async with sandbox() as box:
        fixed = await tab(client, box)

        async def get_file() -> int:
            async with client.get(f"{fixed['frameOrigin']}/app.js") as answer:
                return answer.status

        for _ in range(10):
            asking = [asyncio.create_task(get_file()) for _ in range(20)]
            async with asyncio.timeout(20):
                status, _said = await ask(client, box, "switch", tab=fixed["tab"])
            assert status == 200
            assert set(await asyncio.gather(*asking)) == {200}
