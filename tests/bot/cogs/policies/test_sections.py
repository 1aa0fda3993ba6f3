"""Long policies in sections, and a server's rules as a first draft: pure, whatever is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.interactions.quoting import units
from bot.cogs.policies.sections import MENUS, find_section, section_menus, sections_of, with_section
from bot.cogs.policies.sources.rules_channel import policy_of_rules
from guild_policies import templates
from guild_policies.text.grammar import clean
from guild_policies.text.parse import parse

LINES = st.sampled_from(
    ["# T", "## Rules", "### R1 One", "### R2 Two", "## Notes", "Breaks it: x", "", "  ", "text", "```", "#### x", "😀"]
)
TEXTS = st.one_of(st.text(), st.lists(LINES).map("\n".join))


@given(TEXTS)
def test_the_parts_are_the_text(text: str) -> None:
    """Put together again nothing is lost and nothing is added."""
    assert "\n".join(section.text for section in sections_of(text)) == clean(text)


@given(TEXTS, st.data())
def test_a_part_that_is_sent_off_unchanged_changes_nothing(text: str, data: st.DataObject) -> None:
    """What Discord's form cuts off, the blank lines behind a section, is put back."""
    section = data.draw(st.sampled_from(sections_of(text)))
    assert find_section(text, section.key) == section
    if section.text.strip():
        assert with_section(text, section, section.text.rstrip("\n")) == clean(text)


@given(TEXTS)
def test_menus_stay_within_the_limits(text: str) -> None:
    """Labels, values and options are counted, and the keys are unique."""
    menus = [menu.to_component_dict() for menu in section_menus(10**18, text * 40)]
    assert len(menus) <= MENUS
    options = [option for menu in menus for option in menu["options"]]
    assert len({option["value"] for option in options}) == len(options)
    for option in options:
        assert 1 <= units(option["label"]) <= 100
        assert len(option["value"]) <= 40
    assert all(len(menu["options"]) <= 25 and units(menu["placeholder"]) <= 150 for menu in menus)


@pytest.mark.parametrize("name", templates.names())
def test_each_rule_of_a_template_is_a_section(name: str) -> None:
    """So that an admin finds it in the menu by its id."""
    text = templates.load(name)
    titles = [section.title for section in sections_of(text)]
    for rule in parse(text).policy.rules:
        assert f"{rule.id} {rule.title}" in titles


def test_a_part_is_found_where_others_came_before_it() -> None:
    """By its heading; where there are two of that name, only in its old place."""
    section = sections_of("# T\n## Rules\n### R1 One\na")[2]
    moved = find_section("# T\n## New\n## Rules\n### R1 One\na", section.key)
    assert moved is not None
    assert moved.text == "### R1 One\na"
    assert find_section("# T\n## New\n## Rules\n### R1 One\na\n### R1 One\nb", section.key) is None
    assert find_section("# T", section.key) is None


@pytest.mark.parametrize(
    ("texts", "titles"),
    [
        (["1. Be kind.\n2. No spam."], ["Be kind", "No spam"]),
        (["# Rules", "- Be kind\nalways", "* No spam"], ["Be kind always", "No spam"]),
        (["Be kind.\n\nNo spam: none at all."], ["Be kind", "No spam"]),
        (["Welcome!\n1) Be kind\n2) No spam"], ["Be kind", "No spam"]),
        (["Rule 1: Be kind\nRule 2: No spam"], ["Be kind", "No spam"]),
        (
            ["**Be kind** to <@123456789012345678>\n\n__No spam__ in <#123456789012345678>"],
            ["Be kind to", "No spam in"],
        ),
        (["", "  \n"], []),
    ],
)
def test_rules_of_a_server(texts: list[str], titles: list[str]) -> None:
    """Points where there is a list, paragraphs where there is none; without Discord's markup."""
    text = policy_of_rules("House", texts)
    assert [rule.title for rule in parse(text).policy.rules] == titles
    assert bool(text) == bool(titles)


@given(st.lists(st.text(), max_size=5))
def test_rules_whatever_they_say(texts: list[str]) -> None:
    """Every point becomes a rule with an id of its own."""
    rules = parse(policy_of_rules("House", texts)).policy.rules
    ids = [rule.id for rule in rules]
    assert len(set(ids)) == len(ids)
