"""Cards arrive whatever a channel demands or refuses, each once, and one that cannot be posted holds up no other."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import pytest
import pytest_asyncio

from bot.moderation.appeals.appeal import AppealKey
from bot.moderation.cases.action import ActionKind
from tests.e2e.appeals import fill, letters

PLAIN = {"moderated": False, "emoji_id": None, "emoji_name": None}


@pytest_asyncio.fixture
async def house(world: Any) -> Any:
    """A server in which the policy Spoilers is in force; its one rule is of high severity."""
    await world.set_up()
    return world


async def forum_for_cards(house: Any, *tags: str, moderated: str = "") -> Any:
    """A forum to which the cards go, with these tags."""
    forum = house.guild.create_forum_channel("cases")
    given = [PLAIN | {"name": name, "moderated": name == moderated} for name in tags]
    await house.bot.http.edit_channel(forum.id, available_tags=given)
    await house.env.settle()
    await house.mira.slash(house.general, "settings route", severity="high", channel=forum)
    return forum


def posts(house: Any, path: str) -> list[Any]:
    """The bodies of what the bot posted there."""
    return [each.json for each in house.env.http_requests if each.method == "POST" and each.path == path]


def told(house: Any) -> list[str]:
    """What the server's owner was told about cards."""
    lines = [str((each.json or {}).get("content")) for each in house.env.http_requests if each.method == "POST"]
    return [line for line in lines if line.startswith("About your server")]


async def flag(house: Any, number: int = 1) -> None:
    """Ana posts something that breaks the rule."""
    await house.ana.send(house.general, f"the butler did it {number}")


async def catch_up(house: Any) -> None:
    """The next round."""
    with house.env._bot_scope():
        await house.bot.schedule.run_now("cards")
    await house.env.settle()


class TestAForumThatDemandsATag:
    """An existing tag is used; without one, the card goes to the review channel."""

    async def test_an_existing_tag_is_used(self, house: Any) -> None:
        """The first that everybody may use, after Discord said that it demands one."""
        forum = await forum_for_cards(house, "Secret", "Funny", moderated="Secret")
        house.env.inject_error("POST", f"/channels/{forum.id}/threads", status=400, code=40067)
        await flag(house)
        first, second = posts(house, f"/channels/{forum.id}/threads")
        assert (first["applied_tags"], len(second["applied_tags"])) == ([], 1)
        cached = house.bot.get_channel(forum.id)
        assert cached.get_tag(int(second["applied_tags"][0])).name == "Funny"
        assert told(house) == []

    async def test_a_forum_without_tags(self, house: Any) -> None:
        """The card takes the detour, and an admin is told once, in one line."""
        forum = await forum_for_cards(house)
        house.env.inject_error("POST", f"/channels/{forum.id}/threads", status=400, code=40067, times=None)
        for number in (1, 2):
            await flag(house, number)
        assert len(house.cards()) == 2
        (line,) = told(house)
        assert "requires a tag on every post" in line
        assert "\n" not in line

    async def test_a_decision_leaves_a_post_its_only_tag(self, house: Any) -> None:
        """Discord would refuse the change otherwise."""
        forum = await forum_for_cards(house, "Open")
        await flag(house)
        house.bot.get_channel(forum.id)._flags = 1 << 4  # the simulated Discord keeps no flags
        shown = await house.omar.slash(house.mods, "case show", number=1)
        await house.omar.click(shown.response, label="Violation")
        changes = [each.json for each in house.env.http_requests if each.method == "PATCH" and each.json]
        assert [each for each in changes if each.get("applied_tags") == []] == []


async def test_a_refused_title_is_replaced_by_a_neutral_one(house: Any) -> None:
    """What an admin called a rule is no reason to lose a card."""
    forum = await forum_for_cards(house)
    house.env.inject_error("POST", f"/channels/{forum.id}/threads", status=400, code=50035)
    await flag(house)
    assert [each["name"] for each in posts(house, f"/channels/{forum.id}/threads")] == [
        "Case 1: R1 Unmarked spoiler",
        "Case 1",
    ]
    assert (house.cards(), told(house)) == ([], [])


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 50035), (400, 0), (400, 160006), (400, 50083), (403, 50001), (403, 50013), (403, 160005), (404, 10003),
     (400, 200000), (400, 240000), (405, 0), (413, 40005)],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["forum", "text"])
async def test_a_route_that_refuses_for_good_is_gone_around(house: Any, kind: str, status: int, code: int) -> None:
    """Whatever the 4xx: the card is in the review channel at once, and /status says why."""
    if kind == "forum":
        route = await forum_for_cards(house)
    else:
        route = house.guild.create_text_channel("urgent")
        await house.mira.slash(house.general, "settings route", severity="high", channel=route)
    for path in ("threads", "messages"):
        house.env.inject_error("POST", f"/channels/{route.id}/{path}", status=status, code=code, times=None)
    for number in (1, 2):
        await flag(house, number)
    assert len(house.cards()) == 2
    assert len(told(house)) == 1
    said = house.said(await house.omar.slash(house.mods, "status"))
    assert f"<#{route.id}>" in said
    assert "review channel" in said


async def test_a_rate_limit_is_no_reason_for_a_detour(house: Any) -> None:
    """It passes."""
    urgent = house.guild.create_text_channel("urgent")
    await house.mira.slash(house.general, "settings route", severity="high", channel=urgent)
    house.env.inject_error("POST", f"/channels/{urgent.id}/messages", status=429)
    await flag(house)
    assert house.cards() == []
    await catch_up(house)
    assert len(urgent.history()) == 1


@pytest.mark.parametrize(("status", "code"), [(400, 50035), (400, 240000), (503, 0)])
async def test_a_case_that_cannot_be_posted_holds_up_no_other(house: Any, status: int, code: int) -> None:
    """The one behind it is there after two rounds, whichever came first."""
    path = f"/channels/{house.mods.id}/messages"
    house.env.inject_error("POST", path, status=status, code=code, times=None)
    await flag(house, 1)
    await flag(house, 2)
    assert house.cards() == []
    house.env.backend.faults.clear()
    house.env.inject_error("POST", path, status=status, code=code, times=1 if status == 503 else 2)
    for _ in range(2):
        await catch_up(house)
    assert len(house.cards()) >= 1
    case = await house.bot.services.review.find(house.guild.id, 2)
    assert case.card_message_id is not None


async def test_status_names_the_cause(house: Any) -> None:
    """Of each card that waits, not a guess; and nothing once it is there."""
    path = f"/channels/{house.mods.id}/messages"
    house.env.inject_error("POST", path, status=400, code=240000, times=None)
    await flag(house)
    said = house.said(await house.omar.slash(house.general, "status"))
    assert "1 card is waiting to be posted." in said
    assert "filter of harmful links" in said
    house.env.backend.faults.clear()
    await catch_up(house)
    assert "waiting to be posted" not in house.said(await house.omar.slash(house.general, "status"))


@pytest.mark.also_invented
async def test_an_admin_is_told_once_of_a_channel_that_refuses_for_ever(house: Any) -> None:
    """Not once for each card and round."""
    house.env.inject_error("POST", f"/channels/{house.mods.id}/messages", status=400, times=None)
    for number in range(4):
        await flag(house, number)
        await catch_up(house)
    assert len(told(house)) == 1


@pytest.mark.parametrize("code", [240000, 200000, 50035])
async def test_a_card_that_may_not_quote_comes_without_the_quote(house: Any, code: int) -> None:
    """What Discord's filters refuse is what moderators most need to hear of. The buttons are there."""
    house.env.inject_error("POST", f"/channels/{house.mods.id}/messages", status=400, code=code)
    await flag(house)
    (card,) = house.cards()
    said = house.said(card)
    assert "Open the message, or use /case show 1" in said
    assert ("butler" in said, "It tells who did it" in said) == (False, False)
    house.env.inject_error("PATCH", f"/channels/{house.mods.id}/messages/*", status=400, code=code)
    await house.omar.click(card, label="Violation")
    said = house.said(house.cards()[0])
    assert "decided by" in said
    assert "butler" not in said
    assert told(house) == []


class TestWhateverTheOrderOfEvents:
    """The row is read again before a card is posted."""

    @pytest.mark.parametrize("kind", ["text", "forum"])
    async def test_two_who_read_the_row_before_post_one_card(self, house: Any, kind: str) -> None:
        """A deletion and the end of an automatic action come with what they read before the card was there."""
        forum = await forum_for_cards(house) if kind == "forum" else None
        place = f"/channels/{forum.id}/threads" if forum else f"/channels/{house.mods.id}/messages"
        house.env.inject_error("POST", place, status=503)
        await flag(house)
        before = await house.bot.services.review.find(house.guild.id, 1)
        cards = house.bot.services.cards
        with house.env._bot_scope():
            await cards.refresh(before)
            shown = await cards.show(before)
            await asyncio.gather(cards.show(before), cards.refresh(before), cards.show_alone(before))
        await house.env.settle()
        assert len(posts(house, place)) == 2  # the one that was refused, and the card
        assert shown.card_message_id is not None

    async def test_a_forum_post_that_was_taken_unheard_is_found_again(
        self, house: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Forums know no nonce: the post itself says that it is there."""
        forum = await forum_for_cards(house)
        create = discord.ForumChannel.create_thread

        async def unheard(self: Any, **options: Any) -> Any:
            await create(self, **options)
            raise OSError("the answer was lost")

        monkeypatch.setattr(discord.ForumChannel, "create_thread", unheard)
        await flag(house)
        monkeypatch.undo()
        await catch_up(house)
        case = await house.bot.services.review.find(house.guild.id, 1)
        assert case.card_message_id is not None
        assert len(posts(house, f"/channels/{forum.id}/threads")) == 1


async def test_an_appeal_whose_card_is_refused_is_told_and_named(house: Any) -> None:
    """As the card of a case is; and it is posted once the channel takes it."""
    await warned_by(house)
    place = f"/channels/{house.mods.id}/messages"
    house.env.inject_error("POST", place, status=400, code=240000, times=None)
    await fill(house, await house.ana.user.click(letters(house, house.ana)[-1], label="Appeal"))
    said = house.said(await house.omar.slash(house.general, "status"))
    assert "Cards of appeals are waiting to be posted. Discord's filter of harmful links" in said
    (line,) = told(house)
    assert "the appeal in case 1" in line
    house.env.backend.faults.clear()
    with house.env._bot_scope():
        await house.bot.services.members.submission._cards.show(
            AppealKey(guild_id=house.guild.id, case_number=1, attempt=1)
        )
    await house.env.settle()
    assert "### Appeal in case" in house.said(house.cards()[-1])
    assert "wait" not in house.said(await house.omar.slash(house.general, "status"))


async def warned_by(house: Any) -> None:
    """Omar warned Ana about her message."""
    await flag(house)
    await house.bot.services.act.act(
        house.guild.id, 1, kind=ActionKind.WARN, moderator_id=house.omar.id, reason="spoiler"
    )
