"""Counting messages that are nothing but pictures, by the times of the messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.pictures.bursts import WINDOW, Deletions, PictureBursts
from bot.moderation.pictures.face_source import PictureFaceSource
from bot.moderation.pictures.picture import NoPictures, is_picture, is_pictures_only
from classifier import Part, PartKind

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PNG = AttachedFile(name="a.png", kind="image/png", size=9)
PDF = AttachedFile(name="a.pdf", kind="application/pdf", size=9)
Post = Callable[..., tuple[int, ...]]


def posted(number: int, *, channel: int, author: int = 7, second: float = 0, guild: int = 1) -> MessageSeen:
    """A picture."""
    return MessageSeen(
        guild_id=guild,
        channel_id=channel,
        message_id=number,
        author_id=author,
        text="",
        files=(PNG,),
        posted_at=NOON + timedelta(seconds=second),
    )


@pytest.fixture
def post() -> Post:
    """Counts a message, with three channels making a burst; the ids of what belongs to one because of it."""
    bursts = PictureBursts()

    def note(number: int, **how: int) -> tuple[int, ...]:
        return tuple(each.message_id for each in bursts.note(posted(number, **how), channels=3))

    return note


def test_the_third_channel_makes_it_a_burst(post: Post) -> None:
    """All messages so far belong to it, and each one that follows within a minute of the last."""
    assert [post(1, channel=1), post(2, channel=1, second=10), post(3, channel=2, second=20)] == [(), (), ()]
    assert post(4, channel=3, second=30) == (1, 2, 3, 4)
    assert post(5, channel=3, second=80) == (5,)
    assert post(6, channel=1, second=140) == (6,)
    assert post(7, channel=1, second=201) == ()


def test_a_message_that_is_read_again_counts_once(post: Post) -> None:
    """From history, after it had been heard of, in whatever order."""
    assert post(2, channel=2, second=5) == post(2, channel=2, second=5) == post(1, channel=1) == ()
    assert post(3, channel=3, second=9) == (1, 2, 3)


def test_members_and_servers_are_counted_apart(post: Post) -> None:
    """Three people who post a picture each are no burst."""
    assert post(1, channel=1) == post(2, channel=2, author=8) == post(3, channel=3, author=9) == ()
    assert post(4, channel=2, guild=2) == post(5, channel=3, guild=2) == ()


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 300)), max_size=40), st.integers(2, 6))
def test_every_message_is_told_of_once(posts: list[tuple[int, int]], channels: int) -> None:
    """However they come, none is part of two bursts, and each burst begins in that many channels."""
    bursts = PictureBursts()
    told: list[int] = []
    for number, (channel, second) in enumerate(posts):
        found = bursts.note(posted(number, channel=channel, second=second), channels=channels)
        if len(found) > 1:
            assert len({each.channel_id for each in found}) >= channels
            assert all(abs(each.posted_at - NOON - timedelta(seconds=second)) <= WINDOW for each in found)
        told += [each.message_id for each in found]
    assert len(told) == len(set(told))


def test_erased_members_are_forgotten() -> None:
    """What is in memory goes with their words."""
    bursts = PictureBursts()
    for number in (1, 2):
        bursts.note(posted(number, channel=number), channels=3)
    bursts.forget_member(7)
    assert bursts.note(posted(3, channel=3), channels=3) == ()


def test_deletions_are_remembered() -> None:
    """Of the last few thousand messages."""
    deletions = Deletions()
    deletions.note([1, 2])
    assert deletions.of([posted(2, channel=1), posted(3, channel=1)]) == (2,)


async def test_no_cards_ask_nothing() -> None:
    """Whoever shows no case asks no store."""
    nobody: Any = None
    assert await PictureFaceSource(nobody, nobody).put_on(()) == ()


async def test_a_bot_that_is_connected_to_nothing_gets_no_pictures() -> None:
    """Measurements and demos need no file server."""
    assert await NoPictures().fetch(PNG) is None


@pytest.mark.parametrize(
    ("files", "text", "parts", "is_so"),
    [
        ((PNG,), "", (), True),
        ((PNG, PNG), " \n", (), True),
        ((PNG,), "", (Part(kind=PartKind.FILE, text="alt text"),), True),
        ((PNG,), "look", (), False),
        ((PNG, PDF), "", (), False),
        ((PNG,), "", (Part(kind=PartKind.POLL, text="Well?"),), False),
        ((), "", (), False),
    ],
)
def test_nothing_but_pictures(files: tuple[AttachedFile, ...], text: str, parts: tuple[Part, ...], is_so: bool) -> None:
    """A word, a poll or another file make it a message that the judge reads."""
    seen = MessageSeen(
        guild_id=1, channel_id=1, message_id=1, author_id=1, text=text, files=files, parts=parts, posted_at=NOON
    )
    assert is_pictures_only(seen) is is_so


@pytest.mark.parametrize(
    ("name", "kind", "is_so"),
    [
        ("a.png", "image/png", True),
        ("a", "image/JPEG; x=1", True),
        ("a.WEBP", "", True),
        ("a.svg", "image/svg+xml", False),
        ("a.png", "text/plain", False),
        ("a", "", False),
    ],
)
def test_what_a_picture_is(name: str, kind: str, is_so: bool) -> None:
    """Its type says so, or its name where Discord left the type out."""
    assert is_picture(AttachedFile(name=name, kind=kind, size=1)) is is_so
