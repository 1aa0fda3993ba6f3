"""Policies as others write them: the shapes of published guides and packs, in words of our own.

``dialects/*.md`` are policies, the ``.txt`` beside each is what was understood. After a change run
``BYLAW_WRITE_SNAPSHOTS=1 pytest tests/guild_policies/text/test_dialects.py`` and read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guild_policies.compile import compile_policy
from guild_policies.lint import lint
from guild_policies.policy import Policy, Rule, Severity
from guild_policies.text.parse import Parsed, parse
from guild_policies.text.render import render

FOLDER = Path(__file__).parent / "dialects"
CASES = sorted(FOLDER.glob("*.md"))


def read(name: str) -> Parsed:
    """One of the policies, read."""
    return parse((FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def examples(rule: Rule, *, violates: bool) -> set[str]:
    """The texts of a rule's examples on one side."""
    return {each.text for each in rule.examples if each.violates is violates}


def words_of(text: str) -> list[str]:
    """The longer words of a text."""
    return re.findall(r"\w{4,}", text.casefold())


#: What says which side an example is on, or that a text follows. It is understood, so it stays no text.
LABELS = set(
    words_of(
        "violates violation violating not allowed content answer input output user label example verstoß erlaubt goal"
        " interdit autorisé false"
    )
)
#: Lines that are a tag around the whole, the names of a table's columns, or a label in JSON: understood, so no text.
NAMES_OF_COLUMNS = {
    "tables": (3, 11, 17),
    "two_columns": (3,),
    "nested": (23,),
    "tables_in_sections": (9,),
    "table_of_codes": (3,),
    "tags_and_json": (1, 8, 10, 11, 12),
    "spam_codes": (31,),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_is_understood(case: Path) -> None:
    """Each policy is read as its snapshot shows: rules, what they allow, examples, guidance, what is left out."""
    parsed = parse(case.read_text(encoding="utf-8"))
    left_out = "".join(f"line {number}: {text}\n" for number, text in parsed.left_out)
    understood = f"{render(parsed.policy)}\n--- left out\n{left_out}"
    expected = case.with_suffix(".txt")
    if os.environ.get("BYLAW_WRITE_SNAPSHOTS") == "1":
        expected.write_text(understood, encoding="utf-8")
    assert understood == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_no_word_is_lost(case: Path) -> None:
    """Whatever is written is in the policy, or is named as left out; but for headings that only announce a part."""
    parsed = parse(case.read_text(encoding="utf-8"))
    kept = set(words_of(render(parsed.policy) + " ".join(text for _, text in parsed.left_out)))
    for line in parsed.lines:
        if line.role not in ("section", "rule") and line.number not in NAMES_OF_COLUMNS.get(case.stem, ()):
            assert set(words_of(line.raw)) - LABELS <= kept, line.raw


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_rewritten_policy_reads_the_same(case: Path) -> None:
    """What is saved after an import means what was shown, for people and for judges."""
    parsed = parse(case.read_text(encoding="utf-8"))
    again = parse(render(parsed.policy))
    assert again.policy == parsed.policy
    assert not again.dialect
    assert compile_policy(again.policy).fingerprint == compile_policy(parsed.policy).fingerprint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_nothing_that_is_allowed_breaks_a_rule(case: Path) -> None:
    """No example has both labels, and no line of what is allowed is in what breaks a rule."""
    parsed = parse(case.read_text(encoding="utf-8"))
    for rule in parsed.policy.rules:
        assert not examples(rule, violates=True) & examples(rule, violates=False)
        assert rule.breaks_it or examples(rule, violates=True)
        shared = {line for line in rule.does_not.split("\n") if len(line) > 4} & set(rule.breaks_it.split("\n"))
        assert shared == set()


def test_the_skeleton_of_the_makers_guide() -> None:
    """One rule with both sides and labelled examples; the demand on the answer's form is left out."""
    (rule,) = read("guide_skeleton").policy.rules
    assert rule.title == "Ticket resale"
    assert rule.breaks_it.startswith("- Offers a ticket")
    assert rule.does_not.startswith("- Gives a ticket away")
    assert examples(rule, violates=True) == {
        "two for saturday, triple what i paid",
        "dm me for the price of the front row",
        "last pair, highest bid wins",
    }
    assert len(examples(rule, violates=False)) == 2
    left_out = [text for _, text in read("guide_skeleton").left_out]
    assert left_out == ["Return exactly one character: 0 or 1, no punctuation.", "Content: [INPUT]", "Answer (0 or 1):"]


def test_codes_with_a_severity() -> None:
    """Each class is a rule under its code; what code 0 allows is told once, and no rule claims it."""
    policy = read("spam_codes").policy
    assert [(rule.title, rule.severity) for rule in policy.rules] == [
        ("Likely Advert (AD2 – medium confidence)", Severity.MEDIUM),
        ("High-Risk Advert (AD3 – fraud)", Severity.HIGH),
    ]
    assert examples(policy.rules[0], violates=True) == {"have a look at cups.example", "cheap cups, today only"}
    assert "you won, send the fee" in examples(policy.rules[1], violates=True)
    assert "is this shop real?" in examples(policy.rules[0], violates=False)
    assert all("AD0" in rule.does_not for rule in policy.rules)
    assert "classify as AD3" in policy.when_unclear


def test_categories_in_pairs() -> None:
    """What is safe belongs to the category of the same name, and an example to those that its label names."""
    insult, threat = read("category_pairs").policy.rules
    assert (insult.title, insult.does_not) == ("I (Insult)", "- teasing oneself")
    assert (threat.title, threat.does_not) == ("T (Threat)", "- lines of a film")
    assert examples(insult, violates=True) == {"you have the brain of a spoon"}
    assert examples(threat, violates=True) == {"i will find your house"}


def test_rows_of_tables() -> None:
    """A row is a rule, something allowed, a definition or an example; a row without a clear label stays guidance."""
    policy = read("tables").policy
    assert [rule.title for rule in policy.rules] == ["MC1 Price gouging", "MC2 Fake goods"]
    assert examples(policy.rules[1], violates=True) == {
        "looks real, nobody will notice",
        "same quality, half the price, no box",
    }
    assert policy.definitions == ("Copy: made by somebody else than the maker",)
    guidance = dict(policy.guidance)
    assert "| maybe | unclear |" in guidance["Test cases"]
    assert "| Monday | low |" in guidance["Weather"]


@pytest.mark.parametrize(
    "text",
    [
        "No spoilers, please.\nUse tags.",
        "# Club\n## Spam\nno adverts\n## Hate\nnone",
        "# Violations\nThe first one is a warning, the second a ban.",
        "# Our values\n## Safety\nWe want to be a safe place.\n## Goals\nFun.",
        "## Definitions\n- Spam: adverts\n\nno spam",
        "Allowed: everything\nnot much else",
        "Spoilers\n\nNot allowed:\nthe end\n\nAllowed:\nopinions\nDoes not: tags",
    ],
)
def test_plain_rules_stay_guidance(text: str) -> None:
    """A word like *safe* or *violation* in a heading makes no rule."""
    parsed = parse(text)
    assert not parsed.dialect
    assert all(not rule.breaks_it for rule in parsed.policy.rules)


def test_a_policy_in_our_own_form_is_read_as_ever() -> None:
    """Whatever other sections it has."""
    text = "# A\n## VIOLATES (1)\nx\n## SAFE (0)\ny\n## Rules\n### R1 B\nBreaks it: z\nOutput: VALID\n"
    parsed = parse(text)
    assert (parsed.dialect, parsed.left_out) == (False, ())
    assert [rule.breaks_it for rule in parsed.policy.rules] == ["z\nOutput: VALID"]
    assert parsed.policy.guidance == (("VIOLATES (1)", "x"), ("SAFE (0)", "y"))


def test_lint_says_how_it_is_read() -> None:
    """Once, where the first rule begins; and where the answer's form is demanded."""
    text = (FOLDER / "guide_skeleton.md").read_text(encoding="utf-8")
    found = {(each.code, each.line): each for each in lint(text)}
    assert found["rules_stand_under_headings", 11].message == "This policy is in another format; it is read as 1 rule."
    assert {line for code, line in found if code == "the_answer_is_left_to_the_bot"} >= {4, 29}
    assert not any(each.blocking for each in found.values())


PIECES = [
    "# T", "## VIOLATES (1)", "## SAFE (0)", "## EXAMPLES", "### SP0 fine", "### SP1 bad", "**ALLOWED**", "Examples:",
    "Output: INVALID", "- a -> 1", "- SP1.a x – “y”", "Content: x", "Label: 0", "| A | Label |", "|--|--|", "| x | 1 |",
    "```", "{\"a\": 1}", "\\# x", "Severity: high", "- R1 a", "1: \"x\"", "✅ a", "Definitions:", "", "  more", "---",
]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_mixture_is_read(pieces: list[str]) -> None:
    """Nothing raises, rules and places agree, and what was understood can be saved and read again."""
    parsed = parse("\n".join(pieces))
    assert len(parsed.places) == len(parsed.policy.rules)
    assert parse(render(parsed.policy)).policy == parsed.policy
    assert isinstance(parsed.policy, Policy)
    lint(parsed.text)
