"""The simulated server: its clock, and judges that take their time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from bot.simulation import story as scene
from bot.simulation.play import Play
from bot.simulation.simulated_server import PatientJudge, simulate
from classifier import Content, Judgement, JudgeRequest, Message, Undecided
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.compile import compile_policy
from guild_policies.text.parse import parse


async def test_the_server_posts_at_the_present_time() -> None:
    """A message is as old as the clock on the wall says, also after the server's timers moved on."""
    async with simulate(LiteJudge(), patiently=False) as simulation:
        await simulation.env.advance_time(3600)
        before = datetime.now(UTC) - timedelta(milliseconds=1)  # ids hold whole milliseconds
        message = await simulation.people["ana"].send(simulation.channels["general"], "hello")
        assert before <= message.created_at <= datetime.now(UTC)


async def test_the_server_goes_on_while_the_judge_thinks() -> None:
    """A slow judge holds up no command; its verdict becomes a card when it comes."""
    thinking, done = asyncio.Event(), asyncio.Event()

    async def think(_: JudgeRequest) -> Judgement:
        thinking.set()
        await done.wait()
        return violation("R1")

    async with simulate(ScriptedJudge(think), patiently=True) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        await simulation.people["ana"].send(simulation.channels["general"], "hello")
        await thinking.wait()
        answer = await simulation.people["mira"].slash(simulation.channels["general"], "policy list")
        assert answer.response is not None
        tally = simulation.bot.services.tally
        assert (tally.judged, tally.cards) == (0, 0)
        done.set()
        await simulation.settle()
        assert (tally.judged, tally.violations, tally.cards, tally.put_off) == (1, 1, 1, 0)


async def test_closing_answers_whoever_waits_for_a_slow_judge() -> None:
    """The end of the server is not held up by a judge that never answers."""

    async def never(_: JudgeRequest) -> Judgement:
        await asyncio.Event().wait()
        return clear()

    async with asyncio.timeout(30), simulate(ScriptedJudge(never), patiently=True) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        await simulation.people["ana"].send(simulation.channels["general"], "hello")
        tally = simulation.bot.services.tally
    assert tally.adds_up()
    assert (tally.waiting, tally.put_off) == (1, 0)


async def test_a_patient_judge_without_a_server_simply_asks() -> None:
    """Before the server is there, and after it was closed."""
    patient = PatientJudge(LiteJudge())
    policy = compile_policy(parse(scene.POLICY).policy)
    request = JudgeRequest(policy=policy, content=Content(target=Message(text="the killer is the cook")))
    answer = await patient.judge(request)
    assert not isinstance(answer, Undecided)
    assert (answer.rule_ids, patient.name) == (("R1",), LiteJudge().name)
    await patient.close()
    await patient.close()
