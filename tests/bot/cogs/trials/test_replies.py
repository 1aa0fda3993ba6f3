"""Reports about trials stay within Discord's limits and say what is so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.reply import CONTENT_LIMIT, clipped, listed
from bot.cogs.trials.replies import drift_report, try_out_report, try_outs_running
from bot.cogs.trials.runner import EDIT_EVERY, Paced
from bot.moderation.trials.drift import CaseDrift, DriftReport, PinDrift
from bot.moderation.trials.try_out import Difference, TryOut, TryOutCounts, TryOutReport
from guild_policies.examples import Pin

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def try_out(name: str = "Spoilers", **counts: int) -> TryOut:
    """A try-out that is over."""
    return TryOut(
        id=1,
        guild_id=1,
        policy_id=2,
        policy_name=name,
        draft_revision=3,
        text="",
        channel_id=None,
        report_channel_id=4,
        started_by=5,
        started_at=NOW,
        ends_at=NOW,
        ended_at=NOW,
        told=False,
        counts=TryOutCounts(**counts),
    )


@given(st.lists(st.text(max_size=200), max_size=60), st.text(max_size=300))
def test_a_list_is_whole_in_the_message_or_in_the_file(lines: list[str], head: str) -> None:
    """Nothing is left out of both."""
    reply = listed(head, lines, "", "x")
    assert units(clipped(reply.text)) <= CONTENT_LIMIT
    whole = reply.files[0].text if reply.files else reply.text
    assert all(line in whole for line in lines)


@given(st.text(min_size=1, max_size=50), st.integers(0, 400))
def test_a_report_of_a_try_out(name: str, many: int) -> None:
    """Every difference has its link, in the message or in the file; the message stays within its limit."""
    differences = tuple(
        Difference(
            channel_id=10**18,
            message_id=10**18 + number,
            edit=0,
            newly_flagged=number % 2 == 0,
            rule_ids=("R1", "R2"),
            score=0.5,
            score_published=None,
        )
        for number in range(many)
    )
    reply = try_out_report(TryOutReport(try_out=try_out(name, judged=many), differences=differences))
    assert units(reply.text) <= CONTENT_LIMIT
    whole = reply.files[0].text if reply.files else reply.text
    assert whole.count("https://discord.com/channels/1/") == many


@pytest.mark.parametrize(("judged", "few"), [(0, False), (1, True), (19, True), (20, False)])
def test_small_numbers_are_said_in_words(judged: int, *, few: bool) -> None:
    """Nobody concludes from twelve messages."""
    reply = try_out_report(TryOutReport(try_out=try_out(judged=judged), differences=()))
    assert ("too few to conclude from" in reply.text) == few


def test_what_runs() -> None:
    """A line each, or that there is nothing."""
    assert "judged" in try_outs_running([try_out(judged=3)]).text
    assert "Nothing is being tried out" in try_outs_running([]).text


def test_a_judge_that_changed() -> None:
    """Pins and cases that differ, with the names of both judges as text."""
    pin = Pin(id=7, policy_id=2, text="x", rule_id=None, author_id=5, created_at=NOW, held=True)
    report = DriftReport(
        guild_id=1,
        review_channel_id=4,
        before="gguf:**old**",
        now="gguf:new",
        undecided=1,
        pins_judged=3,
        cases_judged=5,
        pins=(PinDrift(policy_name="Spoilers", pin=pin, held=True, holds=False),),
        cases=(CaseDrift(policy_name="Spoilers", case_number=9, jump_link="https://x", score=0.9, score_now=0.1),),
    )
    text = drift_report(report).text
    for part in (r"\*\*old\*\*", "`7`: now it fails", "[case 9](https://x)", "1 more got no verdict"):
        assert part in text, text


async def test_progress_is_shown_every_few_seconds() -> None:
    """However fast it comes."""
    time, shown = [0.0], []

    async def show(done: int, total: int) -> None:
        shown.append((done, total))

    paced = Paced(lambda: time[0], show)
    for number in range(10):
        time[0] += EDIT_EVERY / 4
        await paced(number, 10)
    assert shown == [(3, 10), (7, 10)]
