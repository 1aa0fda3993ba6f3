"""What changed between two policies."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LabelledExample
from guild_policies.diff import OUR_WORDS, ChangeKind, diff, show_diff
from guild_policies.policy import Consequence, ConsequenceKind, Policy, Rule, Severity

SPAM = Rule(id="R1", title="Spam", breaks_it="adverts")
HATE = Rule(id="R2", title="Hate", breaks_it="slurs")
POLICY = Policy(title="Club", rules=(SPAM, HATE), guidance=(("Mood", "kind"), ("Tone", "calm")))


def shown(new: Policy, old: Policy = POLICY) -> list[str]:
    """The lines of the diff."""
    return show_diff(diff(old, new)).split("\n")


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_only_equal_policies_have_no_changes(policies: st.SearchStrategy[Policy], data: st.DataObject) -> None:
    """Whatever differs is told, and what is equal is not."""
    old, new = data.draw(policies), data.draw(policies)
    assert diff(old, old) == ()
    assert (diff(old, new) == ()) == (old == new)
    show_diff(diff(old, new))


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_small_changes_are_told(policies: st.SearchStrategy[Policy], data: st.DataObject) -> None:
    """Leaving out, repeating or reordering one thing is a change, too."""
    old = data.draw(policies)
    rules = data.draw(st.permutations(old.rules + old.rules[:1]))
    guidance = data.draw(st.permutations(old.guidance))
    new = replace(old, rules=tuple(rules[: data.draw(st.integers(0, len(rules)))]), guidance=tuple(guidance))
    assert (diff(old, new) == ()) == (old == new)


def test_a_changed_rule_names_its_fields() -> None:
    """Field names, before and after."""
    (change,) = diff(POLICY, replace(POLICY, rules=(replace(SPAM, title="Adverts", severity=Severity.HIGH), HATE)))
    assert (change.part, change.kind) == ("R1 Adverts", ChangeKind.CHANGED)
    assert [(field.name, field.before, field.after) for field in change.fields] == [
        ("title", ("Spam",), ("Adverts",)),
        ("Severity", ("medium",), ("high",)),
    ]


def test_every_kind_of_change_is_shown_in_short_lines() -> None:
    """Added, removed, moved, reworded: each reads on a phone."""
    long = "adverts for other servers, for shops and for channels, wherever in this server they are posted"
    new = Policy(
        title="Chess club",
        definitions=("Advert: x",),
        rules=(replace(HATE, examples=(LabelledExample(text="a\nb", violates=True),)), replace(SPAM, breaks_it=long)),
        guidance=(("Tone", "calm\nwarm"),),
    )
    lines = shown(new)
    assert lines == [
        "title: changed",
        "  Club → Chess club",
        "Definitions: added",
        "+ Advert: x",
        "R2 Hate: changed",
        "+ Examples: violates: a ⏎ b",
        "R1 Spam: changed",
        "- Breaks it: adverts",
        "+ Breaks it: adverts for other servers, for",
        "    shops and for channels, wherever in this",
        "    server they are posted",
        "rules: moved",
        "- order: R1 Spam, R2 Hate",
        "+ order: R2 Hate, R1 Spam",
        "Tone: changed",
        "+ text: warm",
        "Mood: removed",
        "- text: kind",
    ]
    assert all(len(line) <= 50 for line in lines)


def test_an_added_and_a_removed_rule_are_shown_whole() -> None:
    """With every field that it has, but its title once only."""
    added = shown(replace(POLICY, rules=(SPAM,)), replace(POLICY, rules=()))
    removed = shown(replace(POLICY, rules=()), replace(POLICY, rules=(SPAM,)))
    fields = ["Severity: medium", "Looks at: messages", "Consequence: flag", "Breaks it: adverts"]
    assert added == ["R1 Spam: added", *(f"+ {line}" for line in fields)]
    assert removed == ["R1 Spam: removed", *(f"- {line}" for line in fields)]


def test_a_small_change_in_a_long_line_shows_its_surroundings() -> None:
    """Nobody has to look for the one word in two long lines."""
    start, end = "a sentence that goes on for quite a while until ", " comes, and that then goes on for some time more"
    old, new = replace(POLICY, purpose=f"{start}this{end}"), replace(POLICY, purpose=f"{start}that{end}")
    assert shown(new, old) == [
        "purpose: changed",
        "- …ite a while until this comes, and that the…",
        "+ …ite a while until that comes, and that the…",
    ]


def test_lines_in_another_order_are_shown_as_such() -> None:
    """The same examples in another order are a change that can be seen."""
    examples = tuple(LabelledExample(text=text, violates=True) for text in "ab")
    old = replace(POLICY, rules=(replace(SPAM, examples=examples),))
    new = replace(POLICY, rules=(replace(SPAM, examples=examples[::-1]),))
    assert shown(new, old) == [
        "R1 Spam: changed",
        "- Examples: violates: a, violates: b",
        "+ Examples: violates: b, violates: a",
    ]


def test_lengths_that_cannot_be_written_differ_all_the_same() -> None:
    """A timeout of 90 seconds is not one of 60."""
    rules = [
        replace(SPAM, consequence=Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(seconds=seconds)))
        for seconds in (60, 90)
    ]
    assert len(diff(replace(POLICY, rules=(rules[0],)), replace(POLICY, rules=(rules[1],)))) == 1


@pytest.mark.parametrize(("old", "new", "kind"), [("", "x", "added"), ("x", "", "removed"), ("x", "y", "changed")])
def test_sections_come_and_go(old: str, new: str, kind: str) -> None:
    """A section that was empty is added, not changed."""
    (change,) = diff(replace(POLICY, when_unclear=old), replace(POLICY, when_unclear=new))
    assert (change.part, change.kind) == ("When it is unclear", kind)


def test_parts_without_names_are_called_something() -> None:
    """A rule without id and title, a section without a heading."""
    new = replace(POLICY, rules=(SPAM, HATE, Rule(id="", title="")), guidance=(*POLICY.guidance, ("", "x")))
    assert [change.part for change in diff(POLICY, new)] == ["a rule without a name", "a section without a name"]


def test_nothing_changed_is_said() -> None:
    """An empty diff is shown as a sentence."""
    assert shown(POLICY) == ["No changes."]


def test_hostile_text_is_made_visible() -> None:
    """Escape sequences never reach the terminal."""
    assert "\x1b" not in show_diff(diff(POLICY, replace(POLICY, title="\x1b[2J")))


def test_our_own_words_can_be_translated() -> None:
    """The policy's words and those by which its lines begin stay, whatever the translation is."""
    new = replace(
        POLICY,
        title="added",
        rules=(HATE, replace(SPAM, notes="changed"), Rule(id="", title="")),
        guidance=(*POLICY.guidance, ("", "x")),
    )
    plain, said = show_diff(diff(POLICY, new)), show_diff(diff(POLICY, new), lambda word: f"<{word}>")
    assert re.sub("[<>]", "", said).split() == plain.split()
    found = (
        "title", "changed", "added", "rules", "moved", "order", "notes", "text", "a rule without a name",
        "a section without a name",
    )  # fmt: skip
    assert {word for word in OUR_WORDS if f"<{word}>" in said} == set(found)
    assert "<R1" not in said
    assert show_diff((), str.upper) == "NO CHANGES."
