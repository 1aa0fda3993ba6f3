"""Plays the demo's day in the simulated server, and sets the server up for the sandbox.

Everything uses the real bot's commands, menus and buttons. If the judge decides differently than the story expects, as
a model may, the story says so and skips what would have followed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from bot.moderation.messages.intake import Tally
from bot.simulation import story as scene
from bot.simulation.components import answers, buttons
from bot.simulation.seen import Show, Summary
from bot.simulation.simulated_server import Simulation
from bot.simulation.stage import Pause, Refused, Stage
from bot.simulation.story import Act

_ENOUGH_TO_LOOK_AT = 12  #: posts
_HOUR = "3600"
_NO_CARD = "this judge let it pass, or it is on a card for many cases."
_REVERSE, _DELETE_ALL = "Reverse the decision…", "Delete all…"


@dataclass(slots=True)
class Play:
    """One performance of the story."""

    simulation: Simulation
    show: Show
    pause: Pause = lambda _: 0.0
    _stage: Stage = field(init=False)
    _tally: Tally = field(default_factory=Tally)  #: counts of stopped bots

    def __post_init__(self) -> None:
        """Create the stage from the same server."""
        self._stage = Stage(self.simulation, self.show, self.pause)

    async def perform(self) -> Summary:
        """Play the whole day.

        Raises:
            Refused: the bot did not do what the story needs.
        """
        for title, part in (
            ("The owner sets Bylaw up and writes a policy", self.set_up),
            ("A scam, in two channels", self._scam),
            ("Spoilers, and a false alarm", self._false_alarm),
            ("A better rule: backtested, then published", self._change_rule),
            ("A moderator acts, and the member is told why", self._act_on_insult),
            ("The member appeals, and somebody else decides", self._appeal),
            ("A raid: many accounts, one card", self._raid),
            ("Bylaw is away for a while, and misses nothing", self._absence),
        ):
            await self._stage.act(title)
            await part()
        summary = Summary(tally=self.tally(), cards_shown=len(self._stage.cards))
        await self._stage.act("Summary")
        await self._stage.tell(summary)
        return summary

    async def prepare(self) -> None:
        """Play the beginning of an evening, so that there is something to see."""
        await self.set_up()
        for post in scene.posts(Act.EVENING)[:_ENOUGH_TO_LOOK_AT]:
            await self._stage.post(post)

    async def set_up(self, *, all_policies: bool = True) -> None:
        """``/setup`` with the basic starter policies, then a policy of the owner's own.

        Args:
            all_policies: False for the owner's own alone.
        """
        await self._stage.command(
            scene.OWNER,
            "setup",
            channel=self.simulation.channels[scene.REVIEW_CHANNEL],
            reviewers=self.simulation.reviewers,
            starters=scene.STARTERS if all_policies else "none",
        )
        form = await self._stage.command(scene.OWNER, "policy new", name=scene.POLICY_NAME)
        await self._stage.submit(scene.OWNER, form, scene.POLICY)
        await self._publish(scene.POLICY_NAME)

    def tally(self) -> Tally:
        """The total counts of all bots that ran here."""
        return added(self._tally, self.simulation.bot.services.tally)

    async def _scam(self) -> None:
        cases = await self._posts(Act.SCAM)
        if cases:
            await self._stage.click(scene.MODERATOR, self._stage.cards[cases[0]], "Violation")

    async def _false_alarm(self) -> None:
        for case in await self._posts(Act.SPOILERS):
            await self._stage.click(scene.MODERATOR, self._stage.cards[case], "Violation")
        cases = await self._posts(Act.FALSE_ALARM)
        if not cases:
            await self._stage.narrate(f"Nothing to dismiss: {_NO_CARD}")
            return
        await self._stage.click(scene.MODERATOR, self._stage.cards[cases[0]], "Not a violation")

    async def _change_rule(self) -> None:
        form = await self._stage.command(scene.OWNER, "policy edit", name=scene.POLICY_NAME)
        await self._stage.submit(scene.OWNER, form, scene.changed_policy())
        await self._stage.command(scene.OWNER, "policy backtest", name=scene.POLICY_NAME)
        await self._publish(scene.POLICY_NAME)
        await self._posts(Act.NEW_RULE)

    async def _act_on_insult(self) -> None:
        cases = await self._posts(Act.INSULT)
        if not cases:
            await self._stage.narrate(f"Nothing to act on: {_NO_CARD}")
            return
        form = await self._stage.click(scene.MODERATOR, self._stage.cards[cases[0]], "Act…")
        chosen = {"what": "timeout", "length": [_HOUR]}
        await self._stage.submit(scene.MODERATOR, form, scene.REASON, chosen=chosen)

    async def _appeal(self) -> None:
        notice = await self._stage.direct_messages(scene.APPELLANT)
        if notice is None:
            await self._stage.narrate("Nobody was told anything, so there is nothing to appeal against.")
            return
        form = await self._stage.click_in_private(scene.APPELLANT, notice, "Appeal")
        await self._stage.submit(scene.APPELLANT, form, *scene.APPEAL, in_private=True)
        card = self._stage.with_button(_REVERSE)
        if card is None:
            raise Refused("there is no card of the appeal")
        form = await self._stage.click(scene.OWNER, card, _REVERSE)
        await self._stage.submit(scene.OWNER, form, scene.WHY_REVERSED)
        await self._stage.direct_messages(scene.APPELLANT)

    async def _raid(self) -> None:
        for post in scene.posts(Act.RAID):
            await self._stage.post(post, watched=False)
        await self._stage.look()
        shared = self._stage.with_button(_DELETE_ALL)
        if shared is None:
            await self._stage.narrate(f"Nothing to delete: {_NO_CARD}")
            return
        form = await self._stage.click(scene.MODERATOR, shared, _DELETE_ALL)
        await self._stage.submit(scene.MODERATOR, form, "raid")

    async def _absence(self) -> None:
        self._tally = self.tally()
        async with self.simulation.bot_away():
            await self._stage.narrate("The bot is stopped, as for an update.")
            for post in scene.posts(Act.ABSENCE):
                await self._stage.post(post, watched=False)
        await self._stage.narrate("The bot is started again, and reads what was posted meanwhile.")
        await self.simulation.bot.schedule.run_now("waiting")
        await self._stage.look()

    async def _posts(self, act: Act) -> list[int]:
        """Make every post of an act, one after the other. Returns the resulting cases."""
        cases = [await self._stage.post(post) for post in scene.posts(act)]
        return [case for case in cases if case is not None]

    async def _publish(self, name: str) -> None:
        asked = await self._stage.command(scene.OWNER, "policy publish", name=name)
        if asked.response is None or not buttons(asked.response.components):
            raise Refused("\n".join(answers(asked)) or "there was no answer")
        await self._stage.click(scene.OWNER, asked.response, "Publish")


def added(one: Tally, other: Tally) -> Tally:
    """The sum of two bots' counts."""
    sums: dict[str, Any] = {each.name: getattr(one, each.name) + getattr(other, each.name) for each in fields(Tally)}
    sums["not_judged"] = Counter(sums["not_judged"])
    return Tally(**sums)
