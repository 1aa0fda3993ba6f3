"""Five questions a week: answered, pinned, and what is proposed where team and policy differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import simcord

from bot.app import BylawBot
from bot.moderation.trials.question import QuestionAnswer
from classifier import (
    Judge,
)
from classifier.scripted import ScriptedWriter
from tests.e2e.five_questions import (
    BROKEN,
    CLEAR,
    CLOSED,
    INVENTED,
    MONDAY_NOON,
    NOT_IN_FORCE,
    answer,
    asked,
    at,
    judge_of,
    labels,
    post,
)


@pytest.fixture
def judge() -> Judge:
    """A judge that can write."""
    return ScriptedWriter(judge_of, invents=lambda _: INVENTED)


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
        assert "Somebody else had already answered the last one" in world.said(late)
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
        assert said == f"{CLOSED} 2, 3, 4, and 5 {NOT_IN_FORCE}\nThere are no questions left to answer this week."
        change = await world.mira.click(post(world), label="Proposed change for question 1…")
        assert "no longer in this server" in world.said(change)

    @pytest.mark.parametrize("label", ["Breaks the rule", "Fine", "No good question"])
    async def test_a_rule_that_is_gone(self, world: Any, label: str) -> None:
        """Its questions are closed: a click says so, keeps no answer and pins nothing, also when a rule of that id
        comes back. The post counts what people answered."""
        await asked(world)
        shown = await answer(world, "No good question")
        await self._publish(world, world.policy.replace("R1", "R7"))
        late = world.said(await world.rita.click(shown.response, label=label))
        assert late == f"{CLOSED} 2, 3, 4, and 5 {NOT_IN_FORCE}\nThere are no questions left to answer this week."
        assert "1 of 5 answered" in world.said(post(world))
        assert f"{CLOSED} 2, 3, 4, and 5" in world.said(post(world))
        assert labels(post(world)) == []
        await self._publish(world, world.policy)
        await world.bot.schedule.run_now("questions")
        assert await world.bot.services.pins.of(world.guild.id, "Spoilers") == ()
        assert "no longer in force" in world.said(post(world))

    @pytest.mark.also_invented
    async def test_a_rule_that_is_gone_before_anybody_looks(self, world: Any) -> None:
        """Nothing is asked about it."""
        await asked(world)
        await self._publish(world, world.policy.replace("R1", "R7"))
        said = world.said(await world.rita.click(post(world), label="Answer them"))
        assert said == f"{CLOSED} 1, 2, 3, 4, and 5 {NOT_IN_FORCE}\nThere are no questions left to answer this week."
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

    @pytest.mark.also_invented
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
        assert "no longer exist" in world.said(change)

    @pytest.mark.parametrize("custom_id", ["bylaw:question:look:99999999", "bylaw:question:fine:999"])
    async def test_a_button_of_nothing(self, world: Any, custom_id: str) -> None:
        """One line."""
        shown = await asked(world)
        stored = world.env.backend.get_message(world.mods.id, shown.id)
        stored.components[0]["components"][0]["custom_id"] = custom_id
        assert "no longer exist" in world.said(await world.omar.click(shown, custom_id=custom_id))

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
        assert "Question 1: you say it is fine, the judge says it breaks R1." in world.said(post(world))
        assert BROKEN not in world.said(post(world))
        return await world.mira.click(post(world), label="Proposed change for question 1…")

    async def test_one_line_is_proposed(self, world: Any) -> None:
        """As a difference to the policy, for editors; the policy stays as it is."""
        shown = await self.differing(world)
        said = world.said(shown)
        assert f'+ - allowed: "{BROKEN}"' in said
        assert "Nothing changes automatically." in said
        stored = await world.stored()
        assert (stored.draft, stored.published.number) == (None, 1)

    @pytest.mark.also_invented
    async def test_the_other_way_round(self, world: Any) -> None:
        """A message that the judge clears and the team does not."""
        await asked(world)
        await answer(world, "No good question", "Breaks the rule")
        said = world.said(await world.mira.click(post(world), label="Proposed change for question 2…"))
        assert "you say it breaks R1, the judge says it is clear" in said
        assert f'+ - violates: "{CLEAR}"' in said

    async def test_its_backtest(self, world: Any) -> None:
        """Against the team's decisions, in the moderators' channel; no draft is needed or made."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        await world.omar.click(world.cards()[-1], label="Violation")
        shown = await self.differing_in(world)
        started = await world.mira.click(shown.response, label="Backtest it")
        assert "Started." in world.said(started)
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
        saved = await world.mira.click(shown.response, label="Save as draft")
        assert "Saved **Spoilers** as a draft" in world.said(saved)
        stored = await world.stored()
        assert f'- allowed: "{BROKEN}"\n' in stored.draft.text
        assert stored.published.number == 1
        again = await world.mira.click(shown.response, label="Save as draft")
        assert "has a draft already, so nothing was saved" in world.said(again)
        assert (await world.stored()).draft.revision == stored.draft.revision

    async def test_a_policy_that_says_so_by_now(self, world: Any) -> None:
        """Nothing is left to propose."""
        shown = await self.differing(world)
        await world.mira.click(shown.response, label="Save as draft")
        await world.mira.slash(world.general, "policy publish", name="Spoilers")
        published = await world.bot.services.policies.publish(
            world.guild.id, "Spoilers", actor_id=world.mira.id, overrule="the team says so"
        )
        assert published.version.number == 2
        for label in ("Backtest it", "Save as draft"):
            assert "no line to propose" in world.said(await world.mira.click(shown.response, label=label))

    async def test_reviewers_do_not_change_policies(self, world: Any) -> None:
        """They are told who may."""
        await asked(world)
        await answer(world, "Fine")
        refused = await world.rita.click(post(world), label="Proposed change for question 1…")
        assert "policy editor role" in world.said(refused)
