"""The demo: the real bot in the simulated server, to the end and with nothing lost."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import subprocess
import time
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.cli import main
from bot.console.commands.demo import WITHOUT_MODEL
from bot.console.screen.demo_pace import Pace
from bot.console.screen.demo_screen import TerminalScreen
from bot.console.screen.demo_summary import summary_lines
from bot.moderation.messages.intake import Skip, Tally
from bot.simulation import story as scene
from bot.simulation.play import Play
from bot.simulation.seen import Asked, BotWrote, CardSeen, Event, Narrated, NewAct, Posted, Summary
from bot.simulation.simulated_server import simulate
from bot.simulation.stage import Refused, Stage
from bot.simulation.story import Act, Kind
from classifier import Judgement, Undecided, UndecidedReason
from classifier.lite.judge import LiteJudge
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.lint import lint


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


def test_the_summary_adds_up(played: list[dict[str, Any]]) -> None:
    """Every message seen is accounted for, by the bot before its absence and by the one after it; none is lost."""
    summary = played[-1]
    assert summary["event"] == "summary"
    not_judged = sum(summary["not_judged"].values())
    assert summary["seen"] == summary["judged"] + not_judged + summary["waiting"] + summary["lost"]
    assert (summary["lost"], summary["waiting"], summary["undecided"]) == (0, 0, 0)
    assert summary["cards"] == summary["violations"] + summary["undecided"]
    assert summary["cards_shown"] == len(new_cards(played)) < summary["cards"]  # those of the raid share one


def part(events: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
    """The events of one part of the day."""
    titles = [number for number, event in enumerate(events) if event["event"] == "act"]
    (start,) = [number for number in titles if title in events[number]["title"]]
    return events[start : min((number for number in titles if number > start), default=len(events))]


def said(events: list[dict[str, Any]]) -> str:
    """All that the bot showed or answered, in these events."""
    shown = [event["text"] if event["event"] != "command" else event["answer"] for event in events[1:]]
    return "\n".join("\n".join(lines) for lines in shown if isinstance(lines, list))


def test_a_scam_in_two_channels_is_one_card(played: list[dict[str, Any]]) -> None:
    """The second message joins the case, and a harmless one gets no card."""
    events = part(played, "A scam")
    assert len(of_kind(events, "message")) == 3
    assert len(new_cards(events)) == 1
    assert "Also in: #games" in said(events)
    assert "State: Violation, decided by @Omar" in said(events)


def test_an_injection_is_judged_like_any_message(played: list[dict[str, Any]]) -> None:
    """The message that writes its own verdict gets a card that quotes it."""
    (message,) = [each for each in of_kind(played, "message") if each["text"].startswith("<|end|>")]
    (card,) = [each for each in new_cards(played) if each["after"] == message["number"]]
    assert message["text"] in "\n".join(card["text"])


def test_a_false_alarm_is_dismissed_and_the_new_rule_avoids_it(played: list[dict[str, Any]]) -> None:
    """Backtested on the team's decisions, published, and then the same words are clear and a trailer is not."""
    assert "State: Not a violation, decided by @Omar" in said(part(played, "false alarm"))
    events = part(played, "A better rule")
    assert "It agrees with your team on 2 of 2 decisions" in said(events)
    assert "Spoilers version 2 is in force" in said(events)
    song, trailer = of_kind(events, "message")
    (card,) = new_cards(events)
    assert (song["text"][-12:], card["after"]) == ("opening song", trailer["number"])
    assert "Spoilers v2" in "\n".join(card["text"])


def test_a_member_is_told_appeals_and_is_heard_by_somebody_else(played: list[dict[str, Any]]) -> None:
    """The notice quotes the rule, the appeal is reversed by another person, and the timeout ends."""
    assert "Timed the member out for 1 hour, by @Omar" in said(part(played, "A moderator acts"))
    events = part(played, "The member appeals")
    notice, outcome = [event for event in of_kind(events, "bot_message") if event["where"] == "Rafa's direct messages"]
    assert notice["buttons"] == ["Appeal"]
    assert "R1 Insults aimed at a person" in "\n".join(notice["text"])
    assert "The decision was wrong and was reversed" in "\n".join(outcome["text"])
    assert "Ended the timeout, by @Mira" in said(events)


def test_a_raid_is_one_card_and_one_choice(played: list[dict[str, Any]]) -> None:
    """Every account of the raid is on it, and all of its messages are deleted."""
    events = part(played, "A raid")
    members = len(of_kind(events, "message"))
    assert f"{members} messages · {members} members · {members} cases · {members} open" in said(events)
    assert f"Done for {members} cases." in said(events)
    assert f"{members} cases · 0 open" in said(events)


def test_what_was_posted_while_the_bot_was_away_is_judged(played: list[dict[str, Any]]) -> None:
    """Two messages, one of them a scam; the moderators are told that the bot was away."""
    events = part(played, "Bylaw is away")
    assert len(of_kind(events, "message")) == 2
    assert len(new_cards(events)) == 1
    assert "has caught up. It judged 2 messages" in said(events)


@pytest.fixture(scope="module")
def written() -> str:
    """The demo as people see it."""
    return output_of("demo")


def test_people_see_it_in_eighty_columns_and_two_hundred_lines(written: str) -> None:
    """The first line says who judges, each part of the day has its heading, and no line is too long."""
    assert " ".join(written.splitlines()[:2]).replace("  ", " ").startswith(WITHOUT_MODEL)
    told, _, _ = written.partition("What to try next:")  # the commands below that are not broken into lines
    assert max(map(cell_len, told.splitlines())) <= 80
    assert len(written.splitlines()) <= 200
    assert len(re.findall(r"^\S.* ─+$", told, flags=re.MULTILINE)) == 9


def test_counts_are_sentences(written: str) -> None:
    """No label of the code's is among them."""
    summary = written.partition("Summary ─")[2].partition("What to try next")[0]
    assert re.search(r"Bylaw saw \d+ messages, edits included; none was lost, and none is waiting\.", summary)
    assert not re.search(r"\w_\w|\bput off\b", summary)


def test_a_reason_for_every_skip_has_words() -> None:
    """Whatever is not judged, the summary says why in words."""
    tally = Tally(seen=len(Skip), not_judged=Counter(Skip))
    last = summary_lines(tally)[-1]
    assert last.count("1 ") == len(Skip)
    assert "_" not in last


def test_terminal_codes_of_members_are_shown_and_not_sent() -> None:
    """Nobody can colour, move or reorder what an operator reads."""
    console = Console(file=io.StringIO(), width=80)
    screen = TerminalScreen(lambda _: None, console)
    hostile = "\x1b[31mred\x1b[0m \u202e txet neddih"
    screen.show(Posted(number=1, kind=Kind.POST, by=hostile, channel="games", text=hostile, note=""))
    screen.show(BotWrote(where="#mod-desk", parts=(hostile,), buttons=(), changed=False))
    screen.show(Asked(by=hostile, what=hostile, wrote=hostile, answer=(hostile,)))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "red" in shown
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown


def test_the_normal_pace_takes_less_than_a_minute(played: list[dict[str, Any]]) -> None:
    """As long as the bot needs no longer for a step than people need to read the one before; slow is slower."""
    kinds = {
        "act": NewAct,
        "note": Narrated,
        "message": Posted,
        "card": CardSeen,
        "bot_message": BotWrote,
        "command": Asked,
        "summary": Summary,
    }
    events = [object.__new__(kinds[event["event"]]) for event in played if event["event"] in kinds]
    normal = sum(map(Pace.NORMAL.pause, events))
    assert 20 < normal < 50
    assert sum(map(Pace.INSTANT.pause, events)) == 0 < normal < sum(map(Pace.SLOW.pause, events))


async def test_a_reader_gets_time_and_the_bot_works_meanwhile() -> None:
    """An event is shown no sooner than the one before has been read."""
    async with simulate(LiteJudge(), patiently=False) as simulation:
        shown: list[float] = []
        stage = Stage(simulation, lambda _: shown.append(time.monotonic()), lambda _: 0.5)
        await stage.narrate("one")
        await asyncio.sleep(0.5)  # the bot works
        before = time.monotonic()
        await stage.narrate("two")
        await stage.narrate("three")
    assert shown[1] - before < 0.4
    assert shown[2] - shown[1] >= 0.5


@pytest.mark.parametrize("answer", [clear(), violation("R1")])
async def test_the_day_ends_whatever_the_judge_says(answer: Judgement) -> None:
    """A judge that lets everything pass, or flags everything: what cannot follow is left out, and that is said."""
    events: list[Event] = []
    async with simulate(ScriptedJudge(lambda _: answer), patiently=False) as simulation:
        summary = await Play(simulation, events.append).perform()
    assert summary.tally.adds_up()
    assert (summary.tally.put_off, summary.tally.waiting) == (0, 0)
    notes = [event.text for event in events if isinstance(event, Narrated) and "this judge let it pass" in event.text]
    cards = [event for event in events if isinstance(event, CardSeen | BotWrote)]
    assert len(notes) == 3 or (cards and answer != clear())


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


def test_cards_after_the_first_are_shortened(written: str) -> None:
    """The first one is whole, and a line says so; each of the others keeps the rule and the reason."""
    (whole,) = re.findall(r"╭─ #mod-desk: the card of case 1 ─+╮\n(.*?)╰", written, flags=re.DOTALL)
    assert all(word in whole for word in ("Where: ", "The rule says: ", "Why: ", "Score: ", "[Not a violation]"))
    assert "From here on, cards are shortened" in written
    others = re.findall(r"^  case \d+: (.*)\n  ┃ Why: ", written, flags=re.MULTILINE)
    assert len(others) >= 5
    assert all(re.search(r"severity: R\d ", title) for title in others)


def test_without_the_simulator_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo needs one extra; the line names it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for command in ("demo", "sandbox"):
        assert main([command]) == 1
        assert 'pip install "bylaw[sandbox]"' in capsys.readouterr().err


def test_the_scene_holds_together() -> None:
    """Every post names people, channels and messages that exist, and both texts of the policy are fit to publish."""
    people = {scene.OWNER, scene.MODERATOR, scene.OTHER_BOT, *scene.MEMBERS, *scene.NEWCOMERS}
    for act in Act:
        labels: set[str] = set()
        assert scene.posts(act)
        for post in scene.posts(act):
            assert post.about == "" or post.about in labels
            if post.kind is not Kind.EDIT:
                assert post.by in people
                assert post.channel in {*scene.CHANNELS, scene.REVIEW_CHANNEL}
            labels |= {post.label}
    for text in (scene.POLICY, scene.changed_policy()):
        assert lint(text) == ()
    assert all(after in scene.changed_policy() for _, after in scene.CHANGES)
    assert scene.APPELLANT in scene.MEMBERS


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
        with pytest.raises(Refused, match="There is already a policy with this name"):
            await play.set_up(all_policies=False)


async def test_an_undecided_message_is_a_card_too() -> None:
    """A judge that cannot say leaves a case for a person."""
    judge = ScriptedJudge(lambda _: Undecided(reason=UndecidedReason.NO_ANSWER))
    async with simulate(judge, patiently=False) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        await simulation.people["ana"].send(simulation.channels["general"], "hello")
        tally = simulation.bot.services.tally
        assert (tally.undecided, tally.cards) == (1, 1)
