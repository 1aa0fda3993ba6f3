"""Whose words a webhook posts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.webhook import CopiedMessage, Webhook
from bot.moderation.members.reporting import new_case
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.messages.proxied import KEPT, SECONDS, SECONDS_APART, Attribution, ProxiedMessages
from classifier import Part, PartKind

Seen = Callable[..., MessageSeen]


def posted(seen_factory: Seen, message_id: int, author_id: int, text: str) -> MessageSeen:
    """A member's message."""
    return seen_factory(message_id=message_id, author_id=author_id, text=text)


def copied(seen_factory: Seen, text: str, message_id: int = 900, **more: Any) -> MessageSeen:
    """What a webhook posted afterwards."""
    return seen_factory(
        message_id=message_id, author_id=5, text=text, author_is_bot=True, webhook=Webhook(id=5, name="Luna"), **more
    )


@pytest.mark.parametrize(
    ("wrote", "copy", "is_copy"),
    [
        ("L: the butler did it", "the butler did it", True),
        ("[the butler did it]", "the butler did it", True),
        ("-the butler did it-", "the butler did it", True),
        ("the butler did it -l", "the butler did it", True),
        ("Luna says: the butler did it", "the butler did it", True),
        ("luna the butler did it", "the butler did it", True),
        ("Luna: ok", "ok", True),
        ("L: k", "k", True),
        ("class is at five", "ass", False),
        ("class", "ass", False),
        ("nobody says the butler did it", "the butler did it", False),
        ("no no: the butler did it is nonsense", "the butler did it", False),
        ("see you all at seven tonight friends, the butler did it", "the butler did it", False),
        ("please do not call people idiots here", "idiots", False),
        ("No, yes", "yes", False),
        ("not ass", "ass", False),
        ("> the butler did it", "the butler did it", False),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_words_are_the_members_where_only_tags_are_around_them(
    seen_factory: Seen, wrote: str, copy: str, is_copy: bool, gone: bool
) -> None:
    """A sentence, or a word, that has the words in it is not their original, whether it is deleted or not."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, wrote))
    if gone:
        proxied.gone(1, frozenset({300}))
    seen = proxied.attributed(copied(seen_factory, copy))
    assert seen.copy == (CopiedMessage(message_id=300, member_id=7, certain=gone) if is_copy else None)
    assert seen.author_id == (7 if is_copy and gone else 5)
    assert seen.whose == (7 if is_copy else 5)


CAT = AttachedFile(name="my cat.png", kind="image/png", size=11)


@pytest.mark.parametrize(
    ("wrote", "files", "copy", "copied_files", "is_copy"),
    [
        ("", (CAT,), "", (replace(CAT, name="my_cat.png"),), True),
        ("L:", (CAT,), "", (CAT,), True),
        ("L: look", (CAT,), "look", (CAT,), True),
        ("look at that", (CAT,), "", (CAT,), False),
        ("", (CAT,), "", (replace(CAT, size=12),), False),
        ("", (CAT,), "", (replace(CAT, name="dog.png"),), False),
        ("look", (), "look", (CAT,), False),
        ("L:", (CAT,), "", (), False),
    ],
)
def test_files_are_compared_by_name_and_size(
    seen_factory: Seen,
    wrote: str,
    files: tuple[AttachedFile, ...],
    copy: str,
    copied_files: tuple[AttachedFile, ...],
    is_copy: bool,
) -> None:
    """So a picture without a word is recognised, and another picture is not."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(replace(posted(seen_factory, 300, 7, wrote), files=files))
    seen = proxied.attributed(copied(seen_factory, copy, files=copied_files))
    assert proxied.gone(1, frozenset({300})) == ((replace(seen, author_id=7, copy=certain_copy()),) if is_copy else ())


@pytest.mark.parametrize(("question", "is_copy"), [("who did it?", True), ("who else?", False)])
def test_polls_are_compared(seen_factory: Seen, question: str, is_copy: bool) -> None:
    """A poll has no text of its own."""
    poll = Part(kind=PartKind.POLL, text="who did it?")
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(replace(posted(seen_factory, 300, 7, ""), parts=(poll,)))
    seen = proxied.attributed(copied(seen_factory, "", parts=(replace(poll, text=question),)))
    assert (seen.copy is not None) is is_copy


def certain_copy(message_id: int = 300, member_id: int = 7) -> CopiedMessage:
    """Of which the original is deleted."""
    return CopiedMessage(message_id=message_id, member_id=member_id, certain=True)


@pytest.mark.parametrize(("seconds", "certain"), [(SECONDS_APART, True), (SECONDS_APART + 1, False)])
@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_copy_is_certain_only_where_the_deletion_is_seconds_away(
    seen_factory: Seen, seconds: float, certain: bool, deleted_first: bool
) -> None:
    """Whichever comes first. Somebody may regret a message, and minutes later a webhook says the same."""
    now = [0.0]
    proxied = ProxiedMessages(lambda: now[0])
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    events = [
        lambda: proxied.gone(1, frozenset({300})),
        lambda: proxied.attributed(copied(seen_factory, "yes")),
    ]
    for event in events if deleted_first else reversed(events):
        event()
        now[0] += seconds
    seen = proxied.attributed(copied(seen_factory, "yes"))
    assert (seen.author_id, seen.is_certain, seen.whose) == (7 if certain else 5, certain, 7)


def test_a_message_has_one_copy(seen_factory: Seen) -> None:
    """Ana's is used up when Ben's proxy posts the same words; whoever deletes theirs gets the one that has no owner."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "A: nobody likes you"))
    proxied.attributed(copied(seen_factory, "nobody likes you", 301))
    proxied.gone(1, frozenset({300}))
    assert proxied.attributed(copied(seen_factory, "nobody likes you", 302)).copy is None
    proxied.keep(posted(seen_factory, 303, 8, "B: nobody likes you"))
    assert not proxied.attributed(copied(seen_factory, "nobody likes you", 304)).is_certain
    (settled,) = proxied.gone(1, frozenset({303}))
    assert (settled.message_id, settled.author_id) == (304, 8)
    assert (proxied.author_of(1, 301), proxied.author_of(1, 304)) == (7, 8)


def test_two_copies_in_flight_keep_their_order(seen_factory: Seen) -> None:
    """Both members post before either copy comes, and both copies come before either message goes."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "A: yes"))
    proxied.keep(posted(seen_factory, 301, 8, "B: yes"))
    for message_id in (302, 303):
        proxied.attributed(copied(seen_factory, "yes", message_id))
    for message_id in (300, 301):
        proxied.gone(1, frozenset({message_id}))
    assert (proxied.author_of(1, 302), proxied.author_of(1, 303)) == (7, 8)


def test_a_newer_message_that_is_still_there_leaves_it_open(seen_factory: Seen) -> None:
    """Ana has just deleted the same words that Ben is proxying: nothing is certain before his message goes."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    proxied.gone(1, frozenset({300}))
    proxied.keep(posted(seen_factory, 301, 8, "B: yes"))
    seen = proxied.attributed(copied(seen_factory, "yes"))
    assert (seen.author_id, seen.whose) == (5, 8)
    (settled,) = proxied.gone(1, frozenset({301}))
    assert settled.copy == certain_copy(301, 8)


def test_a_newer_message_that_goes_corrects_who_it_was(seen_factory: Seen) -> None:
    """Its event came late. The older message was deleted before the copy came, and has no copy after all."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    proxied.gone(1, frozenset({300}))
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 7
    proxied.keep(posted(seen_factory, 301, 8, "B: yes"))
    (settled,) = proxied.gone(1, frozenset({301}))
    assert settled.copy == certain_copy(301, 8)
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 8
    assert proxied.attributed(copied(seen_factory, "yes", 901)).author_id == 7


def test_the_title_of_a_thread_has_no_copy(seen_factory: Seen) -> None:
    """A webhook that repeats it quotes it."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, -20, 7, "yes"))
    assert proxied.attributed(copied(seen_factory, "yes")).copy is None


def test_an_edit_that_says_something_else_is_no_copy(seen_factory: Seen) -> None:
    """As long as it was not certain before."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "online"))
    assert proxied.attributed(copied(seen_factory, "online")).copy is not None
    assert proxied.attributed(copied(seen_factory, "offline")).copy is None


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
    assert proxied.attributed(copied(seen_factory, "yes")).whose == 7


def test_a_copy_stays_the_members_when_their_words_are_forgotten(seen_factory: Seen) -> None:
    """A day later it can still be reported, decided or edited; what else was known of the member is too old then."""
    now = [0.0]
    proxied = ProxiedMessages(lambda: now[0])
    proxied.keep(seen_factory(message_id=300, author_id=7, text="yes", author_role_ids=frozenset({70})))
    proxied.attributed(copied(seen_factory, "yes"))
    (first,) = proxied.gone(1, frozenset({300}))
    now[0] = 86_400.0
    later = proxied.attributed(copied(seen_factory, "no"))
    assert (first.author_id, first.author_role_ids) == (7, frozenset({70}))
    assert (later.author_id, later.copy, later.author_role_ids, later.author_is_bot) == (
        7,
        certain_copy(),
        frozenset(),
        False,
    )


def test_a_coincidence_is_forgotten(seen_factory: Seen) -> None:
    """A status page happens to say what Ana said, and her message stays: what it says an hour later is its own."""
    now = [0.0]
    proxied = ProxiedMessages(lambda: now[0])
    proxied.keep(posted(seen_factory, 300, 7, "online"))
    assert proxied.attributed(copied(seen_factory, "online")).whose == 7
    now[0] = 3_600.0
    assert proxied.attributed(copied(seen_factory, "online")).whose == 5


def test_the_deletion_settles_whose_copy_it_is(seen_factory: Seen) -> None:
    """Ana and Ben say the same, and the copy comes first. Whose message the proxy then deletes, theirs it is."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 8, "L: yes"))
    proxied.keep(posted(seen_factory, 301, 7, "yes"))
    assert proxied.attributed(copied(seen_factory, "yes")).whose == 7
    (settled,) = proxied.gone(1, frozenset({300}))
    assert (settled.message_id, settled.author_id, settled.copy) == (900, 8, certain_copy(member_id=8))
    assert proxied.gone(1, frozenset({301})) == ()
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 8


def test_an_erased_member_is_known_by_id_only(seen_factory: Seen) -> None:
    """Their words leave the memory; that a copy is theirs stays known."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "yes"))
    proxied.attributed(copied(seen_factory, "yes"))
    proxied.gone(1, frozenset({300}))
    proxied.keep(posted(seen_factory, 301, 7, "yes"))
    proxied.forget_member(7)
    assert proxied.author_of(1, 900) == 7
    assert proxied.attributed(copied(seen_factory, "yes", 901)).copy is None


async def test_after_a_restart_the_case_says_whose_copy_it_is(desk: Any, seen_factory: Seen) -> None:
    """The database is asked about older messages only: of a new one, only this process can know."""
    await desk.pipeline.see(seen_factory(), own_id=1)
    await desk.pipeline.see(copied(seen_factory, "the butler did it"), own_id=1)
    await desk.pipeline.gone(1, 20, frozenset({300}))
    restarted = Attribution(cases=desk.cases, now=lambda: desk.now[0], clock=lambda: 0.0)
    copy = copied(seen_factory, "the butler did it")
    assert (await restarted.of(copy)).author_id == 5
    desk.now[0] += timedelta(seconds=SECONDS)
    seen = await restarted.of(copy)
    assert (seen.author_id, seen.author_is_bot) == (7, False)
    assert (await restarted.of(seen)).author_id == 7


async def test_what_was_not_certain_is_not_after_a_restart(desk: Any, seen_factory: Seen) -> None:
    """The webhook's words are on the card of the member's own message, and still the webhook's."""
    await desk.pipeline.see(seen_factory(), own_id=1)
    await desk.pipeline.see(copied(seen_factory, "the butler did it"), own_id=1)
    desk.now[0] += timedelta(days=1)
    restarted = Attribution(cases=desk.cases, now=lambda: desk.now[0], clock=lambda: 0.0)
    assert (await restarted.of(copied(seen_factory, "the butler did it"))).author_id == 5


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
    attribution.proxied.gone(1, frozenset({300}))
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
    assert proxied.attributed(copied(seen_factory, "yes")).whose == 7
    for number in range(KEPT):
        proxied.keep(posted(seen_factory, 301 + number, 8, "no"))
    assert proxied.attributed(copied(seen_factory, "yes", 901)).copy is None
