"""The forms in which policies are written: what their ids say, and what is read from them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bot.cogs.interactions.forms import TEXT
from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.submitted_forms import BadForm, SubmittedForm
from bot.cogs.policies.editor import (
    EDIT_FORM,
    NEW_FORM,
    SECTION_FORM,
    EditedPolicy,
    edited,
    fits,
    form_for_edit,
    form_for_new,
    form_for_section,
    skeleton,
)
from bot.cogs.policies.sections import sections_of
from guild_policies.lint import lint
from guild_policies.versions import StoredPolicy

BIG = 2**63 - 1
POLICY = StoredPolicy(
    id=BIG, guild_id=1, name="Spoilers", published=None, draft=None, created_at=datetime(2026, 11, 21, tzinfo=UTC)
)


def read(template: str, custom_id: str) -> SubmittedForm:
    """A form with this id and the text T, as it comes back."""
    match = re.fullmatch(template, custom_id, re.DOTALL)
    assert match
    return SubmittedForm(ids=match.groupdict(), values={TEXT: "T"})


async def test_forms_are_not_kept_in_memory() -> None:
    """discord.py keeps a form that is not finished; one that is never sent off would stay forever."""
    form = form_for_new("Spoilers", skeleton("Spoilers"))
    assert form.is_finished()
    assert units(form_for_new("👩" * 25, "x").custom_id) <= 100
    assert units(form_for_new("x" * 50, "x").title) <= 45


@pytest.mark.parametrize("name", ["Spoilers", "a:b", "x" * 50, "two\nlines"])
async def test_a_new_policy_keeps_its_name_in_the_id(name: str) -> None:
    """Whatever characters it has."""
    assert read(NEW_FORM, form_for_new(name, "x").custom_id).ids == {"name": name}


async def test_the_form_of_a_policy_says_what_its_author_started_from() -> None:
    """Neither a draft nor a version stands as 0, and the largest ids fit."""
    custom_id = form_for_edit(POLICY).custom_id
    assert edited(read(EDIT_FORM, custom_id)) == EditedPolicy(
        policy_id=BIG, seen_revision=None, seen_number=None, text="T"
    )
    assert edited(read(EDIT_FORM, "bylaw:edit:3:2:1")) == EditedPolicy(
        policy_id=3, seen_revision=2, seen_number=1, text="T"
    )
    assert len(f"bylaw:edit:{BIG}:{BIG}:{BIG}") <= 100


async def test_the_form_of_a_section_names_the_section() -> None:
    """By its key."""
    rule = sections_of(skeleton("Spoilers"))[-1]
    found = edited(read(SECTION_FORM, form_for_section(POLICY, rule).custom_id))
    assert (found.policy_id, found.section) == (BIG, rule.key)


@pytest.mark.parametrize("custom_id", ["bylaw:edit:3:x:0", "bylaw:edit:3:-1:0", "bylaw:edit:٣:1:0", "bylaw:edit:3:1"])
def test_an_id_without_numbers_is_not_read(custom_id: str) -> None:
    """No letters, signs or digits of other scripts."""
    assert re.fullmatch(EDIT_FORM, custom_id) is None


def test_a_number_bigger_than_any_id_is_refused() -> None:
    """The database could not look for it."""
    with pytest.raises(BadForm):
        edited(read(EDIT_FORM, f"bylaw:edit:{BIG + 1}:1:1"))


def test_the_text_to_begin_with_can_be_judged_and_fits() -> None:
    """An admin who changes nothing is not refused for the form's sake."""
    text = skeleton("x" * 50)
    assert fits(text)
    assert not any(finding.blocking for finding in lint(text))
