"""Whose words a webhook posts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.members.reporting import new_case
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.messages.proxied import KEPT, SECONDS, Attribution, ProxiedMessages

Seen = Callable[..., MessageSeen]


def posted(seen_factory: Seen, message_id: int, author_id: int, text: str) -> MessageSeen:
    """A member's message."""
    return seen_factory(message_id=message_id, author_id=author_id, text=text)


def copied(seen_factory: Seen, text: str) -> MessageSeen:
    """What a webhook posted afterwards."""
    return seen_factory(message_id=900, author_id=5, text=text, author_is_bot=True, by_webhook=True)


@pytest.mark.parametrize(
    ("wrote", "gone", "author"),
    [
        ("L: the butler did it", False, 7),
        ("[the butler did it]", False, 7),
        ("nobody says the butler did it", False, 5),
        ("no no: the butler did it is nonsense", False, 5),
        ("see you all at seven tonight friends, the butler did it", True, 7),
    ],
)
def test_words_are_the_members_where_only_marks_are_around_them(
    seen_factory: Seen, wrote: str, gone: bool, author: int
) -> None:
    """Few of them as long as the message is there; a sentence that has the words in it is not their original."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, wrote))
    if gone:
        proxied.gone(1, frozenset({300}))
    seen = proxied.attributed(copied(seen_factory, "the butler did it"))
    assert seen.author_id == author
    assert seen.original_gone is gone


def test_a_deleted_original_counts_before_a_newer_quote(seen_factory: Seen) -> None:
    """Ben quotes what Ana's proxy is about to post."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "Luna says: the butler did it"))
    proxied.keep(posted(seen_factory, 301, 8, "> the butler did it"))
    proxied.gone(1, frozenset({300}))
    assert proxied.attributed(copied(seen_factory, "the butler did it")).author_id == 7


def test_the_closest_message_counts_before_the_newest(seen_factory: Seen) -> None:
    """Where none is deleted yet."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "L: yes"))
    proxied.keep(posted(seen_factory, 301, 8, "so: yes"))
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 7


def test_a_copy_stays_the_members_when_their_words_are_forgotten(seen_factory: Seen) -> None:
    """A day later it can still be reported, decided or edited; what else was known of the member is too old then."""
    now = [0.0]
    proxied = ProxiedMessages(lambda: now[0])
    proxied.keep(seen_factory(message_id=300, author_id=7, text="yes", author_role_ids=frozenset({70})))
    first = proxied.attributed(copied(seen_factory, "yes"))
    proxied.gone(1, frozenset({300}))
    now[0] = 86_400.0
    later = proxied.attributed(copied(seen_factory, "no"))
    assert (first.author_id, first.author_role_ids) == (7, frozenset({70}))
    assert (later.author_id, later.copy_of, later.author_role_ids, later.author_is_bot) == (7, 300, frozenset(), False)


def test_a_coincidence_is_forgotten(seen_factory: Seen) -> None:
    """A status page happens to say what Ana said, and her message stays: what it says an hour later is its own."""
    now = [0.0]
    proxied = ProxiedMessages(lambda: now[0])
    proxied.keep(posted(seen_factory, 300, 7, "online"))
    assert proxied.attributed(copied(seen_factory, "online")).author_id == 7
    now[0] = 3_600.0
    assert proxied.attributed(copied(seen_factory, "offline")).author_id == 5


def test_the_deletion_settles_whose_copy_it_is(seen_factory: Seen) -> None:
    """Ana and Ben say the same, and the copy comes first. Whose message the proxy then deletes, theirs it is."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 8, "L: yes"))
    proxied.keep(posted(seen_factory, 301, 7, "yes"))
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 7
    (settled,) = proxied.gone(1, frozenset({300}))
    assert (settled.message_id, settled.author_id, settled.copy_of, settled.original_gone) == (900, 8, 300, True)
    assert proxied.gone(1, frozenset({301})) == ()
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 8


def test_a_deletion_that_confirms_a_copy_tells_nothing_new(seen_factory: Seen) -> None:
    """It is not judged a second time; that its original is gone is known from then on."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    assert not proxied.attributed(copied(seen_factory, "yes")).original_gone
    assert proxied.gone(1, frozenset({300})) == ()
    assert proxied.attributed(copied(seen_factory, "yes")).original_gone


def test_an_erased_member_is_known_by_id_only(seen_factory: Seen) -> None:
    """Their words leave the memory; that a copy is theirs stays known."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    proxied.attributed(copied(seen_factory, "yes"))
    proxied.forget_member(7)
    assert proxied.author_of(1, 900) == 7
    later = seen_factory(message_id=901, author_id=5, text="yes", author_is_bot=True, by_webhook=True)
    assert proxied.attributed(later).author_id == 5


async def test_after_a_restart_the_case_says_whose_copy_it_is(desk: Any, seen_factory: Seen) -> None:
    """The database is asked about older messages only: of a new one, only this process can know."""
    await desk.pipeline.see(seen_factory(), own_id=1)
    await desk.pipeline.see(copied(seen_factory, "the butler did it"), own_id=1)
    restarted = Attribution(cases=desk.cases, now=lambda: desk.now[0], clock=lambda: 0.0)
    copy = copied(seen_factory, "the butler did it")
    assert (await restarted.of(copy)).author_id == 5
    desk.now[0] += timedelta(seconds=SECONDS)
    seen = await restarted.of(copy)
    assert (seen.author_id, seen.author_is_bot) == (7, False)
    assert (await restarted.of(seen)).author_id == 7


async def test_a_webhook_with_a_case_of_its_own_stays_the_author(desk: Any, seen_factory: Seen) -> None:
    """A report of what an unknown webhook posted names the webhook, before a restart and after it."""
    copy = copied(seen_factory, "the butler did it")
    await desk.cases.open(new_case(copy, ()))
    desk.now[0] += timedelta(days=1)
    restarted = Attribution(cases=desk.cases, now=lambda: desk.now[0], clock=lambda: 0.0)
    assert (await restarted.of(copy)).author_id == 5


async def test_the_message_that_is_answered_is_the_members_too(desk: Any, seen_factory: Seen) -> None:
    """The judge reads who is answered; a reply to a copy answers the member."""
    attribution = Attribution(cases=desk.cases, now=lambda: desk.now[0], clock=lambda: 0.0)
    attribution.proxied.keep(posted(seen_factory, 300, 7, "yes"))
    await attribution.of(copied(seen_factory, "yes"))
    reply = seen_factory(message_id=901, author_id=8, answers=Answered(message_id=900, author_id=5, text="yes"))
    answered = (await attribution.of(reply)).answers
    assert answered is not None
    assert answered.author_id == 7


def test_a_raid_of_another_server_takes_no_place(seen_factory: Seen) -> None:
    """Thousands of messages there; the member's here is remembered. In one server, the oldest make room."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    for number in range(5_000):
        proxied.keep(seen_factory(guild_id=2, message_id=301 + number, text="no"))
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 7
    for number in range(KEPT):
        proxied.keep(posted(seen_factory, 301 + number, 8, "no"))
    later = seen_factory(message_id=901, author_id=5, text="yes", author_is_bot=True, by_webhook=True)
    assert proxied.attributed(later).author_id == 5
