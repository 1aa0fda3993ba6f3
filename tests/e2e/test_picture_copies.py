"""Small copies of the pictures of cases, where an admin wants them: with the real bot, judge by script."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.interactions.reply import row_of
from bot.cogs.members.report_menu import MENU
from bot.settings import Settings
from tests.bot.pictures.generated import picture, written
from tests.e2e.acting import card_text
from tests.e2e.pictures import SCAM, channels, kept, post, settle
from tests.e2e.test_gone_texts import age, erased

LABEL = "Show the pictures"
PHOTO = written(picture(5, side=(1_400, 1_600)), "JPEG", quality=95)


async def ready(world: Any, **options: Any) -> None:
    """A server that keeps copies."""
    await world.set_up()
    said = world.said(await world.mira.slash(world.general, "settings pictures", keep_copies=True, **options))
    assert "Small copies of the pictures of cases: kept" in said
    assert "Turn this off if your members may post pictures that are illegal to own" in said
    assert "Don't save or pass on such a picture. Report it to the police" in said


def labels(card: Any) -> list[str]:
    """The buttons of a card."""
    found: list[str] = []

    def walk(components: list[Any]) -> None:
        for each in components:
            if each.get("type") == 2:
                found.append(each.get("label", ""))
            walk(each.get("components", []))

    walk([each.to_dict() for each in card.components])
    return found


async def shown(world: Any, who: Any) -> Any:
    """What somebody sees who clicks the button on the newest card."""
    return await who.click(world.cards()[-1], label=LABEL)


async def test_nothing_is_kept_until_an_admin_says_so(world: Any) -> None:
    """And a card has no button for it."""
    await world.set_up()
    await post(world, text="the butler did it")
    await post(world, text="is this allowed?")
    await world.rita.context_menu(world.general, MENU, world.general.history()[-1])
    await settle(world)
    assert await kept(world, 1) == await kept(world, 2) == ()
    assert [LABEL in labels(card) for card in world.cards()] == [False, False]


async def test_a_reviewer_sees_a_small_spoiler(world: Any) -> None:
    """Alone, smaller than it was, and re-encoded; the card itself shows no picture."""
    await ready(world)
    await post(world, PHOTO, text="the butler did it")
    (card,) = world.cards()
    assert LABEL in labels(card)
    assert card.attachments == []
    result = await shown(world, world.rita)
    (answered,) = [each for each in (result.response, *result.followups) if each is not None and each.attachments]
    assert answered.flags.ephemeral
    (file,) = answered.attachments
    assert file.filename == "SPOILER_case-1-1.webp"
    with Image.open(io.BytesIO(world.env.backend.cdn.get(file.url))) as small:
        assert (small.format, max(small.size)) == ("WEBP", 480)


async def test_a_clear_message_leaves_no_copy(world: Any) -> None:
    """Copies belong to cases."""
    await ready(world)
    await post(world, text="my cat")
    assert await kept(world) == ()
    assert world.cards() == []


async def test_reports_and_bursts_have_copies_too(world: Any) -> None:
    """Whatever opened the case."""
    await ready(world, burst_channels=3)
    await post(world, text="is this allowed?")
    await world.rita.context_menu(world.general, MENU, world.general.history()[-1])
    await settle(world)
    assert len(await kept(world, 1)) == 1
    for room in channels(world):
        await post(world, where=room)
    assert len(await kept(world, 2)) == 1
    assert LABEL in labels(world.cards()[-1])


async def test_only_reviewers_see_them(world: Any) -> None:
    """A button that somebody else found is refused."""
    await ready(world)
    await post(world, text="the butler did it")
    button = CaseButton(CaseClick(guild_id=world.guild.id, number=1, verb=CaseVerb.PICTURES))
    message = await world.bot.get_channel(world.general.id).send("A button", view=row_of((button,)))
    result = await world.ana.click(message, label=LABEL)
    assert not any(each.attachments for each in (result.response, *result.followups) if each is not None)
    assert "reviewers" in world.said(result)


async def test_a_case_without_copies(world: Any) -> None:
    """The button of an old card says what became of them; a case that never was has none."""
    await ready(world)
    await post(world, text="the butler did it")
    card = world.cards()[0]
    await world.omar.click(card, label="Not a violation")
    await settle(world)
    assert await kept(world) == ()
    assert LABEL not in labels(world.cards()[0])
    button = CaseButton(CaseClick(guild_id=world.guild.id, number=1, verb=CaseVerb.PICTURES))
    message = await world.bot.get_channel(world.mods.id).send("A button", view=row_of((button,)))
    assert "No pictures of case 1 are kept" in world.said(await world.omar.click(message, label=LABEL))


async def test_they_go_with_the_retention_time(world: Any, settings: Settings) -> None:
    """And so does the button."""
    await ready(world)
    await post(world, text="the butler did it")
    await world.omar.click(world.cards()[0], label="Violation")
    age(settings)
    assert await world.bot.schedule.run_now("retention")
    assert await kept(world) == ()
    assert LABEL not in labels(world.cards()[0])
    assert "prize" not in card_text(world)


async def test_they_go_with_an_erasure(world: Any) -> None:
    """The member asked for their words; pictures are among them."""
    await ready(world)
    await post(world, text="the butler did it")
    await world.omar.click(world.cards()[0], label="Violation")
    exported = await world.ana.slash(world.general, "privacy export")
    assert any("small_copy_webp_base64" in text for text in world.files(exported).values())
    await erased(world)
    await settle(world)
    assert await kept(world) == ()


async def test_a_mended_case_keeps_none(world: Any) -> None:
    """The author edited the message in time."""
    await ready(world)
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", "Severity: low"))
    await world.mira.slash(world.general, "settings edit-first", up_to="low")
    await post(world, text="the butler did it")
    await settle(world)
    assert len(await kept(world)) == 1
    await world.env.advance_time(1)
    await world.ana.edit(world.general.history()[-1], content="no details from me")
    await settle(world)
    assert "Mended" in card_text(world)
    assert await kept(world) == ()


@pytest.mark.parametrize("changes", [{"lost": True}, {"size": 30_000_000}, {"content_type": "image/tiff"}])
async def test_what_cannot_be_copied(world: Any, changes: dict[str, Any]) -> None:
    """The case is there as always."""
    await ready(world)
    await post(world, SCAM, text="the butler did it", **changes)
    assert await kept(world) == ()
    assert len(world.cards()) == 1
