"""The demo: the real bot in the simulated server, to the end and with nothing lost."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import subprocess
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from bot.cli import main
from bot.console.commands.demo import WITHOUT_MODEL
from bot.simulation import story as scene
from bot.simulation.play import Event, Play, Refused
from bot.simulation.simulated_server import PatientJudge, simulate
from bot.simulation.story import Act, Kind
from classifier import Content, Judgement, JudgeRequest, Message, Undecided, UndecidedReason
from classifier.lite.judge import LiteJudge
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies import templates
from guild_policies.compile import compile_policy
from guild_policies.diff import diff
from guild_policies.lint import lint
from guild_policies.text.parse import parse


def output_of(*arguments: str) -> str:
    """What a command writes on standard output; it must succeed."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    try:
        with redirect_stdout(written):
            assert main(list(arguments)) == 0
    finally:  # commands set up logging for their own process; here they share one
        root.handlers[:] = handlers
        root.setLevel(level)
    return written.getvalue()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The events of `bylaw demo --json`, on a machine whose settings would lead it astray."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        patch.setenv("BYLAW_DATABASE_URL", "postgresql://nowhere.invalid/production")
        patch.setenv("BYLAW_SECRET_KEY", "not a key")
        events = [json.loads(line) for line in output_of("demo", "--json").splitlines()]
        assert list(Path().iterdir()) == []
        return events


def of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The events of one kind."""
    return [event for event in events if event["event"] == kind]


def new_cards(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards that came up, without those that only changed."""
    return [card for card in of_kind(events, "card") if not card["changed"]]


def test_the_first_line_says_who_judges(played: list[dict[str, Any]]) -> None:
    """Nobody takes the lite judge for the model."""
    assert played[0] == {"event": "start", "judge": "lite", "note": WITHOUT_MODEL}


def test_no_card_calls_a_message_old(played: list[dict[str, Any]]) -> None:
    """The simulated server and the bot have one clock, so nothing was judged days after it was posted."""
    assert new_cards(played)
    assert [card for card in of_kind(played, "card") if "after it was" in json.dumps(card)] == []


async def test_the_server_posts_at_the_present_time() -> None:
    """A message is as old as the clock on the wall says, also after the server's timers moved on."""
    async with simulate(LiteJudge(), patiently=False) as simulation:
        await simulation.env.advance_time(3600)
        before = datetime.now(UTC) - timedelta(milliseconds=1)  # ids hold whole milliseconds
        message = await simulation.people["ana"].send(simulation.channels["general"], "hello")
        assert before <= message.created_at <= datetime.now(UTC)


def test_the_summary_adds_up(played: list[dict[str, Any]]) -> None:
    """Every message seen is accounted for, none is lost, and every case has its card."""
    summary = played[-1]
    assert summary["event"] == "summary"
    not_judged = sum(summary["not_judged"].values())
    assert summary["seen"] == summary["judged"] + not_judged + summary["waiting"] + summary["lost"]
    assert (summary["lost"], summary["waiting"], summary["undecided"]) == (0, 0, 0)
    assert summary["cards"] == summary["violations"] + summary["undecided"] == len(new_cards(played))


def test_each_reason_not_to_judge_is_shown(played: list[dict[str, Any]]) -> None:
    """Before /setup, another bot, an empty message, the moderators' channel, and Bylaw's own cards."""
    assert set(played[-1]["not_judged"]) == {"not_set_up", "bot", "empty", "review_channel", "own"}


def test_the_story_has_what_it_promises(played: list[dict[str, Any]]) -> None:
    """At least 20 messages, of every kind and in many languages."""
    messages = of_kind(played, "message")
    assert len(messages) >= 20
    assert {message["kind"] for message in messages} == {kind.value for kind in Kind}
    notes = " ".join(message["note"] for message in messages)
    languages = ("Spanish", "Italian", "Japanese", "German", "Portuguese", "Arabic", "Hindi", "Russian")
    assert all(language in notes for language in languages)


def test_an_injection_is_judged_like_any_message(played: list[dict[str, Any]]) -> None:
    """The message that writes its own verdict gets a card that quotes it."""
    (message,) = [each for each in of_kind(played, "message") if each["text"].startswith("<|end|>")]
    (card,) = [each for each in new_cards(played) if each["after"] == message["number"]]
    assert message["text"] in "\n".join(card["text"])


def test_an_edit_and_a_forward_are_judged(played: list[dict[str, Any]]) -> None:
    """Both come after a clean or a judged message, and both get a card of their own."""
    flagged = {card["after"] for card in new_cards(played)}
    for kind in ("edit", "forward"):
        (message,) = [each for each in of_kind(played, "message") if each["kind"] == kind]
        assert message["number"] in flagged


def test_a_moderators_decision_shows_on_the_card(played: list[dict[str, Any]]) -> None:
    """Both decisions and the reasoning were clicked, the cards changed, and /case show has the history."""
    clicks = [event["what"] for event in of_kind(played, "command") if event["by"] == "Omar"]
    assert clicks[:4] == ["clicks Context", "clicks Violation", "clicks Not a violation", "/case show number:1"]
    states = [card["text"][-1] for card in of_kind(played, "card") if card["changed"]]
    assert any("Not a violation, decided by @Omar" in state for state in states)
    shown = next(event for event in of_kind(played, "command") if event["what"] == "/case show number:1")
    assert "decided: Violation by @Omar" in "\n".join(shown["answer"])


def test_the_changed_rule_judges_differently(played: list[dict[str, Any]]) -> None:
    """The same kind of message is clear under version 1 and a violation under version 2."""
    cards = {card["after"]: "\n".join(card["text"]) for card in new_cards(played)}
    before, after = [each for each in of_kind(played, "message") if "already shows" in each["text"]]
    assert before["number"] not in cards
    assert "Spoilers v2" in cards[after["number"]]


@pytest.fixture(scope="module")
def written() -> str:
    """The demo as people see it."""
    return output_of("demo")


def test_people_see_it_in_eighty_columns(written: str) -> None:
    """The first line says who judges, and no line is too long."""
    assert " ".join(written.splitlines()[:2]).replace("  ", " ").startswith(WITHOUT_MODEL)
    told, _, _ = written.partition("What to try next:")  # the commands below that are not broken into lines
    assert max(map(cell_len, told.splitlines())) <= 80
    assert "\x1b[31m" not in written


def test_it_ends_with_three_things_to_try(written: str) -> None:
    """Commands that a shell takes as they are printed, in the folder in which the demo ran."""
    _, _, after = written.partition("What to try next:")
    opens, judges, checks = re.findall(r"^[123]\. .*\n((?:   .*\n)+)", after, flags=re.MULTILINE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BYLAW_")}

    def typed(command: str) -> str:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=False)
        assert "Traceback" not in done.stderr
        return done.stdout

    assert "Open a simulated server" in typed(f"{opens.rstrip()} --help")
    verdict = json.loads(typed(judges))
    assert (verdict["outcome"], verdict["rules"]) == ("violation", ["R1"])
    assert "BYLAW_TOKEN" in typed(checks)


def test_a_card_that_is_shortened_says_so(written: str) -> None:
    """The first one is whole. Each of the others keeps the rule, the quote, the reason and the score, and is marked."""
    cards = re.findall(r"╭─ (#mod-desk: card of case [^─]*) ─+╮\n(.*?)╰", written, flags=re.DOTALL)
    (first, whole), *others = [(title, body) for title, body in cards if "changed" not in title]
    assert "shortened" not in first
    assert "Where: " in whole
    assert len(others) > 5
    for title, body in others:
        assert title.endswith(", shortened here")
        assert "Where: " not in body
        if "Could not judge" not in body:
            assert "│ │ " in body
            assert "Why: " in body
            assert "Score: " in body


def test_without_the_simulator_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo needs one extra; the line names it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for command in ("demo", "sandbox"):
        assert main([command]) == 1
        assert 'pip install "bylaw[sandbox]"' in capsys.readouterr().err


def test_the_scene_holds_together() -> None:
    """Every post names people, channels and messages that exist, and both policies are fit to publish."""
    people = {scene.OWNER, scene.MODERATOR, scene.OTHER_BOT, *scene.MEMBERS}
    labels: set[str] = set()
    for act in Act:
        for post in scene.posts(act):
            assert post.about == "" or post.about in labels
            if post.kind is not Kind.EDIT:
                assert post.by in people
                assert post.channel in {*scene.CHANNELS, scene.REVIEW_CHANNEL}
            labels |= {post.label}
    assert scene.TRAILER in labels
    for text in (scene.POLICY, scene.changed_policy()):
        assert lint(text) == ()
    changes = diff(parse(scene.POLICY).policy, parse(scene.changed_policy()).policy)
    assert len(changes[0].fields) == len(scene.CHANGES)
    assert {scene.STARTER, scene.TEMPLATE} <= set(templates.names())


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


async def test_the_model_plays_the_same_scene(tiny_model: Path) -> None:
    """A model of random weights, in its own process, judges real messages of the real bot; nothing is lost."""
    judge = LlamaJudge(
        EngineOptions(model=tiny_model, fence_key=b"demo", threads=1, reasoning_tokens=ReasoningTokens(low=16))
    )
    await judge.start()
    try:
        async with simulate(judge, patiently=True) as simulation:
            events: list[Event] = []
            await Play(simulation, events.append).prepare()
            tally = simulation.bot.services.tally
            assert tally.adds_up()
            assert (tally.put_off, tally.waiting) == (0, 0)
            assert tally.cards == tally.violations + tally.undecided
            assert tally.judged >= 10
    finally:
        await judge.close()


async def test_a_story_that_cannot_go_on_says_what_the_bot_answered() -> None:
    """Where the bot refuses what the story needs, its own words are the error."""
    async with simulate(LiteJudge(), patiently=False) as simulation:
        play = Play(simulation, lambda _: None)
        await play.set_up(all_policies=False)
        with pytest.raises(Refused, match="Spoilers"):
            await play.set_up(all_policies=False)


async def test_an_undecided_message_is_a_card_too() -> None:
    """A judge that cannot say leaves a case for a person."""
    judge = ScriptedJudge(lambda _: Undecided(reason=UndecidedReason.NO_ANSWER))
    async with simulate(judge, patiently=False) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        await simulation.people["ana"].send(simulation.channels["general"], "hello")
        tally = simulation.bot.services.tally
        assert (tally.undecided, tally.cards) == (1, 1)
