"""Answers fit into a message, files have harmless names, and errors are logged without what people wrote."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.dynamic_items import DYNAMIC_ITEMS
from bot.cogs.interactions.errors import answering, surviving, tell
from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.reply import CONTENT_LIMIT, clipped, file_name
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.buttons import PublishButton, PublishClick, RollbackButton, RollbackClick
from bot.moderation.policies.publishing import Blocked, Conflict
from guild_policies.findings import Finding
from guild_policies.versions import Publication, StoredPolicy
from tests.bot.cogs.interactions.interaction import Interaction

BIG = 2**63 - 1


@given(st.text(max_size=3_000).map(lambda text: text * 3))
@example("a line\n" * 1_000)
@example("x" * 3_000)
def test_a_text_that_is_too_long_is_cut_by_lines(text: str) -> None:
    """What is left out is counted."""
    shown = clipped(text)
    assert units(shown) <= CONTENT_LIMIT
    assert shown == text or "more lines" in shown


@given(st.text(max_size=80))
def test_file_names_are_harmless(name: str) -> None:
    """Letters, digits and dashes: no path, no ending of somebody else's choice."""
    made = file_name(name)
    assert made.endswith(".md")
    assert made[:-3].replace("-", "").isalnum()
    assert made.isascii()
    assert len(made) <= 53


@pytest.mark.parametrize(
    "button",
    [
        lambda: CaseButton(CaseClick(guild_id=BIG, number=BIG, verb=CaseVerb.NOT_A_VIOLATION)),
        lambda: PublishButton(PublishClick(policy_id=BIG, revision=BIG)),
        lambda: RollbackButton(RollbackClick(policy_id=BIG, to_number=BIG, seen_number=BIG)),
    ],
)
async def test_a_button_can_be_read_back_from_its_id(button: Any) -> None:
    """The largest ids there are fit into a custom_id, and exactly one kind of button knows it."""
    made = button()
    assert len(made.custom_id) <= 100
    (kind,) = [item for item in DYNAMIC_ITEMS if item.__discord_ui_compiled_template__.fullmatch(made.custom_id)]
    match = kind.__discord_ui_compiled_template__.fullmatch(made.custom_id)
    assert (await kind.from_custom_id(None, None, match)).click == made.click


@pytest.mark.parametrize(
    "custom_id", ["bylaw:case:1:2:delete", "bylaw:case:١:2:violation", "bylaw:case:1:-2:violation", "x"]
)
def test_other_ids_are_nobodys(custom_id: str) -> None:
    """No other verb, no digits of other scripts, no signs."""
    assert not any(item.__discord_ui_compiled_template__.fullmatch(custom_id) for item in DYNAMIC_ITEMS)


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


def http_error(status: int, code: int) -> discord.HTTPException:
    """What discord.py raises."""

    class Response:
        reason = "no"

        def __init__(self) -> None:
            self.status = status

    return discord.HTTPException(Response(), {"code": code, "message": "secret words"})


def fail() -> None:
    """Fail for a reason that failed for a reason."""
    try:
        _ = {}["secret words"]
    except KeyError as error:
        raise ValueError("more secret words") from error


async def test_an_error_is_told_with_a_number_and_logged_without_texts(caplog: pytest.LogCaptureFixture) -> None:
    """The whole chain of errors is there by kind and place; none of their words is."""
    interaction = Interaction()
    async with answering("a click", interaction):
        fail()
    number = interaction.sent[0]["content"].split("`")[1]
    for part in (number, "a click failed", "ValueError", "KeyError", "test_reply.py"):
        assert part in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("code", [10062, 10015, 50027])
async def test_an_answer_that_came_too_late_is_only_noted(caplog: pytest.LogCaptureFixture, code: int) -> None:
    """Nobody is there to be told."""
    caplog.set_level(logging.INFO, logger="bot")  # whatever another test left it at
    interaction = Interaction()
    await tell("a click", interaction, http_error(404, code))
    assert (interaction.sent, "too late" in caplog.text) == ([], True)


async def test_an_error_that_cannot_be_told_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    """Discord refuses the apology as well."""
    caplog.set_level(logging.INFO, logger="bot")
    await tell("a click", Interaction(http_error(500, 0)), ValueError("secret words"))
    assert "could not be told" in caplog.text
    assert "secret" not in caplog.text


async def test_a_listener_survives_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and cancelling is no error."""
    async with surviving("a message"):
        raise ValueError("secret words")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
