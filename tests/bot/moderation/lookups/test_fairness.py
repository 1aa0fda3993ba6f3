"""Groups of members beside each other, as counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.cogs.lookups.numbers.stats_page import comparison_text
from bot.moderation.lookups.numbers.fairness import LEAST, NEWCOMERS, CaseOutcome, compare

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def made_at(moment: datetime) -> int:
    """The id of an account that was made then."""
    return (int(moment.timestamp() * 1_000) - 1_420_070_400_000) << 22


def outcome(*, new: bool, dismissed: bool = False, language: str | None = None, hours: float | None = 1) -> CaseOutcome:
    """A case of a newcomer or a regular."""
    return CaseOutcome(
        author_id=made_at(NOW - timedelta(days=3 if new else 400)),
        posted_at=NOW,
        opened_at=NOW,
        decided_at=None if hours is None else NOW + timedelta(hours=hours),
        dismissed=dismissed,
        overturned=False,
        language=language,
    )


def test_few_cases_say_nothing() -> None:
    """On either side; cases that nobody decided do not count."""
    regulars = [outcome(new=False) for _ in range(100)]
    newcomers = [outcome(new=True) for _ in range(LEAST - 1)]
    assert compare([*regulars, *newcomers]) == ()
    assert compare([*regulars, *newcomers, outcome(new=True, hours=None)]) == ()
    assert len(compare([*regulars, *newcomers, outcome(new=True)])) == 1
    assert compare([]) == ()


def test_newcomers_that_are_flagged_wrongly() -> None:
    """The words say that it is more than chance, and how long each side waits."""
    newcomers = [outcome(new=True, dismissed=number < 30, hours=48) for number in range(40)]
    regulars = [outcome(new=False, dismissed=number < 4) for number in range(40)]
    (found,) = compare([*newcomers, *regulars])
    assert (found.group, found.inside.dismissed, found.outside.dismissed) == (NEWCOMERS, 30, 4)
    assert found.differs
    said = comparison_text(found)
    assert "dismissed 30 of 40" in said
    assert "more than chance" in said
    assert "within 2 days · 1 hour" in said


def test_no_difference_is_said_as_such() -> None:
    """Equal shares of a few dozen cases prove nothing."""
    (found,) = compare([outcome(new=new, dismissed=number % 2 == 0) for new in (True, False) for number in range(30)])
    assert not found.differs
    assert "chance can explain" in comparison_text(found)


def test_languages_are_compared_with_the_others() -> None:
    """Messages whose language nobody can tell are on neither side."""
    spanish = [outcome(new=False, language="Spanish", dismissed=True) for _ in range(25)]
    english = [outcome(new=False, language="English") for _ in range(25)]
    unknown = [outcome(new=False) for _ in range(50)]
    found = {each.group: each for each in compare([*spanish, *english, *unknown])}
    assert set(found) == {"Spanish", "English"}
    assert found["Spanish"].outside.cases == 25
    assert found["Spanish"].differs


def test_an_account_is_new_for_thirty_days() -> None:
    """By when it was made and when it posted."""
    young, old = (made_at(NOW - timedelta(days=days)) for days in (29, 31))
    assert [
        CaseOutcome(
            author_id=author, posted_at=NOW, opened_at=NOW, decided_at=None, dismissed=False, overturned=False
        ).by_newcomer
        for author in (young, old)
    ] == [True, False]
