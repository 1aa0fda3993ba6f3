"""What admins are told about their policies fits into a message and loses no text."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.reply import CONTENT_LIMIT
from bot.cogs.policies import replies as policy_replies
from bot.moderation.policies.publishing import Blocked, Conflict
from guild_policies.findings import Finding
from guild_policies.versions import Publication, StoredPolicy


def test_findings_that_block_come_first_and_the_rest_is_counted() -> None:
    """As many as fit into a message on a phone."""
    advice = [Finding(code="c", line=1, column=1, message=f"advice {n}", hint="h") for n in range(20)]
    block = Finding(code="c", line=1, column=1, message="this blocks", hint="h", blocking=True)
    reply = policy_replies.blocked(Blocked(findings=(*advice, block), text="text"), "Mine")
    assert "error: this blocks" in reply.text
    assert "and 16 more findings" in reply.text
    assert units(reply.text) <= CONTENT_LIMIT
    long = Finding(code="c", line=1, column=1, message="x" * 5_000, hint="h")
    assert "and 1 more finding" in "".join(policy_replies.findings_block([long], "text"))


class Desk:
    """As much of the policy desk as an answer needs."""

    async def history(self, policy: StoredPolicy) -> tuple[Publication, ...]:
        """Nothing was ever in force."""
        return ()


async def test_a_publication_that_is_blocked_gives_the_text_back() -> None:
    """And a conflict whose traces are gone still says that there was one."""
    finding = Finding(code="c", line=1, column=1, message="this blocks", hint="h", blocking=True)
    reply = await policy_replies.of_publishing(Blocked(findings=(finding,), text="text"), Desk(), name="Mine")
    assert ([file.text for file in reply.files], "this blocks" in reply.text) == (["text"], True)
    at = datetime(2026, 11, 21, tzinfo=UTC)
    policy = StoredPolicy(id=1, guild_id=1, name="Mine", published=None, draft=None, created_at=at)
    reply = await policy_replies.of_publishing(Conflict(current=policy, text=""), Desk(), name="Mine")
    assert "Somebody else changed the policy" in reply.text
