"""What is read from the form behind Act…, whatever somebody sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.cogs.interactions.submitted_forms import BadForm, SubmittedForm
from bot.cogs.review.act_form import LENGTHS, ActForm, Choice, read_act_form, read_length

IDS = {"guild": "1", "number": "12"}


def test_a_form_is_read() -> None:
    """Without a length it is the usual one, without a reason the reason is empty."""
    form = read_act_form(SubmittedForm(ids=IDS, values={"what": "ban"}))
    assert form == ActForm(guild_id=1, number=12, choice=Choice.BAN, length=timedelta(hours=1), reason="")


@pytest.mark.parametrize(("chosen", "replaces"), [("", None), ("keep", None), ("replace:1790000000", 1_790_000_000)])
def test_what_becomes_of_the_timeout_in_force(chosen: str, replaces: int | None) -> None:
    """It stays, unless the moderator chose to replace the very one that the form showed."""
    form = read_act_form(SubmittedForm(ids=IDS, values={"what": "timeout", "running": chosen}))
    assert form.may_replace == (None if replaces is None else datetime.fromtimestamp(replaces, tz=UTC))


@pytest.mark.parametrize(
    "forged", ["replace:", "replace:x", "replace:-5", "replace:٣", f"replace:{'9' * 12}", "yes", "1"]
)
def test_a_forged_answer_about_it_is_refused(forged: str) -> None:
    """It never counts as a yes."""
    with pytest.raises(BadForm):
        read_act_form(SubmittedForm(ids=IDS, values={"what": "timeout", "running": forged}))


@pytest.mark.parametrize("values", [{}, {"what": "promote"}, {"what": ""}, {"reason": "ban"}])
def test_a_choice_that_is_not_offered_is_refused(values: dict[str, str]) -> None:
    """Or none at all."""
    with pytest.raises(BadForm):
        read_act_form(SubmittedForm(ids=IDS, values=values))


@pytest.mark.parametrize("length", ["x", "", "-300", "٣٠٠", "300.0", "1", "9" * 5_000])
def test_a_length_that_is_not_in_the_menu_is_refused(length: str) -> None:
    """It is never taken for another length."""
    with pytest.raises(BadForm):
        read_length(SubmittedForm(ids=IDS, values={"length": length}))


@pytest.mark.parametrize("seconds", LENGTHS)
def test_every_length_of_the_menu_is_read(seconds: int) -> None:
    """In seconds."""
    sent = SubmittedForm(ids=IDS, values={"length": str(seconds)})
    assert read_length(sent) == timedelta(seconds=seconds)
