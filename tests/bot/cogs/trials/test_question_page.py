"""What the five questions say about those that nobody can answer."""

from __future__ import annotations

from datetime import date

import pytest

from bot.cogs.trials.question_page import announcement, question_page
from bot.moderation.trials.question import Question, QuestionAnswer, QuestionWeek


def week_of(*rules: tuple[str, QuestionAnswer | None]) -> QuestionWeek:
    """A week with a question about each rule, answered or not."""
    questions = [
        Question(id=place, guild_id=1, policy_id=3, place=place, text="x", rule_id=rule_id, found=(), answer=answer)
        for place, (rule_id, answer) in enumerate(rules, start=1)
    ]
    return QuestionWeek(
        guild_id=1,
        week=date(2026, 1, 26),
        policy_id=3,
        policy_name="Spoilers",
        version_number=2,
        questions=tuple(questions),
    )


@pytest.mark.parametrize(
    ("closed", "line"),
    [
        (("R1",), "-# Question 1 is closed: rule R1 is no longer in force."),
        (("**R1**",), r"-# Question 1 is closed: rule \*\*R1\*\* is no longer in force."),
        (("R1", "R2"), "-# Questions 1 and 2 are closed: their rules are no longer in force."),
    ],
)
def test_one_line_says_what_is_closed(closed: tuple[str, ...], line: str) -> None:
    """In the post, and above the next question that is open."""
    week = week_of(*((each, QuestionAnswer.CLOSED) for each in closed), ("R3", None), ("R3", QuestionAnswer.SKIPPED))
    assert line in announcement(week).text.splitlines()
    page = question_page(week, None)
    assert page.text.splitlines()[0] == line
    assert f"**Question {len(closed) + 1} of {len(closed) + 2}**" in page.text
    assert len(page.buttons) == 3


def test_nothing_is_said_to_be_closed_where_all_was_answered() -> None:
    """Nor in a week that is open."""
    done = week_of(("R1", QuestionAnswer.FINE), ("R2", QuestionAnswer.SKIPPED))
    assert question_page(done, None).text == "All questions of this week are answered. Thank you."
    assert "closed" not in announcement(done).text
    assert "closed" not in question_page(week_of(("R1", None)), None).text
