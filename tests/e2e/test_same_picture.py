"""A picture that a moderator decided about is recognised when it comes again: with the real bot, judge by script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from bot.app import BylawBot
from bot.cogs.members.report_menu import MENU
from bot.moderation.cases.case import CaseState, Decision
from bot.moderation.pictures import watch
from bot.moderation.pictures.picture import MOST_BYTES
from bot.moderation.servers.options import PictureOptions
from classifier import Judge
from tests.bot.pictures.generated import picture, written
from tests.e2e.acting import card_text, nothing_was_done
from tests.e2e.pictures import OTHER, SCAM, channels, compared, post, settle

SECRET = "words of a member"
SMALLER = written(picture(77, side=(300, 500)).resize((180, 220)), "JPEG", quality=60)


async def ready(world: Any, **options: Any) -> None:
    """A server that compares pictures."""
    await world.set_up()
    said = world.said(await world.mira.slash(world.general, "settings pictures", compare=True, **options))
    assert "Pictures that look like those of decided violations: on" in said


async def decided(world: Any, label: str = "Violation") -> None:
    """A case about a picture with words that break a rule, decided."""
    await post(world, text="the butler did it")
    await world.omar.click(world.cards()[-1], label=label)
    await settle(world)


async def state_to(world: Any, state: CaseState, number: int = 1) -> None:
    """An appeal reverses a decision."""
    at = (await world.bot.services.review.find(world.guild.id, number)).opened_at
    store = world.bot.services.review._cases
    await store.overrule(world.guild.id, number, Decision(state=state, moderator_id=world.mira.id, at=at))


async def test_it_is_off_until_an_admin_says_otherwise(world: Any) -> None:
    """Nothing is fetched, nothing is kept, nothing is found."""
    await world.set_up()
    await decided(world)
    await post(world, SMALLER, who=world.rita)
    assert len(world.cards()) == 1
    assert await compared(world) == []


async def test_a_card_names_the_case(world: Any) -> None:
    """Squeezed and smaller, by somebody else, without a word; it links the case, and nothing is done by itself."""
    await ready(world)
    await decided(world)
    assert await compared(world) == [1]
    await post(world, SMALLER, who=world.rita)
    said = card_text(world)
    assert "### 🖼️ Same picture as case 1" in said
    assert r"looks like one of case 1\, which a moderator decided as a violation\." in said
    assert "**Similar cases:** [1](https://discord.com/channels/" in said
    assert f"<@{world.rita.id}>" in said
    assert nothing_was_done(world)
    assert world.bot.services.tally.adds_up()
    listed = world.said(await world.omar.slash(world.mods, "case list", kind="same_picture"))
    assert "same picture as a decided case" in listed


@pytest.mark.also_invented
async def test_the_rule_is_named_by_whoever_decides(world: Any) -> None:
    """A picture that was decided this way is compared with as well."""
    await ready(world)
    await decided(world)
    await post(world, SMALLER, who=world.rita)
    form = await world.omar.click(world.cards()[-1], label="Violation")
    await world.omar.submit_modal(form, {"rule": ["other"], "words": "The same scam"})
    assert await compared(world) == [2, 1]


@pytest.mark.parametrize("data", [OTHER, written(Image.new("RGB", (300, 300), "white"))], ids=["another", "blank"])
async def test_another_picture_is_another(world: Any, data: bytes) -> None:
    """A blank page is compared with nothing."""
    await ready(world)
    await decided(world)
    await post(world, data, who=world.rita)
    assert len(world.cards()) == 1


@pytest.mark.parametrize("label", ["Not a violation", None])
async def test_only_violations_count(world: Any, label: str | None) -> None:
    """An open case proves nothing, and one that was no violation even less."""
    await ready(world)
    await post(world, text="the butler did it")
    if label:
        await world.omar.click(world.cards()[-1], label=label)
        await settle(world)
    await post(world, SMALLER, who=world.rita)
    assert len(world.cards()) == 1


class TestReversed:
    """A decision that was taken back goes on matching nothing."""

    async def test_a_case_that_is_reopened(self, world: Any) -> None:
        """Until somebody decides it once more."""
        await ready(world)
        await decided(world)
        form = await world.omar.click(world.cards()[0], label="Reopen…")
        await world.omar.submit_modal(form, {"text": "Looked again"})
        assert await compared(world) == []
        await post(world, SMALLER, who=world.rita)
        assert len(world.cards()) == 1
        await world.omar.click(world.cards()[0], label="Violation")
        assert await compared(world) == [1]

    async def test_an_appeal_that_is_granted(self, world: Any) -> None:
        """The fingerprint is gone for good."""
        await ready(world)
        await decided(world)
        await state_to(world, CaseState.NOT_A_VIOLATION)
        await state_to(world, CaseState.VIOLATION)
        assert await compared(world) == []
        await post(world, SMALLER, who=world.rita)
        assert len(world.cards()) == 1

    async def test_a_moment_ago(self, world: Any) -> None:
        """What is remembered for two seconds is looked at once more before a card is made."""
        await ready(world)
        await decided(world)
        await post(world, OTHER, who=world.rita)  # remembers what there is to compare with
        await state_to(world, CaseState.NOT_A_VIOLATION)
        await post(world, SMALLER, who=world.rita)
        assert len(world.cards()) == 1


class TestRefusals:
    """What cannot be looked at is judged by its words as always, and does no harm."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"lost": True},
            {"size": 30_000_000},
            {"url": "https://evil.example/prize.png"},
            {"url": "https://cdn.discordapp.com@evil.example/prize.png"},
            {"url": "http://cdn.discordapp.com/attachments/1/1/prize.png"},
            {"url": "file:///etc/passwd"},
            {"content_type": "video/mp4", "filename": "prize.mp4"},
        ],
        ids=["404", "huge", "elsewhere", "disguised", "not https", "a file", "a film"],
    )
    async def test_what_is_not_fetched(self, world: Any, changes: dict[str, Any]) -> None:
        """Gone, too large, or not on Discord's file servers: only those are ever asked."""
        await ready(world)
        await decided(world)
        asked = fetched(world)
        await post(world, SMALLER, who=world.rita, **changes)
        assert len(world.cards()) == 1
        assert not [url for url in asked if "evil" in url or "file:" in url or url.startswith("http:")]
        assert len(asked) == (1 if "lost" in changes else 0)
        await post(world, OTHER, who=world.rita, text="the butler did it")
        assert len(world.cards()) == 2

    @pytest.mark.parametrize("data", [b"", b"%PDF-1.7", SCAM[:300], b"GIF89a" + b"\xff" * 90])
    async def test_what_is_no_picture(self, world: Any, data: bytes) -> None:
        """Whatever its name says."""
        await ready(world)
        await decided(world)
        await post(world, data, who=world.rita)
        assert len(world.cards()) == 1

    async def test_more_bytes_than_discord_said(self, world: Any) -> None:
        """They are thrown away unread."""
        await ready(world)
        await decided(world)
        await post(world, SMALLER + bytes(MOST_BYTES), who=world.rita, size=9_000)
        assert len(world.cards()) == 1

    async def test_too_many_at_once(self, world: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
        """What is more than can be looked at is told to the operator, and judged as always."""
        await ready(world)
        await decided(world)
        monkeypatch.setattr(watch, "MOST_LOOKS", 0)
        await post(world, SMALLER, who=world.rita)
        assert "too many wait" in caplog.text
        assert len(world.cards()) == 1

    async def test_trouble_with_one_message_is_its_own(self, world: Any, caplog: Any) -> None:
        """It is logged without a word or an address, and the next message is looked at."""
        await ready(world)
        await decided(world)
        kept, fails = world.bot.services.pictures.kept, [True]
        find = kept.decided

        async def trouble(guild_id: int) -> Any:
            if fails:
                fails.clear()
                raise RuntimeError(SECRET)
            return await find(guild_id)

        kept.decided = trouble
        await post(world, SMALLER, who=world.rita)
        assert "pictures were not looked at" in caplog.text
        assert SECRET not in caplog.text
        assert "cdn.discordapp" not in caplog.text
        await post(world, SMALLER, who=world.rita)
        assert "Same picture as case 1" in card_text(world)

    async def test_the_message_is_deleted_before_it_is_looked_at(self, world: Any) -> None:
        """The card says so, and links nothing that is gone."""
        await ready(world)
        await decided(world)
        release = hold_back(world)
        message = await post_unsettled(world, SMALLER, world.rita)
        world.env.backend.delete_message(world.general.id, message.id)
        await until(lambda: message.id in world.bot.services.pictures.watch._deletions._gone)
        release()
        await settle(world)
        assert "Same picture as case 1" in card_text(world)
        assert "the message was deleted" in card_text(world)

    async def test_a_restart_in_the_middle(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """What was cut off is read from history and looked at."""
        await ready(world)
        await decided(world)
        hold_back(world)
        await post_unsettled(world, SMALLER, world.rita)
        await until(lambda: bool(world.bot.services.pictures.watch._tasks))
        await world.bot.services.pictures.watch.close(seconds=0)  # as the bot does when it is stopped
        await world.env.restart_bot(bot_factory(judge))
        await settle(world)
        with world.env._bot_scope():
            await world.bot.schedule.run_now("catch-up")
        await settle(world)
        assert "Same picture as case 1" in card_text(world)

    async def test_judging_waits_for_no_picture(self, world: Any) -> None:
        """A file server that does not answer holds up nothing else."""
        await ready(world)
        await decided(world)
        release = hold_back(world)
        for _ in range(watch.AT_ONCE + 3):
            await post_unsettled(world, SMALLER, world.rita)
        world.env.backend.create_message(world.general.id, world.ana.id, "surely the butler did it")
        await until(lambda: len(world.cards()) == 2)
        assert "surely the butler" in card_text(world)
        release()
        await settle(world)
        assert "Same picture as case 1" in card_text(world)

    async def test_without_the_extra(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The admin is told what to install, and what was set before does no harm."""
        await world.set_up()
        monkeypatch.setattr(world.bot.get_cog("SettingsCommand"), "can_compare", False)
        monkeypatch.setattr(world.bot.services.pictures.watch._sight.reader, "_can_compare", False)
        said = world.said(await world.mira.slash(world.general, "settings pictures", compare=True))
        assert 'pip install "bylaw[pictures]"' in said
        assert "Nothing was changed" in said
        options = world.bot.services.options
        await options.save(world.guild.id, PictureOptions(compare=True), actor_id=world.mira.id)
        shown = world.said(await world.mira.slash(world.general, "settings pictures"))
        assert "off, because what that needs is missing" in shown
        await decided(world)
        await post(world, SMALLER, who=world.rita)
        assert len(world.cards()) == 1


async def test_a_burst_with_a_known_picture_is_one_card(world: Any) -> None:
    """The first message names the case; the same picture in further channels joins it."""
    await ready(world, burst_channels=3)
    await decided(world)
    for room in channels(world):
        await post(world, SMALLER, where=room, who=world.rita)
    said = [world.said(card) for card in world.cards()[1:]]
    assert len(said) == 1, said


async def test_many_members_with_the_picture_are_a_raid(world: Any) -> None:
    """One card for all of them, from the fifth member on."""
    await ready(world)
    await decided(world)
    for number in range(7):
        await post(world, SMALLER, who=world.guild.add_member(world.env.create_user(f"hacked{number}")))
    said = [world.said(card) for card in world.cards()[1:]]
    (raid,) = [each for each in said if "Many members at once" in each]
    assert "**7 messages** · **7 members**" in raid
    assert len(said) < 7


async def test_a_reported_picture_is_kept_to_compare_with(world: Any) -> None:
    """Members report what nobody judges; once it is decided, the next one is found."""
    await ready(world)
    await post(world)
    await world.rita.context_menu(world.general, MENU, world.general.history()[-1])
    await settle(world)
    form = await world.omar.click(world.cards()[-1], label="Violation")
    await world.omar.submit_modal(form, {"rule": ["other"], "words": "A scam"})
    assert await compared(world) == [1]


async def test_another_servers_decisions_do_not_count(world: Any) -> None:
    """Each server decides for itself."""
    await ready(world)
    await decided(world)
    assert await world.bot.services.pictures.kept.decided(world.guild.id + 1) == ()


def fetched(world: Any) -> list[str]:
    """The addresses that the bot asks Discord's file server for, from now on."""
    asked: list[str] = []
    get = world.bot.http.get_from_cdn

    async def noted(url: str) -> bytes:
        asked.append(url)
        return bytes(await get(url))

    world.bot.http.get_from_cdn = noted
    return asked


def hold_back(world: Any) -> Callable[[], None]:
    """Discord's file server does not answer until the function is called."""
    answered = asyncio.Event()
    get = world.bot.http.get_from_cdn

    async def late(url: str) -> bytes:
        await answered.wait()
        return bytes(await get(url))

    world.bot.http.get_from_cdn = late
    return answered.set


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for that, and not for what is held back."""
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


async def post_unsettled(world: Any, data: bytes, who: Any) -> Any:
    """Somebody posts a picture, and nobody waits for what comes of it."""
    (stored,) = world.env.backend.store_attachments(world.general.id, [("prize.png", data)])
    stored = {**stored, "url": "https://cdn.discordapp.com/attachments/1/9/prize.png"}
    world.env.backend.cdn._blobs[stored["url"]] = data
    return world.env.backend.create_message(world.general.id, who.id, "", attachments=[stored])
