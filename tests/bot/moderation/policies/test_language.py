"""A policy in another language than its server's messages: said once, and it stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.policies.language import PolicyLanguage
from bot.moderation.policies.outcomes import Saved
from bot.moderation.policies.publishing import Publishing

Seen = Callable[..., MessageSeen]

ENGLISH = (
    "# Adverts\n\n## Rules\n### R1 Adverts for other servers\n"
    "Breaks it: a link to another server, or a message that asks members to join it.\n"
    "Does not: what is on the market.\n"
)
GERMAN = (
    "# Werbung\n\n## Rules\n### R1 Werbung für andere Server\n"
    "Breaks it: ein Link auf einen anderen Server, der nicht von uns ist, oder wer die Mitglieder dazu auffordert.\n"
    "Does not: was auf dem Marktplatz ist und für den Server nicht schadet.\n"
)
CHAT = ["wer hat lust auf ne runde", "ich bin gleich da", "das ist mir egal", "nicht so laut, es ist spät"]
CODE = "the_policy_is_in_the_members_language"


@pytest.fixture
def recent(seen_factory: Seen) -> RecentLines:
    """A server where German is spoken."""
    recent = RecentLines()
    for number, line in enumerate(CHAT, start=1):
        recent.keep(seen_factory(message_id=number, guild_id=1, text=line))
    return recent


@pytest.fixture
def publishing(desk: Any, recent: RecentLines) -> Publishing:
    """The service with this server's messages at hand."""
    return Publishing(desk.policies, language=PolicyLanguage(recent))


def codes(outcome: object) -> list[str]:
    """What is said about a text that was saved."""
    assert isinstance(outcome, Saved)
    return [finding.code for finding in outcome.findings]


async def test_it_is_said_when_the_policy_is_new_and_not_again(publishing: Publishing) -> None:
    """Saved all the same. Who goes on in that language has been told; who changes to another is told of that."""
    saved = await publishing.create(1, "Ads", ENGLISH, actor_id=9)
    assert codes(saved).count(CODE) == 1
    assert isinstance(saved, Saved)

    async def save(text: str, revision: int) -> list[str]:
        return codes(await publishing.save_draft(1, "Ads", text, seen_revision=revision, seen_number=None, actor_id=9))

    assert CODE not in await save(f"{ENGLISH}\n## Two\nand more", 1)
    assert CODE not in await save(GERMAN, 2)
    assert CODE in await save(ENGLISH, 3)


async def test_nothing_is_said_where_it_is_the_same_or_unknown(publishing: Publishing) -> None:
    """In the server's language, and in a server of which nothing was heard."""
    assert CODE not in codes(await publishing.create(1, "Ads", GERMAN, actor_id=9))
    assert CODE not in codes(await publishing.create(2, "Ads", ENGLISH, actor_id=9))
