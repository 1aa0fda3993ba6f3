"""Whatever people can read in a message is judged, however it arrives and whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.backend.models import MessageSticker
from simcord.http._helpers import poll_from_wire

from bot.app import BylawBot
from classifier import Judge
from classifier.scripted import ScriptedJudge

HARMLESS = "all is well on board. "


def parts_of(judge: ScriptedJudge) -> str:
    """Everything that the judge was asked about last."""
    return judge.requests[-1].content.target.words


async def post(world: Any, **fields: Any) -> Any:
    """Ana posts something that a plain text cannot hold."""
    message = world.env.backend.create_message(world.general.id, world.ana.id, fields.pop("content", ""), **fields)
    await world.env.settle()
    return message


async def attach(world: Any, name: str, data: bytes, *, text: str = "look", **changes: Any) -> Any:
    """Ana posts a file. `changes` replace what Discord says of it; None takes it away."""
    (stored,) = world.env.backend.store_attachments(world.general.id, [(name, data)])
    stored = {key: value for key, value in {**stored, **changes}.items() if value is not None}
    return await post(world, content=text, attachments=[stored])


async def forward(world: Any, source: Any) -> None:
    """Omar shows a message to the others once more."""
    reference = {"type": 1, "channel_id": str(world.general.id), "message_id": str(source.id)}
    world.env.backend.create_message(world.general.id, world.omar.id, reference=reference)
    await world.env.settle()


class TestFiles:
    """Text files are read whatever they are called and however they are written."""

    @pytest.mark.parametrize("name", ["message.txt", "notes.md", "data.json", "main.py", "server.log", "table.csv"])
    @pytest.mark.parametrize("kind", [None, "application/octet-stream"])
    async def test_the_ending_decides_where_the_type_does_not(self, world: Any, name: str, kind: str | None) -> None:
        """Discord leaves the type out, or members' programs make one up."""
        await world.set_up()
        await attach(world, name, b"the butler did it", content_type=kind)
        assert "the butler did it" in world.said(world.cards()[0])

    @pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
    async def test_the_mark_at_the_beginning_says_how_it_is_written(self, world: Any, coding: str) -> None:
        """Windows writes UTF-16; a file with no mark at all is read, too."""
        await world.set_up()
        await attach(world, "message.txt", "später the butler did it".encode(coding))
        assert "später the butler did it" in world.said(world.cards()[0])

    async def test_a_file_without_ending_and_type_is_told_by_its_bytes(self, world: Any, judge: ScriptedJudge) -> None:
        """Text is read, and what is no text is not taken for one."""
        await world.set_up()
        await attach(world, "secret", b"the butler did it", content_type=None)
        assert len(world.cards()) == 1
        await attach(world, "noise", bytes(range(256)) * 8, content_type=None)
        assert parts_of(judge) == "look\nnoise"

    @pytest.mark.parametrize("place", [0, 3_990, 4_100, 9_000, 20_000 - 17])
    async def test_no_place_in_a_long_text_is_a_way_round_the_rules(self, world: Any, place: int) -> None:
        """The beginning, the middle and the end are judged, and the card says where it was found."""
        await world.set_up()
        text = (HARMLESS * 1_000)[:20_000]
        await attach(world, "long.txt", (text[:place] + "the butler did it" + text[place:]).encode())
        (card,) = world.cards()
        assert "Characters" in world.said(card)
        assert "From character" in world.said(card) or place < 9_000
        assert "20.0 KB" in world.said(card)

    async def test_the_tenth_file_is_read_like_the_first(self, world: Any) -> None:
        """Discord takes ten files, and members open any of them."""
        await world.set_up()
        files = [(f"{number}.txt", HARMLESS.encode()) for number in range(9)]
        await world.ana.send(world.general, "look", attachments=[*files, ("9.txt", b"the butler did it")])
        (card,) = world.cards()
        assert "and 6 more files" in world.said(card)

    async def test_what_is_too_long_is_judged_at_both_ends_and_the_card_says_so(self, world: Any) -> None:
        """Nothing is silently clear."""
        await world.set_up()
        await attach(world, "long.txt", (HARMLESS * 10_000).encode() + b"the butler did it")
        assert "read in part" in world.said(world.cards()[0])

    @pytest.mark.parametrize("lost", ["fetch", "size"])
    async def test_a_text_that_cannot_be_read_is_a_persons_to_look_at(self, world: Any, lost: str) -> None:
        """A file that Discord does not hand out is asked for again; then a card says what nobody knows."""
        await world.set_up()
        if lost == "fetch":
            await attach(world, "gone.txt", b"the butler did it", url="https://cdn.simcord.invalid/nowhere.txt")
            assert world.cards() == []
            for _ in range(3):
                await world.bot.services.intake.pipeline.judge_waiting()
            await world.env.settle()
        else:
            await attach(world, "huge.txt", b"the butler did it", size=5_000_000)
        said = world.said(world.cards()[0])
        assert ("Could not judge" in said, "could not be read" in said, "not read" in said) == (True, True, True)
        assert world.bot.services.tally.adds_up()

    async def test_a_file_that_comes_late_is_judged(self, world: Any) -> None:
        """Discord's file server has bad moments; the message waits."""
        await world.set_up()
        late = "https://cdn.simcord.invalid/late.txt"
        await attach(world, "late.txt", b"the butler did it", url=late)
        world.env.backend.cdn._blobs[late] = b"the butler did it"
        await world.bot.services.intake.pipeline.judge_waiting()
        await world.env.settle()
        assert "R1 Unmarked spoiler" in world.said(world.cards()[0])

    async def test_the_name_of_a_file_is_text_and_nothing_but_text(self, world: Any) -> None:
        """It is judged where Discord shows it, and cannot forge a line of the card."""
        await world.set_up()
        await attach(world, "[the butler](https:__evil.example) <@1> `x`.pdf", b"%PDF-1.7")
        said = world.said(world.cards()[0])
        assert r"\[the butler\]\(https\:\_\_evil\.example\) \<\@1\> \`x\`\.pdf" in said

    @pytest.mark.parametrize("title", [None, "Das große Ende"])
    async def test_what_describes_a_hidden_picture_is_hidden(self, world: Any, title: str | None) -> None:
        """Also where Discord keeps its name in a title, because it has letters of other alphabets."""
        await world.set_up()
        await attach(world, "SPOILER_end.png", b"-", text="the butler did it", description="he dies", title=title)
        said = world.said(world.cards()[0])
        assert "-# Described as: ||he dies||" in said
        assert r"SPOILER\_" in said

    async def test_one_member_cannot_flood_the_judge_with_files(self, world: Any, judge: ScriptedJudge) -> None:
        """Beyond a share, excerpts are judged; the beginning and the end among them."""
        await world.set_up()
        for number in range(6):
            await attach(world, "long.txt", (HARMLESS * 1_250).encode() + str(number).encode())
        asked = len(judge.requests)
        await attach(world, "long.txt", (HARMLESS * 1_250).encode() + b"the butler did it")
        assert len(judge.requests) - asked == 1
        assert "read in part" in world.said(world.cards()[0])


async def test_a_file_posted_while_the_bot_was_away_is_read(
    world: Any, judge: ScriptedJudge, bot_factory: Callable[[Judge], BylawBot]
) -> None:
    """What comes from a channel's history is read like what is live."""
    await world.set_up()
    await world.ana.send(world.general, "hello")
    await world.bot.schedule.run_now("watermarks")
    await world.bot.close()
    await world.ana.send(world.general, "", attachments=[("message.txt", b"the butler did it")])
    await world.env.restart_bot(bot_factory(ScriptedJudge(judge._script)))  # a bot closes the judge that it had
    await world.bot.schedule.run_now("catch-up")
    await world.env.settle()
    assert "the butler did it" in "".join(map(world.said, world.cards()))


class TestParts:
    """Not only what was typed."""

    async def test_a_file_a_sticker_and_a_component_of_a_forward(self, world: Any, judge: ScriptedJudge) -> None:
        """Snapshots are read like messages."""
        await world.set_up()
        (file,) = world.env.backend.store_attachments(world.general.id, [("message.txt", b"in the file")])
        source = await post(
            world,
            content="hi",
            attachments=[{**file, "description": "a picture of him"}],
            stickers=[MessageSticker(id=5, name="on the sticker", format_type=1, guild_id=world.guild.id)],
        )
        text = {"type": 10, "content": "in the box"}
        boxed = await post(world, components=[{"type": 17, "components": [text]}], flags=1 << 15)
        await forward(world, source)
        assert parts_of(judge) == "hi\non the sticker\nmessage.txt\na picture of him\nin the file"
        await forward(world, boxed)
        assert parts_of(judge) == "in the box"

    async def test_texts_and_labels_of_components(self, world: Any, judge: ScriptedJudge) -> None:
        """At whatever depth, in the order in which they are shown."""
        await world.set_up()
        button = {"type": 2, "style": 5, "label": "on the button", "url": "https://example.org"}
        option = {"label": "in the menu", "value": "x", "description": "below it"}
        menu = {"type": 3, "custom_id": "m", "placeholder": "choose", "options": [option]}
        section = {"type": 9, "components": [{"type": 10, "content": "in the section"}], "accessory": button}
        inner = [section, {"type": 1, "components": [menu]}]
        await post(world, components=[{"type": 17, "components": inner}], flags=1 << 15)
        assert parts_of(judge) == "in the section\non the button\nchoose\nin the menu\nbelow it"

    async def test_a_reply_brings_all_that_the_other_message_said(self, world: Any, judge: ScriptedJudge) -> None:
        """A poll, or a file, answered with one word."""
        await world.set_up()
        source = await world.omar.send(world.general, "", attachments=[("question.txt", b"who should leave?")])
        await world.ana.send(world.general, "you", reply_to=source)
        answered = [each for each in judge.requests[-1].content.context if each.standing == "answered"]
        assert [each.text for each in answered] == ["question.txt\nwho should leave?"]


class TestWhoeverAsks:
    """Menus and buttons read the same as the judge."""

    async def test_check_draft_report_context_and_why(self, world: Any, judge: ScriptedJudge) -> None:
        """Of a message whose words are in a file: none of them calls it empty."""
        await world.set_up()
        await world.draft()
        message = await world.ana.send(world.general, "", attachments=[("message.txt", b"he drowns")])
        judge.requests.clear()
        checked = await world.omar.context_menu(world.general, "Check against policy", target=message)
        assert "clear" in world.said(checked)
        assert parts_of(judge) == "message.txt\nhe drowns"
        drafted = await world.mira.context_menu(world.general, "Test draft", target=message)
        assert "They agree" in world.said(drafted)
        assert parts_of(judge) == "message.txt\nhe drowns"
        await world.omar.context_menu(world.general, "Report to moderators", target=message)
        card = world.cards()[-1]
        assert ("he drowns" in world.said(card), "message\\.txt" in world.said(card)) == (True, True)
        context = await world.omar.click(card, label="Context")
        assert "he drowns" in world.said(context)

    @pytest.mark.parametrize("kind", ["poll", "embed", "alt text", "sticker", "component"])
    async def test_every_part_can_be_reported_checked_and_read(
        self, world: Any, judge: ScriptedJudge, kind: str
    ) -> None:
        """Where there is no text at all, and from a bot as well."""
        await world.set_up()
        await world.draft()
        words = "he drowns"
        poll = discord.Poll(question="What now?", duration=timedelta(hours=1)).add_answer(text=words)
        (picture,) = world.env.backend.store_attachments(world.general.id, [("cat.png", b"\x89PNG")])
        fields: dict[str, dict[str, Any]] = {
            "poll": {"poll": poll_from_wire(world.env.backend, poll._to_dict())},
            "embed": {"embeds": [{"type": "rich", "title": "News", "description": words}]},
            "alt text": {"attachments": [{**picture, "description": words}]},
            "sticker": {"stickers": [MessageSticker(id=5, name=words, format_type=1, guild_id=world.guild.id)]},
            "component": {"components": [{"type": 10, "content": words}], "flags": 1 << 15},
        }
        helper = world.guild.add_member(world.env.create_user("helper", bot=True))
        made = world.env.backend.create_message(world.general.id, helper.id, "", **fields[kind])
        await world.env.settle()
        message = await world.env.bot.get_channel(world.general.id).fetch_message(made.id)
        for who, menu in ((world.omar, "Check against policy"), (world.mira, "Test draft")):
            judge.requests.clear()
            await who.context_menu(world.general, menu, target=message)
            assert words in parts_of(judge)
        await world.omar.context_menu(world.general, "Report to moderators", target=message)
        card = world.cards()[-1]
        assert words in world.said(card)
        assert words in world.said(await world.omar.click(card, label="Context"))

    async def test_a_reported_picture_is_on_the_card(self, world: Any) -> None:
        """With its name, type, size and address."""
        await world.set_up()
        message = await world.ana.send(world.general, "", attachments=[("cat.png", b"\x89PNG" + bytes(2_000))])
        await world.omar.context_menu(world.general, "Report to moderators", target=message)
        said = world.said(world.cards()[-1])
        for part in (r"cat\.png", r"image\/png", "2.0 KB", f"[open]({message.attachments[0].url})"):
            assert part in said

    async def test_a_sample_shows_the_words_of_a_file(self, world: Any) -> None:
        """Whoever looks at quiet messages sees what was judged."""
        await world.set_up()
        message = await world.ana.send(world.general, "", attachments=[("message.txt", b"lovely film")])
        world.bot.services.questions.samples._now = lambda: message.created_at
        await world.mira.slash(world.general, "mod sample", weekly=1)
        assert await world.bot.schedule.run_now("samples")
        shown = await world.omar.click(world.cards()[-1], label="Look at them")
        assert "lovely film" in world.said(shown)

    async def test_why_says_what_was_not_read(self, world: Any) -> None:
        """Of a message that was judged clear as far as it was read."""
        await world.set_up()
        long = (HARMLESS * 4_000).encode()
        message = await world.ana.send(world.general, "", attachments=[("long.txt", long)])
        said = world.said(await world.omar.slash(world.general, "why", link=message.jump_url))
        assert ("clear" in said, r"long\.txt: ⚠️ read in part" in said) == (True, True)
