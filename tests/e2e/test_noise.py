"""Fewer cards: one text in several channels, raids, the limit of an hour; where cards go and whom they call."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from bot.cogs.servers import settings_cards
from classifier import Judge, JudgeRequest, Verdict
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.acting import moderator, requests
from tests.e2e.conftest import answer

POLICY = """# House

Keep it calm.

## Rules
### R1 Adverts
Severity: medium
Breaks it: advertising.
Does not: opinions.
Examples:
- violates: "join my server"
- allowed: "hello"
### R2 Threats
Severity: high
Breaks it: threats.
Does not: opinions.
Examples:
- violates: "i will find you"
- allowed: "hello"
"""


def _rules(request: JudgeRequest) -> Verdict:
    text = request.content.target.text.casefold()
    if "threat" in text:
        return violation("R2", rationale="It threatens.")
    return violation("R1", rationale="It advertises.") if "advert" in text else clear()


@pytest.fixture
def judge() -> Judge:
    """Adverts break R1, which is medium; threats break R2, which is high."""
    return ScriptedJudge(_rules)


@pytest.fixture
async def house(world: Any) -> Any:
    """The server with the policy House in force."""
    await world.mira.slash(world.general, "setup", channel=world.mods, reviewers=world.reviewers, starters="none")
    await world.write("House", POLICY)
    return world


def members(world: Any, count: int) -> list[Any]:
    """This many members."""
    return [world.guild.add_member(world.env.create_user(f"member{number}")) for number in range(count)]


async def post(world: Any, member: Any, channel: Any, text: str) -> None:
    """Like `member.send`, which waits in real time until the shared cards say so; here only simulated time passes."""
    world.env.backend.create_message(channel.id, member.id, text)
    await world.env.advance_time(0.05)


async def settled(world: Any) -> None:
    """A few seconds later."""
    await world.env.advance_time(7)
    await world.env.settle()


class TestTheSameTextInSeveralChannels:
    """One case with several messages."""

    async def test_one_card_names_every_place_and_deleting_takes_all(self, house: Any) -> None:
        """However it is dressed up; each message is judged once."""
        others = [house.guild.create_text_channel(name) for name in ("help", "games")]
        await house.ana.send(house.general, "an advert for you")
        for channel in others:
            await post(house, house.ana, channel, "An ADVERT for you")
        await settled(house)
        (card,) = house.cards()
        assert all(f"<#{channel.id}>" in house.said(card) for channel in others)
        assert house.bot.services.tally.violations == 1
        boss = moderator(house)
        form = await boss.click(card, label="Act…")
        await boss.submit_modal(form, {"what": "delete", "reason": "adverts"})
        assert [channel.history() for channel in (house.general, *others)] == [[], [], []]
        assert "(deleted)" in house.said(house.cards()[0])

    async def test_a_further_message_that_is_deleted_says_so(self, house: Any) -> None:
        """The others stay as they are."""
        help_channel = house.guild.create_text_channel("help")
        await house.ana.send(house.general, "an advert")
        further = await house.ana.send(help_channel, "an advert")
        await settled(house)
        await house.ana.delete(further)
        assert f"<#{help_channel.id}> (deleted)" in house.said(house.cards()[0])
        assert "the message was deleted" not in house.said(house.cards()[0])

    async def test_a_decided_case_takes_no_more(self, house: Any) -> None:
        """Then it is a case of its own; so is the text of somebody else."""
        await house.ana.send(house.general, "an advert")
        await house.omar.click(house.cards()[0], label="Violation")
        await house.ana.send(house.general, "an advert")
        await members(house, 1)[0].send(house.general, "an advert")
        assert len(house.cards()) == 3


class TestARaid:
    """One card for many members, and one choice."""

    async def raid(self, world: Any) -> discord.Message:
        """Seven members post one text; the card of it."""
        for each in members(world, 7):
            await post(world, each, world.general, "advert of the raid")
        await settled(world)
        return next(card for card in world.cards() if "Many members at once" in world.said(card))

    async def test_it_is_one_card_with_counts(self, house: Any) -> None:
        """The first few had cards of their own before anybody could tell; they count on it, too."""
        card = await self.raid(house)
        assert "**7 messages** · **7 members**" in house.said(card)
        assert "The numbers behind members are their cases" in house.said(card)
        assert "R1 Adverts" in house.said(card)
        assert len(house.cards()) == 5

    async def test_all_are_deleted_with_one_choice(self, house: Any) -> None:
        """Each case has its own decision and action."""
        card, boss = await self.raid(house), moderator(house)
        form = await boss.click(card, label="Delete all…")
        said = house.said(await boss.submit_modal(form, {"reason": "raid"}))
        assert "Done for 7 cases." in said
        assert house.general.history() == []
        lines = await house.bot.services.bulk.lines(house.guild.id, 1)
        assert [line.is_open for line in lines] == [False] * 7
        await settled(house)
        assert "0 open" in house.said(next(each for each in house.cards() if each.id == card.id))

    async def test_all_are_timed_out(self, house: Any) -> None:
        """Each member once, for the length that was chosen."""
        card, boss = await self.raid(house), moderator(house)
        form = await boss.click(card, label="Time out all…")
        said = house.said(await boss.submit_modal(form, {"reason": "", "length": ["3600"]}))
        assert "Done for 7 cases." in said
        assert len(requests(house, "PATCH", "/members/")) == 7

    async def test_a_bot_that_is_being_stopped_finishes_what_it_can(self, house: Any) -> None:
        """A few cases take no longer than the bot has left."""
        card, boss = await self.raid(house), moderator(house)
        form = await boss.click(card, label="Delete all…")
        house.bot._open_tasks.closing = True
        assert "Done for 7 cases." in house.said(await boss.submit_modal(form, {"reason": "raid"}))

    async def test_what_a_stopped_bot_did_not_get_to_is_said(self, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is half done: those cases are open, and nobody was acted on for them."""
        card, boss = await self.raid(house), moderator(house)
        form = await boss.click(card, label="Time out all…")
        monkeypatch.setattr("bot.cogs.interactions.open_tasks.LAST_STEPS", 0.0)
        house.bot._open_tasks.closing = True
        said = house.said(await boss.submit_modal(form, {"reason": "", "length": ["3600"]}))
        assert "Done for 0 cases." in said
        assert "7 cases were not touched" in said
        assert requests(house, "PATCH", "/members/") == []
        house.bot._open_tasks.closing = False
        again = await boss.click(card, label="Time out all…")
        assert "Done for 7 cases." in house.said(await boss.submit_modal(again, {"reason": "", "length": ["3600"]}))

    async def test_it_can_be_no_violation(self, house: Any) -> None:
        """Whoever decided before, that stays."""
        card = await self.raid(house)
        await house.omar.click(house.cards()[0], label="Violation")
        said = house.said(await house.rita.click(card, label="Not a violation"))
        assert "Done for 6 cases." in said
        assert "1 case had already been decided" in said

    async def test_who_may_not_is_told(self, house: Any) -> None:
        """Members cannot decide, and a reviewer without the permission cannot delete."""
        card = await self.raid(house)
        assert "Only reviewers" in house.said(await house.ana.click(card, label="Not a violation"))
        assert "Manage Messages" in house.said(await house.rita.click(card, label="Delete all…"))


class TestTheLimitOfAnHour:
    """Held back, counted exactly, and shown when somebody wants to."""

    async def test_what_is_more_is_held_back_and_can_be_shown(self, house: Any) -> None:
        """Severe cases pass; the digest is edited in place."""
        await house.mira.slash(house.general, "settings cards", per_hour=1)
        people = members(house, 4)
        for number, each in enumerate(people[:3]):
            await each.send(house.general, f"advert number {'abc'[number]}")
            await settled(house)
        _, digest = house.cards()
        assert "2 cards are held back" in house.said(digest)
        assert "The limit is 1 card an hour" in house.said(digest)
        await people[3].send(house.general, "a threat")
        assert "Threats" in house.said(house.cards()[-1])
        shown = await house.omar.click(digest, label="Show them")
        assert "2 cards posted, the oldest first; 0 left" in house.said(shown)
        await settled(house)
        digest = next(each for each in house.cards() if each.id == digest.id)
        assert "0 cards are held back" in house.said(digest)
        assert len(house.cards()) == 5

    async def test_a_case_that_is_held_back_can_be_decided(self, house: Any) -> None:
        """Through its number; the digest counts one less."""
        await house.mira.slash(house.general, "settings cards", per_hour=1)
        for number, each in enumerate(members(house, 2)):
            await each.send(house.general, f"advert number {'ab'[number]}")
            await settled(house)
        shown = await house.omar.slash(house.mods, "case show", number=2)
        await house.omar.click(answer(shown), label="Not a violation")
        await settled(house)
        assert "0 cards are held back" in house.said(house.cards()[1])


class TestRoutesAndCalls:
    """Severity decides where a card goes and whom it calls."""

    async def test_a_severity_has_a_channel_of_its_own(self, house: Any) -> None:
        """When that is deleted, the review channel takes its cards, and the owner hears of it once."""
        urgent = house.guild.create_text_channel("urgent")
        await house.mira.slash(house.general, "settings route", severity="high", channel=urgent)
        await house.ana.send(house.general, "a threat")
        assert (len(urgent.history()), house.cards()) == (1, [])
        house.env.backend.delete_channel(urgent.id)
        await house.env.settle()
        for number in "ab":
            await house.ana.send(house.general, f"a threat {number}")
        assert len(house.cards()) == 2
        posts = [json.dumps(each.json) for each in requests(house, "POST", "/messages")]
        assert sum("cannot post cards in" in each for each in posts) == 1

    async def test_a_role_is_called_for_what_is_severe(self, house: Any) -> None:
        """Nobody else is, whatever the message holds."""
        team = house.guild.create_role("Team")
        await house.mira.slash(house.general, "settings cards", ping=team)
        await house.ana.send(house.general, f"a threat <@&{team.id}> @everyone")
        await house.ana.send(house.general, f"an advert <@&{team.id}>")
        posts = [each.json for each in requests(house, "POST", f"/channels/{house.mods.id}/messages")]
        assert [each["allowed_mentions"] for each in posts] == [{"parse": [], "roles": [team.id]}, {"parse": []}]

    async def test_in_quiet_hours_other_cards_make_no_sound(self, house: Any) -> None:
        """All day but for an hour that is not now."""
        now = datetime.now(UTC).hour  # the bot's clock; discord.py's is the simulation's
        await house.mira.slash(house.general, "settings cards", quiet=f"{(now + 23) % 24}-{(now + 22) % 24}")
        await house.ana.send(house.general, "an advert")
        await house.ana.send(house.general, "a threat")
        posts = [each.json for each in requests(house, "POST", f"/channels/{house.mods.id}/messages")]
        assert [bool(each.get("flags", 0) & 4096) for each in posts] == [True, False]

    async def test_a_forum_has_a_post_per_case(self, house: Any) -> None:
        """With a tag for where the case stands."""
        forum = house.guild.create_forum_channel("cases")
        plain = {"moderated": False, "emoji_id": None, "emoji_name": None}
        tags = [{"name": name, **plain} for name in ("Open", "Violation", "Funny")]
        await house.bot.http.edit_channel(forum.id, available_tags=tags)
        await house.env.settle()
        await house.mira.slash(house.general, "settings route", severity="medium", channel=forum)
        await house.ana.send(house.general, "an advert")
        (made,) = requests(house, "POST", f"/channels/{forum.id}/threads")
        assert made.json["name"].startswith("Case 1: R1 Adverts")
        assert len(made.json["applied_tags"]) == 1
        shown = await house.omar.slash(house.mods, "case show", number=1)
        await house.omar.click(answer(shown), label="Violation")
        (retagged,) = [each for each in requests(house, "PATCH", "/channels/") if "applied_tags" in (each.json or {})]
        assert retagged.json["applied_tags"] != made.json["applied_tags"]


class TestTheSettings:
    """Manage Server only; one clear line for what cannot be."""

    @pytest.mark.parametrize("quiet", ["7", "24-3", "5-5", "seven-nine"])
    async def test_hours_that_are_none(self, house: Any, quiet: str) -> None:
        """They are explained, and nothing changes."""
        said = await house.mira.slash(house.general, "settings cards", quiet=quiet)
        assert house.said(said) == settings_cards.NOT_HOURS

    async def test_what_is_set_is_shown(self, house: Any) -> None:
        """Without anything to change, and after a change."""
        said = house.said(await house.mira.slash(house.general, "settings cards"))
        assert "60 cards an hour" in said
        assert "Pinged: nobody" in said
        said = house.said(await house.mira.slash(house.general, "settings cards", quiet="22-7", ping_from="medium"))
        assert "Saved." in said
        assert "from 22:00 to 7:00 UTC" in said
        assert "Quiet hours: none" in house.said(await house.mira.slash(house.general, "settings cards", quiet="none"))

    @pytest.mark.also_invented
    async def test_everybody_cannot_be_called(self, house: Any) -> None:
        """That is not a role of the team."""
        everybody = house.guild.default_role
        said = await house.mira.slash(house.general, "settings cards", ping=everybody)
        assert house.said(said) == settings_cards.EVERYBODY

    async def test_an_admin_is_warned_of_a_channel_that_everybody_reads(self, house: Any) -> None:
        """Cards quote messages and name members. A private channel gets no warning."""
        staff = {
            house.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            house.env.bot.user: discord.PermissionOverwrite(view_channel=True),
        }
        open_to_all = house.guild.create_text_channel("urgent")
        private = house.guild.create_text_channel("urgent-staff", overwrites=staff)
        for channel, warns in ((open_to_all, True), (private, False)):
            told = await house.mira.slash(house.general, "settings route", severity="high", channel=channel)
            assert f"High severity: <#{channel.id}>" in house.said(told)
            assert (f"Every member can read <#{channel.id}>" in house.said(told)) is warns

    async def test_a_route_can_be_taken_back(self, house: Any) -> None:
        """Then the review channel counts again."""
        urgent = house.guild.create_text_channel("urgent")
        said = house.said(await house.mira.slash(house.general, "settings route", severity="high", channel=urgent))
        assert f"High severity: <#{urgent.id}>" in said
        assert "All cards: the review channel" in house.said(
            await house.mira.slash(house.general, "settings route", severity="high")
        )
