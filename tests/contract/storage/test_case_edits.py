"""The contract of `CaseStore`, over every implementation: messages that are edited after they were judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.moderation.cases.action import ActionKind, NewAction
from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import RATIONALE_EXPIRED, Case, CaseState, Decision, Edited, NewCase
from bot.moderation.cases.further_messages import MayJoin
from bot.moderation.cases.reading import FirstAnswer
from bot.moderation.cases.webhook import CopiedMessage, Webhook

NewCases = Callable[..., NewCase]
Stores = Any  # the fixture of conftest.py, which no test can import

GUILD = 1


async def edited(stores: Stores, message_id: int, edit: int, text: str) -> tuple[Case, ...]:
    """The cases that change by an edit."""
    changed: tuple[Case, ...] = await stores.cases.mark_edited(GUILD, message_id, edit=edit, text=text)
    return changed


async def test_a_case_keeps_the_text_before_and_gets_the_text_after(stores: Stores, case_factory: NewCases) -> None:
    """Only cases about this message, in this server; the audit log has the edit and none of its words."""
    case, _ = await stores.cases.open(case_factory(message_id=500, text="you fool"))
    await stores.cases.open(case_factory(message_id=501))
    await stores.cases.open(case_factory(message_id=500, guild_id=2))
    now = replace(case, evidence=replace(case.evidence, edited=Edited(edit=9_000, text="you dear \ufffd friend")))
    assert await edited(stores, 500, 9_000, "you dear \ud83d friend") == (now,)
    assert await stores.cases.get(GUILD, case.number) == now
    assert now.evidence.last_text == "you dear \ufffd friend"
    assert (await stores.cases.get(2, 1)).evidence.edited is None
    entry = (await stores.audit.entries(GUILD))[0]
    assert (entry.action, entry.subject, entry.actor_id) == (AuditAction.MESSAGE_EDITED, f"case:{case.number}", None)
    assert "dear" not in entry.detail


async def test_a_case_knows_that_it_was_overtaken(stores: Stores, case_factory: NewCases) -> None:
    """The message had been edited before its case was opened."""
    new = case_factory(message_id=500, text="you fool")
    case, _ = await stores.cases.open(replace(new, evidence=replace(new.evidence, overtaken=True)))
    assert case.evidence.overtaken
    assert (await stores.cases.get(GUILD, case.number)).evidence.overtaken
    later, _ = await stores.cases.open(case_factory(message_id=501))
    assert not later.evidence.overtaken


async def test_only_what_is_new_changes_a_case(stores: Stores, case_factory: NewCases) -> None:
    """The same edit again, an older one, and an edit that leaves the words as they are change nothing."""
    await stores.cases.open(case_factory(message_id=500, edit=5_000, text="you fool"))
    assert await edited(stores, 500, 5_000, "another text") == ()
    assert await edited(stores, 500, 4_000, "another text") == ()
    assert await edited(stores, 500, 6_000, "you fool") == ()
    assert len(await edited(stores, 500, 7_000, "you dear")) == 1
    assert await edited(stores, 500, 7_000, "you dear") == ()
    assert await edited(stores, 500, 8_000, "you dear") == ()
    (again,) = await edited(stores, 500, 9_000, "")
    assert again.evidence.edited == Edited(edit=9_000, text="")
    assert again.evidence.text == "you fool"


async def test_every_case_about_the_message_changes(stores: Stores, case_factory: NewCases) -> None:
    """Those under several policies, and those of edits before; not the one of this very edit."""
    for version in (40, 41):
        await stores.cases.open(case_factory(message_id=500, version_id=version))
    await stores.cases.open(case_factory(message_id=500, edit=9_000, text="you dear"))
    assert [case.number for case in await edited(stores, 500, 9_000, "you dear")] == [1, 2]


async def test_texts_of_edits_are_purged_like_all_others(stores: Stores, case_factory: NewCases) -> None:
    """The text before, the text after and the first answer go; an edit that comes later is not kept."""
    new = case_factory(
        message_id=500,
        before="you",
        text="you fool",
        context=(),
        reasoning=None,
        first_answer=FirstAnswer(rule_ids=("R1",), score=0.9, rationale="A fool."),
        speakers=(("A", 7), ("B", 8)),
        files=(AttachedFile(name="a\ud800.txt", kind="text/plain", size=9, url="https://x/a.txt", not_read=None),),
        app_id=66,
        passage=(3, 8),
    )
    await stores.cases.open(new)
    await edited(stores, 500, 9_000, "you dear")
    evidence = (await stores.cases.get(GUILD, 1)).evidence
    assert ([file.name for file in evidence.files], evidence.app_id, evidence.passage) == (["a\ufffd.txt"], 66, (3, 8))
    stores.clock.forward(days=40)
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 1
    case = await stores.cases.get(GUILD, 1)
    evidence = case.evidence
    assert (evidence.text, evidence.before, evidence.edited, case.judged.first_answer) == (None, None, None, None)
    assert (evidence.files, evidence.app_id, evidence.passage) == ((), None, None)
    assert (case.judged.rationale, case.judged.speakers) == (RATIONALE_EXPIRED, ())
    assert await edited(stores, 500, 10_000, "you again") == ()
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 0


async def test_every_version_is_kept_for_a_while(stores: Stores, case_factory: NewCases) -> None:
    """Those between the one that was judged and the last one, ten at most; they go with the other texts."""
    await stores.cases.open(case_factory(message_id=500, edit=1, text="you fool"))
    for edit in (2, 3, 4):
        (case,) = await edited(stores, 500, edit, f"version {edit} \ud83d")
    assert case.evidence.versions == tuple(Edited(edit=edit, text=f"version {edit} \ufffd") for edit in (2, 3))
    for edit in range(5, 20):
        await edited(stores, 500, edit, f"version {edit}")
    kept = await stores.cases.get(GUILD, 1)
    assert [each.edit for each in kept.evidence.versions] == list(range(9, 19))
    assert kept.evidence.edited == Edited(edit=19, text="version 19")
    await stores.cases.purge_texts(GUILD, before=kept.opened_at + timedelta(days=1))
    purged = await stores.cases.get(GUILD, 1)
    assert (purged.evidence.text, purged.evidence.edited, purged.evidence.versions) == (None, None, ())


async def test_a_case_about_a_copy_names_whose_copy_it_is(stores: Stores, case_factory: NewCases) -> None:
    """Open or decided, in this server only; the audit log says so. A case in which somebody was acted on stays."""
    for version in (40, 41):
        await stores.cases.open(case_factory(message_id=500, version_id=version))
    await stores.cases.open(case_factory(message_id=501))
    await stores.cases.open(case_factory(message_id=500, guild_id=2))
    decision = Decision(state=CaseState.VIOLATION, moderator_id=9, at=stores.clock.time)
    case, _ = await stores.cases.decide(GUILD, 1, decision)
    await stores.actions.add(
        NewAction(
            guild_id=GUILD, case_number=2, kind=ActionKind.WARN, target_id=case.evidence.author_id, by=9, reason=""
        )
    )
    copy = CopiedMessage(message_id=499, member_id=77, certain=True)
    (changed,) = await stores.cases.mark_author(GUILD, 500, copy)
    assert changed == replace(case, evidence=replace(case.evidence, author_id=77, copy=copy))
    assert await stores.cases.get(GUILD, 1) == changed
    entry = (await stores.audit.entries(GUILD))[0]
    assert (entry.action, entry.subject) == (AuditAction.AUTHOR_FOUND, "case:1")
    assert await stores.cases.mark_author(GUILD, 500, copy) == ()


async def test_a_webhooks_case_becomes_the_members_whatever_was_deleted(stores: Stores, case_factory: NewCases) -> None:
    """Nothing but the message can be acted on as long as a webhook is the author, so nobody else is wronged. Of further
    messages it is known, too, whose copies they are."""
    maybe = CopiedMessage(message_id=499, member_id=8, certain=False)
    case, _ = await stores.cases.open(
        case_factory(message_id=500, author_id=900, webhook=Webhook(id=900, name="Luna"), copy=maybe)
    )
    assert case.evidence.whose == 8
    further = case_factory(message_id=501, author_id=900)
    assert (await stores.messages.open_or_join(further, MayJoin(about=501, same_text=case.number))).is_further
    await stores.actions.add(
        NewAction(guild_id=GUILD, case_number=1, kind=ActionKind.DELETE, target_id=900, by=None, reason="")
    )
    copy = CopiedMessage(message_id=499, member_id=77, certain=True)
    (changed,) = await stores.cases.mark_author(GUILD, 500, copy)
    assert changed.evidence == replace(case.evidence, author_id=77, copy=copy)
    assert await stores.cases.get(GUILD, 1) == changed
    assert await stores.cases.further_author(GUILD, 501) == 900
    await stores.cases.mark_author(GUILD, 501, copy)
    assert await stores.cases.further_author(GUILD, 501) == 77
    assert await stores.cases.further_author(GUILD, 502) is None
