"""A few lines per channel are remembered, for cases that are opened soon, and forgotten when they are deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.moderation.cases.case import ContextLine
from bot.moderation.cases.webhook import CopiedMessage
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import LINES, LONGEST_LINE, RecentLines

Seen = Callable[..., MessageSeen]


def texts(recent: RecentLines, seen: MessageSeen) -> list[str]:
    """What stands before a message."""
    return [line.text for line in recent.before(seen)]


def test_the_last_lines_of_a_channel_come_in_order(seen_factory: Seen) -> None:
    """Whatever order they came in; of this channel, before this message, a few."""
    recent = RecentLines()
    for number in (3, 1, 2, 4, 6, 5):
        recent.keep(seen_factory(message_id=number, text=f"line {number}"))
    recent.keep(seen_factory(message_id=2, channel_id=21, text="elsewhere"))
    assert texts(recent, seen_factory(message_id=7)) == ["line 3", "line 4", "line 5", "line 6"]
    assert len(recent.before(seen_factory(message_id=7))) == LINES
    assert texts(recent, seen_factory(message_id=6)) == ["line 2", "line 3", "line 4", "line 5"]
    assert recent.before(seen_factory(message_id=7, channel_id=22)) == ()


def test_a_line_is_the_authors_and_of_limited_length(seen_factory: Seen) -> None:
    """What nobody can read is left out."""
    recent = RecentLines()
    recent.keep(seen_factory(message_id=1, author_id=8, text="x" * (LONGEST_LINE + 1)))
    recent.keep(seen_factory(message_id=2, text="y" * LONGEST_LINE))
    recent.keep(seen_factory(message_id=3, text="  "))
    recent.keep(seen_factory(message_id=4, is_system=True))
    first, second = recent.before(seen_factory(message_id=9))
    assert first == ContextLine(author_id=8, text=first.text)
    assert len(first.text) <= LONGEST_LINE
    assert first.text.startswith("xxx")
    assert " … " in first.text
    assert second.text == "y" * LONGEST_LINE


def test_an_edit_takes_the_place_of_the_line(seen_factory: Seen) -> None:
    """As the channel shows it."""
    recent = RecentLines()
    for text in ("before", "after"):
        recent.keep(seen_factory(message_id=1, text=text))
    assert texts(recent, seen_factory(message_id=9)) == ["after"]


def test_what_is_deleted_is_forgotten(seen_factory: Seen) -> None:
    """A message, or its channel."""
    recent = RecentLines()
    for number in (1, 2, 3):
        recent.keep(seen_factory(message_id=number, text=f"line {number}"))
    recent.forget(20, frozenset({2, 99}))
    assert texts(recent, seen_factory(message_id=9)) == ["line 1", "line 3"]
    recent.forget_channel(20)
    recent.forget_channel(20)
    assert recent.before(seen_factory(message_id=9)) == ()


def test_a_webhooks_line_with_erased_words_goes(seen_factory: Seen) -> None:
    """They may be the member's, too; what others said stays."""
    recent = RecentLines()
    for number, member_id in ((1, 7), (2, 8)):
        copy = CopiedMessage(message_id=number + 100, member_id=member_id, certain=False)
        recent.keep(seen_factory(message_id=number, author_id=900, text=f"line {number}", copy=copy))
    recent.forget_member(7)
    assert texts(recent, seen_factory(message_id=9)) == ["line 2"]


def test_quiet_channels_make_room(seen_factory: Seen) -> None:
    """The channel that was busy longest ago goes first."""
    recent = RecentLines(channels=2)
    for number, channel in enumerate((20, 21, 20, 22)):
        recent.keep(seen_factory(message_id=number, channel_id=channel))
    kept = {channel: len(recent.before(seen_factory(message_id=9, channel_id=channel))) for channel in (20, 21, 22)}
    assert kept == {20: 2, 21: 0, 22: 1}


async def test_a_case_holds_what_was_said_before(desk: Any, seen_factory: Seen) -> None:
    """Lines of members and bots, but not those that were deleted meanwhile."""
    await desk.pipeline.see(seen_factory(message_id=1, author_id=8, text="seen the film?"), own_id=1000)
    await desk.pipeline.see(seen_factory(message_id=2, author_is_bot=True, text="Tonight: a film"), own_id=1000)
    await desk.pipeline.see(seen_factory(message_id=3, text="deleted"), own_id=1000)
    await desk.pipeline.gone(1, 20, frozenset({3}))
    (case,) = (await desk.pipeline.see(seen_factory(message_id=4), own_id=1000)).cases
    assert [line.text for line in case.evidence.context] == ["seen the film?", "Tonight: a film"]
    await desk.pipeline.channel_gone(1, 20)
    (case,) = (await desk.pipeline.see(seen_factory(message_id=7, author_id=9), own_id=1000)).cases
    assert case.evidence.context == ()


def test_a_servers_lines_are_its_own(seen_factory: Seen) -> None:
    """Of all its channels, and gone with them."""
    recent = RecentLines()
    recent.keep(seen_factory(message_id=1, text="here"))
    recent.keep(seen_factory(message_id=2, channel_id=21, text="there"))
    recent.keep(seen_factory(message_id=3, channel_id=22, guild_id=2, text="elsewhere"))
    assert set(recent.of_server(seen_factory().guild_id)) == {"here", "there"}
    recent.forget_channel(21)
    assert recent.of_server(seen_factory().guild_id) == ("here",)
    assert recent.of_server(3) == ()
