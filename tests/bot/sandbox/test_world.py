"""The simulated server behind the page: one step at a time, fresh on demand, and never waiting for a slow judge."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.actions import policy_editor
from bot.sandbox.actions.passing_time import let_pass
from bot.sandbox.actions.raid import raid
from bot.sandbox.actions.try_list import SCAM, TryList
from bot.sandbox.world.errors import Gone
from classifier import Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation


async def test_steps_take_turns(sandbox: Any) -> None:
    """Two that are asked for at once are both done, one after the other, and an error reaches who asked."""
    async with sandbox() as box:
        await box.ready()
        order: list[str] = []

        def step(name: str) -> Any:
            async def take(simulation: Any) -> str:
                order.append(f"{name} begins")
                await simulation.people["ana"].send(simulation.channels["general"], f"hello from {name}")
                order.append(f"{name} ends")
                return name

            return take

        async def fails(_: Any) -> None:
            raise KeyError("no such thing")

        results = await asyncio.gather(
            box.world.do(step("one")), box.world.do(fails), box.world.do(step("two")), return_exceptions=True
        )
        assert [results[0], type(results[1]), results[2]] == ["one", KeyError, "two"]
        assert order == ["one begins", "one ends", "two begins", "two ends"]


async def test_a_reset_makes_a_fresh_server(sandbox: Any) -> None:
    """Nothing of the round before is left, and what waited for a turn then is refused."""
    async with sandbox() as box:
        await box.ready()
        first = box.simulation

        async def slow(_: Any) -> None:
            await asyncio.sleep(0.05)

        waiting = [asyncio.ensure_future(box.world.do(slow)) for _ in range(2)]
        await asyncio.sleep(0)
        await box.world.reset()
        with pytest.raises(Gone):
            await box.world.do(slow)
        await asyncio.gather(*waiting)
        await box.ready(rounds=2)
        assert box.simulation is not first
        assert len(box.simulation.channels["general"].history()) == len(first.channels["general"].history())


async def test_an_hour_passes_for_discord_and_the_bot(sandbox: Any) -> None:
    """Both clocks agree, new messages and cases carry the later time, and every job ran without an error."""
    async with sandbox() as box:
        await box.ready()
        simulation = box.simulation
        before = simulation.clock.now()
        time = simulation.bot.services.discord_time
        assert await box.world.do(let_pass) == ()
        assert simulation.clock.now() - before >= timedelta(hours=1)
        assert abs(simulation.env.now() - time.now()) < timedelta(minutes=1)
        message = await box.world.do(lambda server: server.people["ana"].send(server.channels["general"], SCAM))
        assert message.created_at - before >= timedelta(hours=1)
        await box.world.do(lambda server: server.settle())
        (case,) = [
            each
            for number in range(1, 9)
            if (each := await simulation.bot.services.review.find(simulation.guild.id, number))
            and each.evidence.message_id == message.id
        ]
        assert abs(case.opened_at - message.created_at) < timedelta(minutes=1)


async def test_a_raid_is_one(sandbox: Any) -> None:
    """The bot itself takes it for one: its cases share a card, and the list says so."""
    async with sandbox() as box:
        await box.ready()
        tries = TryList()
        await tries.begin(box.simulation)
        assert await tries.look(box.simulation) == frozenset()
        assert await box.world.do(raid) == 6
        await box.world.do(lambda server: server.settle())
        assert await tries.look(box.simulation) == {"raid"}


async def test_publishing_goes_through_the_bots_own_commands(sandbox: Any) -> None:
    """A new policy is saved and put in force; the same text once more changes nothing and says why."""
    text = (
        "# Shouting\n\n## Rules\n### R1 Shouting\nSeverity: low\nBreaks it: a message in capitals only.\n"
        'Examples:\n- violates: "STOP SHOUTING AT ME"\n- violates: "LOOK AT THIS NOW"\n'
        '- allowed: "the BBC is on"\n- allowed: "ok"\n'
    )
    async with sandbox() as box:
        await box.ready()
        said = await box.world.do(lambda server: policy_editor.publish(server, "Shouting", text))
        assert said["published"], said
        again = await box.world.do(lambda server: policy_editor.publish(server, "Shouting", text))
        assert not again["published"]
        assert again["answers"]
        listed = {each["name"]: each for each in await policy_editor.listing(box.simulation)}
        assert listed["Shouting"] == {"name": "Shouting", "text": text, "version": 1, "draft": False}


async def test_a_slow_judge_holds_nothing_up(sandbox: Any) -> None:
    """While it thinks about a sentence of the page and a message of the server, steps are taken and state is shown."""
    go = asyncio.Event()
    go.set()

    async def think(request: JudgeRequest) -> Judgement:
        await go.wait()
        return violation("R1") if "butler" in request.content.target.words else clear()

    async with sandbox(ScriptedJudge(think)) as box:
        await box.ready()
        go.clear()
        world = box.world
        message = await world.do(lambda server: server.people["ana"].send(server.channels["general"], "the butler"))
        text = (await policy_editor.listing(box.simulation))[-1]["text"]
        judged = asyncio.ensure_future(policy_editor.try_sentences(world.who.judge, text, ["the butler"]))

        async def check(server: Any) -> Any:
            from bot.sandbox.views.model import ModelView

            return await ModelView(None).of_message(server, "general", message.id)

        read = asyncio.ensure_future(world.beside(check))
        await asyncio.sleep(0.1)
        await world.do(lambda server: server.people["ana"].send(server.channels["general"], "hello"))
        assert not judged.done()
        assert not read.done()
        go.set()
        async with asyncio.timeout(20):
            (answer,) = await judged
            assert answer["outcome"] == "violation"
            assert {each["judgement"]["outcome"] for each in (await read)["policies"]} == {"violation"}
            await world.do(lambda server: server.settle())
