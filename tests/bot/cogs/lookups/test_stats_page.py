"""Numbers as moderators read them: within the limits, small ones in words; and days as moderators type them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from bot.cogs.interactions.dates import BadDay, day
from bot.cogs.interactions.quoting import units
from bot.cogs.lookups.numbers.stats_page import share, span, stats_text
from bot.cogs.lookups.numbers.stats_plot import plot
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.lookups.numbers.stats import AppealCounts, RuleStats, Stats
from bot.moderation.lookups.samples import Estimate

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


def rule(**changes: Any) -> RuleStats:
    """A rule with some cases."""
    values: dict[str, Any] = {
        "policy_name": "Spoilers", "rule_id": "R1", "title": "Unmarked spoiler", "confirmed": 3, "dismissed": 1,
        "open": 0,
    }  # fmt: skip
    return RuleStats(**(values | changes))


def stats(*rules: RuleStats, **changes: Any) -> Stats:
    """The numbers of a month."""
    values: dict[str, Any] = {
        "days": 30, "closed": 4, "median_to_close": timedelta(hours=3), "appeals": AppealCounts(), "estimate": None,
    }  # fmt: skip
    return Stats(rules=rules, **(values | changes))


@pytest.mark.parametrize(
    ("part", "whole", "words"), [(3, 4, "3 of 4"), (0, 19, "0 of 19"), (19, 20, "19 of 20 (95%)"), (0, 0, "0 of 0")]
)
def test_small_numbers_are_no_percentages(part: int, whole: int, words: str) -> None:
    """“3 of 4” says more than 75 %."""
    assert share(part, whole) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=3, minutes=10), "3 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_lengths(length: timedelta, words: str) -> None:
    """In their largest unit."""
    assert span(length) == words


def test_everything_that_can_be_said() -> None:
    """Rules with appeals, appeals of the server, what is missed."""
    estimate = Estimate(answered=40, violations=1, quiet_a_week=5_000, share=0.025, low=0.0044, high=0.1288)
    said = stats_text(
        stats(
            rule(appeals=1, overturned=1),
            rule(rule_id="R2", confirmed=0, dismissed=0, open=2),
            appeals=AppealCounts(waiting=1, upheld=2, overturned=1),
            estimate=estimate,
        )
    )
    assert "1. R1 Unmarked spoiler · Spoilers: agreed with 3 of 4 · appeals: 1, reversed: 1" in said
    assert "2. R2 Unmarked spoiler · Spoilers: nothing decided · open: 2" in said
    assert "**Closing:** 4 cases closed, half of them within 3 hours." in said
    assert "**Appeals:** 4 · decisions reversed: 1 of 3 · waiting: 1" in said
    assert "probably 0.4% to 12.9% of all quiet messages do: 22 to 644 of about 5,000 a week" in said


@pytest.mark.parametrize(
    ("confirmed", "dismissed", "words"),
    [
        (41, 9, "agreed with 41 of 50; likely between 69 and 91 % · open: 2"),
        (20, 0, "agreed with 20 of 20; likely between 83 and 100 % · open: 2"),
        (0, 20, "agreed with 0 of 20; likely between 0 and 17 % · open: 2"),
        (19, 0, "agreed with 19 of 19 · open: 2"),
        (9_000, 0, "agreed with 9,000 of 9,000; likely between 99.96 and 100 % · open: 2"),
    ],
)
def test_agreement_says_where_the_truth_lies(confirmed: int, dismissed: int, words: str) -> None:
    """From twenty decisions on; the more there are, the closer the bounds."""
    said = stats_text(stats(rule(confirmed=confirmed, dismissed=dismissed, open=2)))
    assert words in said


def test_little_that_can_be_said() -> None:
    """Nothing closed, too few answers."""
    estimate = Estimate(answered=1, violations=0, quiet_a_week=10, share=0, low=0, high=0.8)
    said = stats_text(stats(closed=0, median_to_close=None, estimate=estimate, appeals=AppealCounts(waiting=1)))
    assert "no case was closed" in said
    assert "**Appeals:** 1 · waiting: 1" in said
    assert "of 1 quiet message that moderators looked at, 0 broke a rule. That is too few" in said


def test_within_the_limits_whatever_rules_are_called() -> None:
    """The longest names, many rules, and scripts that the picture's font does not know."""
    long = [
        rule(rule_id=f"R{number}*_~規則", title="*" * 300, policy_name="_" * 50, open=10**6, appeals=999, overturned=99)
        for number in range(30)
    ]
    assert units(stats_text(stats(*long))) <= 3_000
    with Image.open(io.BytesIO(plot(long))) as picture:
        assert (picture.format, picture.size) == ("PNG", (720, 16 + 12 * 34 + 4))


def test_a_picture_of_small_numbers() -> None:
    """A bar of one case can be seen, and rules without cases do no harm."""
    with Image.open(io.BytesIO(plot([rule(confirmed=100_000), rule(confirmed=0, dismissed=1)]))) as picture:
        colours = {colour for _, colour in picture.getcolors(100_000) or ()}
    assert (0xF5, 0x9F, 0x00) in colours


def test_what_the_colours_mean_is_said_in_words() -> None:
    """The picture has no word in it: it is the same in every language. Without a picture nothing is said."""
    shown = [rule(confirmed=1), rule(dismissed=2)]
    assert "🟦 violation · 🟧 not a violation · ⬜ open · 🟩 mended" in stats_text(stats(*shown))
    assert "🟦" not in stats_text(stats())
    with speaking(Language.GERMAN):
        assert "🟦 Verstoß · 🟧 kein Verstoß · ⬜ offen · 🟩 selbst behoben" in stats_text(stats(*shown))
        german = plot(shown)
    assert german == plot(shown)


@pytest.mark.parametrize(
    ("text", "end", "found"),
    [
        ("2026-11-02", False, datetime(2026, 11, 2, tzinfo=UTC)),
        (" 2026-11-02 ", True, datetime(2026, 11, 3, tzinfo=UTC)),
        ("0d", False, datetime(2026, 11, 21, tzinfo=UTC)),
        ("30 D", False, datetime(2026, 10, 22, tzinfo=UTC)),
        ("0d", True, datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_days(text: str, end: bool, found: datetime) -> None:
    """A date, or this many days ago, of UTC."""
    assert day(text, NOW, end=end) == found


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "30", "-1d", "99999999d", "12/24/2026", "9999-12-31"])
def test_what_is_no_day(text: str) -> None:
    """Is refused."""
    with pytest.raises(BadDay):
        day(text, NOW, end=True)
