"""Five questions a week: invented, asked, answered, pinned, and what is proposed where team and policy differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
import simcord
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app import BylawBot
from bot.moderation.servers.options import CardOptions
from bot.moderation.trials.question import QuestionAnswer
from classifier import (
    Invented,
    Inventions,
    Judge,
    JudgeRequest,
    Lane,
    Undecided,
    UndecidedReason,
    Verdict,
    Way,
)
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedWriter, clear, violation

CLEAR = "I cried at the end @everyone"  # the judge is not sure when it guesses, and finds it clear when it thinks
BROKEN = "guess what the butler did"
CLOSED, NOT_IN_FORCE = "-# Questions", "are closed: the rules that they are about are no longer in force."
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def judge_of(request: JudgeRequest) -> Verdict:
    """The butler breaks R1; a guess is the surer the longer the message is."""
    words = request.content.target.words
    if request.way is Way.PROBE:
        return violation("R1", score=min(0.99, 0.5 + len(words) / 100))
    return violation("R1") if "butler" in words else clear()


INVENTED = Inventions(
    invented=(
        Invented(text="x" * 60, rule_id="R1"),
        Invented(text=BROKEN, rule_id="R1"),
        Invented(text=CLEAR, rule_id="R1"),
        Invented(text="the ship", rule_id="R1"),
        Invented(text="and then", rule_id="R1"),
        Invented(text="no way!", rule_id="R1"),
        Invented(text="y" * 70, rule_id="R1"),
    )
)


@pytest.fixture
def judge() -> Judge:
    """A judge that can write."""
    return ScriptedWriter(judge_of, invents=lambda _: INVENTED)


def at(world: Any, moment: datetime) -> None:
    """It is this moment for the questions."""
    world.bot.services.practice._now = lambda: moment


async def asked(world: Any) -> discord.Message:
    """The week's questions, posted."""
    await world.set_up()
    await world.mira.slash(world.general, "settings five-questions", weekly=True)
    at(world, MONDAY_NOON)
    assert await world.bot.schedule.run_now("questions")
    return world.cards()[-1]


def labels(message: Any) -> list[str]:
    """The buttons of a message."""
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [button["label"] for row in rows for button in row["components"]]


def writer(world: Any) -> ScriptedWriter:
    """The judge that writes."""
    return world.bot._judge


def post(world: Any) -> discord.Message:
    """The post as it is now."""
    return next(each for each in world.cards() if "Where is the line?" in each.content)


async def answer(world: Any, *given: str, by: Any = None) -> Any:
    """Answer the next questions; what is shown then."""
    person = by or world.rita
    shown = await person.click(post(world), label="Answer them")
    for label in given:
        shown = await person.click(shown.response, label=label)
    return shown


class TestAsking:
    """Once a week, where it is wanted, written by the judge in the background."""

    async def test_five_of_those_that_were_written(self, world: Any) -> None:
        """The five nearest to the line, told in the moderators' channel without their texts."""
        said = world.said(await asked(world))
        assert "The judge invented 5 messages near the line of **Spoilers** v1. Nobody wrote them." in said
        assert "0 of 5 answered" in said
        assert "butler" not in said
        (request,) = writer(world).inventing
        assert (request.lane, request.server, request.count) == (Lane.BACKGROUND, world.guild.id, 8)
        guesses = [each for each in writer(world).requests if each.way is Way.PROBE]
        assert (len(guesses), {each.lane for each in writer(world).requests}) == (7, {Lane.BACKGROUND})
        assert await world.bot.schedule.run_now("questions")
        assert len(world.cards()) == 1

    async def test_off_by_default(self, world: Any) -> None:
        """Nobody is asked unasked; turned off again, nothing more comes."""
        await world.set_up()
        await world.bot.schedule.run_now("questions")
        shown = await world.mira.slash(world.general, "settings five-questions")
        assert "Five questions a week: off" in world.said(shown)
        for weekly in (True, False):
            done = await world.mira.slash(world.general, "settings five-questions", weekly=weekly)
            assert world.said(done).startswith("Saved.")
            assert "cannot write" not in world.said(done)
        await world.bot.schedule.run_now("questions")
        assert world.cards() == []
        assert writer(world).inventing == []

    async def test_next_week_it_is_about_something_else(self, world: Any) -> None:
        """Another policy has its turn; the first one's comes again with what is known by then."""
        await asked(world)
        await world.write("Second", world.policy.replace("# Spoilers", "# Second"))
        await answer(world, "Fine")
        for week in (1, 2):
            at(world, MONDAY_NOON + timedelta(days=7 * week))
            await world.bot.schedule.run_now("questions")
        first, second, again = writer(world).inventing
        assert [each.policy.title for each in (first, second, again)] == ["Spoilers", "Second", "Spoilers"]
        assert {message.text for message in again.content.judged} >= {BROKEN, CLEAR}
        assert "butler" not in " ".join(message.text for message in first.content.judged)

    async def test_no_members_words_go_in(self, world: Any) -> None:
        """Only the policy, and the pins once there are any."""
        await world.set_up()
        await world.ana.send(world.general, "the butler is my neighbour")
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        await world.bot.schedule.run_now("questions")
        (request,) = writer(world).inventing
        assert [message.text for message in request.content.judged] == ["(nothing yet)"]

    async def test_quiet_hours(self, world: Any) -> None:
        """Are left alone; it is asked when they are over."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        quiet = CardOptions(quiet_from_hour=11, quiet_to_hour=14)
        await world.bot.services.options.save(world.guild.id, quiet, actor_id=world.mira.id)
        for hours, posts in ((0, 0), (1, 0), (2, 1)):
            at(world, MONDAY_NOON + timedelta(hours=hours))
            await world.bot.schedule.run_now("questions")
            assert len(world.cards()) == posts

    async def test_a_channel_that_is_closed_or_gone(self, world: Any) -> None:
        """The questions are kept, and posted once that works; they are not written again."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        deny = discord.Permissions(send_messages=True).value
        closed = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.mods.id, closed)
        await world.env.settle()
        assert await world.bot.schedule.run_now("questions")
        assert world.cards() == []
        world.env.backend.delete_channel(world.mods.id)
        await world.env.settle()
        assert await world.bot.schedule.run_now("questions")
        world.mods = world.guild.create_text_channel("new-mods")
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        assert await world.bot.schedule.run_now("questions")
        assert len(world.cards()) == 1
        assert len(writer(world).inventing) == 1

    async def test_a_channel_that_is_deleted_afterwards(self, world: Any) -> None:
        """The questions that are open are asked again where cards go now; answers that were given stay."""
        await asked(world)
        await answer(world, "Fine")
        world.env.backend.delete_channel(world.mods.id)
        await world.env.settle()
        world.mods = world.guild.create_text_channel("new-mods")
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        for _ in range(2):
            assert await world.bot.schedule.run_now("questions")
        (there,) = world.cards()
        assert "1 of 5 answered" in world.said(there)
        assert "Question 2 of 5" in world.said(await answer(world))
        assert len(writer(world).inventing) == 1

    @pytest.mark.parametrize(
        ("reason", "tries"), [(UndecidedReason.JUDGE_UNAVAILABLE, 2), (UndecidedReason.TOO_LONG, 2)]
    )
    async def test_a_judge_that_writes_nothing(self, world: Any, reason: UndecidedReason, tries: int) -> None:
        """Nothing is posted or kept; it is tried again in an hour."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        writer(world)._invents = lambda _: Undecided(reason=reason, detail="x")
        for _ in range(tries):
            assert await world.bot.schedule.run_now("questions")
        assert (world.cards(), len(writer(world).inventing)) == ([], tries)
        writer(world)._invents = lambda _: INVENTED
        await world.bot.schedule.run_now("questions")
        assert len(world.cards()) == 1

    async def test_a_judge_that_is_gone_in_the_middle(self, world: Any) -> None:
        """What was written is thrown away, and written again when it is back."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        script, writer(world)._script = (
            writer(world)._script,
            lambda _: Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="x"),
        )
        await world.bot.schedule.run_now("questions")
        assert world.cards() == []
        writer(world)._script = script
        await world.bot.schedule.run_now("questions")
        assert "The judge invented 5 messages" in world.said(post(world))

    async def test_nothing_new_was_written(self, world: Any) -> None:
        """What is pinned already is no question. A week without questions is over."""
        await world.set_up()
        pins = world.bot.services.pins
        for each in INVENTED.invented:
            await pins.add(world.guild.id, "Spoilers", each.text, rule_id=None, actor_id=world.mira.id)
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        for _ in range(2):
            await world.bot.schedule.run_now("questions")
        assert (world.cards(), len(writer(world).inventing)) == ([], 1)


class TestAnswering:
    """One by one, once, by reviewers; each answer is a pinned example."""

    async def test_answers_become_pins(self, world: Any) -> None:
        """Shown as invented, with nothing that pings; the post counts; a skipped one is no pin."""
        await asked(world)
        shown = await world.rita.click(post(world), label="Answer them")
        said = world.said(shown)
        assert shown.response.ephemeral
        assert "**Question 1 of 5** · Spoilers. The judge invented this message; nobody wrote it:" in said
        assert "Does it break **R1 Unmarked spoiler**?" in said
        shown = await answer(world, "Breaks the rule", "Fine", "No good question", "No good question")
        assert "Question 5 of 5" in world.said(shown)
        shown = await world.rita.click(shown.response, label="No good question")
        assert "All questions of this week are answered." in world.said(shown)
        pins = await world.bot.services.pins.of(world.guild.id, "Spoilers")
        assert [(pin.text, pin.rule_id, pin.author_id) for pin in pins] == [
            (BROKEN, "R1", world.rita.id),
            (CLEAR, None, world.rita.id),
        ]
        assert "5 of 5 answered" in world.said(post(world))
        assert "You say" not in world.said(post(world))
        assert labels(post(world)) == []

    async def test_two_at_once_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """The first answer counts and is pinned once; the other person is told."""
        await asked(world)
        await world.env.restart_bot(bot_factory(judge))
        ritas, omars = await answer(world), await answer(world, by=world.omar)
        await world.rita.click(ritas.response, label="Breaks the rule")
        late = await world.omar.click(omars.response, label="Fine")
        assert "Somebody else had answered the last one already" in world.said(late)
        assert "Question 2 of 5" in world.said(late)
        assert len(await world.bot.services.pins.of(world.guild.id, "Spoilers")) == 1

    async def test_a_stop_between_answer_and_pin(self, world: Any) -> None:
        """Is made up for within the hour, once."""
        await asked(world)
        practice = world.bot.services.practice
        week = await practice.week(world.guild.id, MONDAY_NOON.date())
        first = week.questions[0]
        await practice._store.answer(world.guild.id, first.id, QuestionAnswer.FINE, by=world.rita.id)
        for _ in range(2):
            await world.bot.schedule.run_now("questions")
        (pin,) = await world.bot.services.pins.of(world.guild.id, "Spoilers")
        assert (pin.text, pin.rule_id) == (BROKEN, None)

    async def test_a_policy_that_was_deleted(self, world: Any) -> None:
        """What is open is closed, in one line; nothing is proposed from what was answered."""
        await asked(world)
        shown = await answer(world, "Fine")
        await world.bot.services.life.delete(world.guild.id, "Spoilers", actor_id=world.mira.id)
        said = world.said(await world.rita.click(shown.response, label="Fine"))
        assert said == f"{CLOSED} 2, 3, 4, 5 {NOT_IN_FORCE}\nNo question of this week is left to answer."
        change = await world.mira.click(post(world), label="Proposed change for question 1…")
        assert "not in this server any more" in world.said(change)

    @pytest.mark.parametrize("label", ["Breaks the rule", "Fine", "No good question"])
    async def test_a_rule_that_is_gone(self, world: Any, label: str) -> None:
        """Its questions are closed: a click says so, keeps no answer and pins nothing, also when a rule of that id
        comes back. The post counts what people answered."""
        await asked(world)
        shown = await answer(world, "No good question")
        await self._publish(world, world.policy.replace("R1", "R7"))
        late = world.said(await world.rita.click(shown.response, label=label))
        assert late == f"{CLOSED} 2, 3, 4, 5 {NOT_IN_FORCE}\nNo question of this week is left to answer."
        assert "1 of 5 answered" in world.said(post(world))
        assert f"{CLOSED} 2, 3, 4, 5" in world.said(post(world))
        assert labels(post(world)) == []
        await self._publish(world, world.policy)
        await world.bot.schedule.run_now("questions")
        assert await world.bot.services.pins.of(world.guild.id, "Spoilers") == ()
        assert "no longer in force" in world.said(post(world))

    async def test_a_rule_that_is_gone_before_anybody_looks(self, world: Any) -> None:
        """Nothing is asked about it."""
        await asked(world)
        await self._publish(world, world.policy.replace("R1", "R7"))
        said = world.said(await world.rita.click(post(world), label="Answer them"))
        assert said == f"{CLOSED} 1, 2, 3, 4, 5 {NOT_IN_FORCE}\nNo question of this week is left to answer."
        assert "0 of 5 answered" in world.said(post(world))
        assert labels(post(world)) == []

    async def test_a_refused_pin_is_not_tried_again(self, world: Any) -> None:
        """An answer that a former process took and whose rule is gone since stays an answer, even when the rule comes
        back."""
        await asked(world)
        practice = world.bot.services.practice
        first, *_ = (await practice.week(world.guild.id, MONDAY_NOON.date())).questions
        await practice._store.answer(world.guild.id, first.id, QuestionAnswer.BREAKS, by=world.rita.id)
        await self._publish(world, world.policy.replace("R1", "R7"))
        await world.bot.schedule.run_now("questions")
        await self._publish(world, world.policy)
        await world.bot.schedule.run_now("questions")
        assert await world.bot.services.pins.of(world.guild.id, "Spoilers") == ()
        assert await practice._store.waiting_for_pins(world.guild.id) == ()

    async def _publish(self, world: Any, text: str) -> None:
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": text})
        await world.publish("Spoilers")

    async def test_texts_that_are_gone(self, world: Any) -> None:
        """After the retention time there is nothing left to answer, and nothing is proposed from it."""
        await asked(world)
        shown = await answer(world, "Fine")
        later = datetime.now(UTC) + timedelta(days=31)
        world.bot.services.retention._now = lambda: later
        assert await world.bot.schedule.run_now("retention")
        late = await world.rita.click(shown.response, label="Fine")
        assert "All questions of this week are answered." in world.said(late)
        assert "Somebody else" not in world.said(late)
        change = await world.mira.click(post(world), label="Proposed change for question 1…")
        assert "not known any more" in world.said(change)

    @pytest.mark.parametrize("custom_id", ["bylaw:question:look:99999999", "bylaw:question:fine:999"])
    async def test_a_button_of_nothing(self, world: Any, custom_id: str) -> None:
        """One line."""
        shown = await asked(world)
        stored = world.env.backend.get_message(world.mods.id, shown.id)
        stored.components[0]["components"][0]["custom_id"] = custom_id
        assert "not known any more" in world.said(await world.omar.click(shown, custom_id=custom_id))

    async def test_a_role_that_was_lost(self, world: Any) -> None:
        """Is asked for at every click."""
        await asked(world)
        shown = await answer(world)
        world.env.backend.edit_member(world.guild.id, world.rita.id, {"role_ids": []})
        refused = await world.rita.click(shown.response, label="Fine")
        assert "Only reviewers may do that" in world.said(refused)
        assert "0 of 5 answered" in world.said(post(world))


class TestDiffering:
    """Where the team and the policy differ, one line is proposed, and nothing is done by itself."""

    async def differing(self, world: Any) -> simcord.InteractionResult:
        """Rita says that what the judge flags is fine; the admin looks at the proposal."""
        await asked(world)
        await answer(world, "Fine")
        assert "Question 1: you say fine, the judge finds R1 broken." in world.said(post(world))
        assert BROKEN not in world.said(post(world))
        return await world.mira.click(post(world), label="Proposed change for question 1…")

    async def test_one_line_is_proposed(self, world: Any) -> None:
        """As a difference to the policy, for editors; the policy stays as it is."""
        shown = await self.differing(world)
        said = world.said(shown)
        assert f'+ - allowed: "{BROKEN}"' in said
        assert "Nothing changes by itself." in said
        stored = await world.stored()
        assert (stored.draft, stored.published.number) == (None, 1)

    async def test_the_other_way_round(self, world: Any) -> None:
        """A message that the judge clears and the team does not."""
        await asked(world)
        await answer(world, "No good question", "Breaks the rule")
        said = world.said(await world.mira.click(post(world), label="Proposed change for question 2…"))
        assert "you say breaks R1, the judge finds it clear" in said
        assert f'+ - violates: "{CLEAR}"' in said

    async def test_its_backtest(self, world: Any) -> None:
        """Against the team's decisions, in the moderators' channel; no draft is needed or made."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        await world.omar.click(world.cards()[-1], label="Violation")
        shown = await self.differing_in(world)
        started = await world.mira.click(shown.response, label="Backtest it")
        assert "It runs." in world.said(started)
        await world.env.settle()
        report = world.said(world.cards()[-1])
        assert "**Backtest of Spoilers**, a proposed change, last 30 days" in report
        assert (await world.stored()).draft is None

    async def differing_in(self, world: Any) -> simcord.InteractionResult:
        """The same in a server that is set up."""
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        await world.bot.schedule.run_now("questions")
        await answer(world, "Fine")
        return await world.mira.click(post(world), label="Proposed change for question 1…")

    async def test_a_backtest_of_nothing(self, world: Any) -> None:
        """A team that decided nothing has nothing to hold it against."""
        shown = await self.differing(world)
        assert "decided no case" in world.said(await world.mira.click(shown.response, label="Backtest it"))

    async def test_saving_it_is_no_publishing(self, world: Any) -> None:
        """The draft has one line more; a second click finds a draft and overwrites nothing."""
        shown = await self.differing(world)
        saved = await world.mira.click(shown.response, label="Save as a draft")
        assert "Saved **Spoilers** as a draft" in world.said(saved)
        stored = await world.stored()
        assert f'- allowed: "{BROKEN}"\n' in stored.draft.text
        assert stored.published.number == 1
        again = await world.mira.click(shown.response, label="Save as a draft")
        assert "has a draft already, so nothing was saved" in world.said(again)
        assert (await world.stored()).draft.revision == stored.draft.revision

    async def test_a_policy_that_says_so_by_now(self, world: Any) -> None:
        """Nothing is left to propose."""
        shown = await self.differing(world)
        await world.mira.click(shown.response, label="Save as a draft")
        await world.mira.slash(world.general, "policy publish", name="Spoilers")
        published = await world.bot.services.policies.publish(
            world.guild.id, "Spoilers", actor_id=world.mira.id, overrule="the team says so"
        )
        assert published.version.number == 2
        for label in ("Backtest it", "Save as a draft"):
            assert "no line to propose" in world.said(await world.mira.click(shown.response, label=label))

    async def test_reviewers_do_not_change_policies(self, world: Any) -> None:
        """They are told who may."""
        await asked(world)
        await answer(world, "Fine")
        refused = await world.rita.click(post(world), label="Proposed change for question 1…")
        assert "policy editor role" in world.said(refused)


class TestJudgesThatCannotWrite:
    """The lite judge has no words of its own."""

    @pytest.fixture
    def judge(self) -> Judge:
        """Without a model."""
        return LiteJudge()

    async def test_it_is_said_when_it_is_turned_on(self, world: Any) -> None:
        """In one line; nothing is asked."""
        await world.set_up()
        done = await world.mira.slash(world.general, "settings five-questions", weekly=True)
        assert "⚠️ The judge in use cannot write, so nothing is asked." in world.said(done)
        at(world, MONDAY_NOON)
        assert await world.bot.schedule.run_now("questions")
        assert world.cards() == []
