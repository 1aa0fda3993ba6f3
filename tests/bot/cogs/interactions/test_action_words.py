"""Actions in plain words: on the card, and to whoever acted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.cogs.cards.card import render_card
from bot.cogs.interactions.action_words import can_be_undone, capitalised, line, shortened
from bot.cogs.review import act_replies
from bot.languages.translation import length as span
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.cases.case import Case
from bot.moderation.review.actions import Acted, ActedBefore


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(days=28), "28 days"),
        (timedelta(seconds=61), "61 seconds"),
    ],
)
def test_a_length_is_told_in_its_largest_whole_unit(length: timedelta, words: str) -> None:
    """As somebody would say it."""
    assert span(length) == words


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (ActionState.DONE, "✅ Timed the member out for 1 hour, by <@5>"),
        (ActionState.UNDONE, "undone"),
        (ActionState.REFUSED, "❌ Timeout of 1 hour: not done"),
        (ActionState.PENDING, "⏳ Timeout of 1 hour: under way"),
        (ActionState.UNCERTAIN, "nobody knows whether it was done"),
        (
            ActionState.REHEARSED,
            "Bylaw would have done this: timed the member out for 1 hour",
        ),
    ],
)
def test_every_state_has_words(action_factory: Callable[..., Action], state: ActionState, says: str) -> None:
    """With the reason, and what Discord said, behind them."""
    said = line(action_factory(state=state, why="Look in Discord."), 100)
    assert says in said
    assert "Reason: spoilers again" in said
    assert said.endswith("Look in Discord.")


@pytest.mark.parametrize(
    ("text", "said"), [("timed out", "Timed out"), ("« exclu »", "« Exclu »"), ("ärgert", "Ärgert"), ("禁止", "禁止")]
)
def test_a_line_begins_with_a_capital(text: str, said: str) -> None:
    """Its first letter is one, in languages that have capitals, also behind a quotation mark."""
    assert capitalised(text) == said


def test_what_bylaw_does_by_itself_is_said_so(action_factory: Callable[..., Action]) -> None:
    """And a reason that a member could have caused is shown as text."""
    said = line(action_factory(by=None, kind=ActionKind.DELETE, reason="**rule** R1"), 100)
    assert "Deleted the message, by Bylaw itself" in said
    assert r"\*\*rule\*\* R1" in said


@pytest.mark.parametrize("kind", ActionKind)
def test_every_kind_has_words(
    action_factory: Callable[..., Action], case_factory: Callable[..., Case], kind: ActionKind
) -> None:
    """On the card and in each answer to the moderator."""
    for state in ActionState:
        action = action_factory(kind=kind, state=state)
        assert line(action, 50)
        assert act_replies.of(Acted(case=case_factory(), action=action)).text
        assert act_replies.of(ActedBefore(case=case_factory(), action=action)).text


def test_somebody_who_was_faster(action_factory: Callable[..., Action], case_factory: Callable[..., Case]) -> None:
    """Another moderator or Bylaw itself, done or under way."""
    pending = action_factory(state=ActionState.PENDING, kind=ActionKind.BAN)
    assert "<@5> is doing this" in act_replies.of(ActedBefore(case=case_factory(), action=pending)).text
    by_itself = action_factory(by=None)
    said = act_replies.of(ActedBefore(case=case_factory(), action=by_itself)).text
    assert "Bylaw itself was first" in said
    assert "For another length" in said


def test_what_can_be_undone_has_a_button(
    face_factory: Callable[..., CardFace], action_factory: Callable[..., Action]
) -> None:
    """The newest timeout and the newest ban, also where nobody knows whether it worked; nothing else. A timeout can be
    changed, too."""
    actions = (
        action_factory(id=1, state=ActionState.UNDONE),
        action_factory(id=2),
        action_factory(id=3, kind=ActionKind.BAN, state=ActionState.UNCERTAIN),
        action_factory(id=4, kind=ActionKind.KICK),
        action_factory(id=5, kind=ActionKind.DELETE),
    )
    assert [action.id for action in actions if can_be_undone(action)] == [2, 3]
    (container,) = render_card(face_factory(actions=actions)).to_components()
    rows = [part["components"] for part in container["components"] if part["type"] == 1]
    assert [len(row) for row in rows] == [5, 3]
    assert [button["label"] for button in rows[1]] == ["Undo timeout", "Change timeout…", "Undo ban"]


@pytest.mark.parametrize("limit", [30, 40, 70, 150])
def test_until_when_something_lasts_is_never_cut_off(limit: int) -> None:
    """However little room there is."""
    why = "Somebody else set the timeout in force, until <t:1796000997:f>; it was not set by this action, so it stays."
    said = shortened(why, limit)
    assert "<t:1796000997:f>" in said
    assert len(said) <= limit
    assert said.startswith("Somebody")


def test_the_end_of_a_timeout_says_what_is_left(action_factory: Callable[..., Action]) -> None:
    """Beside the button, and to the moderator."""
    until = datetime(2026, 11, 21, 12, tzinfo=UTC)
    ended = action_factory(kind=ActionKind.REMOVE_TIMEOUT, undoes=1, until=until)
    assert f"Ended the timeout, which leaves one until <t:{int(until.timestamp())}:f>" in line(ended, 30)


def test_a_long_reason_loses_whole_sentences_and_keeps_the_advice(action_factory: Callable[..., Action]) -> None:
    """What to do comes last. No sentence breaks off, and a text that was cut has no full stop behind it."""
    first, second, advice = "The role is too low.", "Discord says so, and it is right.", "Move the role up."
    why = f"{first} {second} {advice}"
    assert shortened(why, len(why)) == why
    assert shortened(why, len(why) - 1) == f"{first} {advice}"
    assert shortened(why, len(first) + 5) == first
    assert shortened(why, 12) == "The role is…"
    assert line(action_factory(state=ActionState.REFUSED, why=why), 12).endswith("The role is…")
    assert line(action_factory(state=ActionState.REFUSED, why=why), 12, why_limit=60).endswith(f"{first} {advice}")


def test_until_when_something_lasts_is_kept_with_the_advice() -> None:
    """What lies between is left out first."""
    why = "Case 2 did it. It lasts until <t:1796000997:f>. That is long. Decide case 2 first."
    assert shortened(why, 70) == "Case 2 did it. It lasts until <t:1796000997:f>. Decide case 2 first."
    assert shortened(why, 50) == "Case 2 did it. It lasts until <t:1796000997:f>."
