"""`parse` and `render`: what an admin may write, and that nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LabelledExample
from guild_policies.policy import Consequence, ConsequenceKind, LooksAt, Policy, Rule, Severity
from guild_policies.text.lines import Role
from guild_policies.text.parse import Parsed, parse, render

FILM_CLUB = """\
# Spoilers in the film club

Keep surprises safe for members who have not seen the film yet.

## Definitions
- "Spoiler": anything that gives away what happens after the first half hour.

## Rules
### R1 Unmarked spoiler
Severity: high
Looks at: both
Consequence: timeout 10m
Breaks it: telling a spoiler outside spoiler tags.
Does not: opinions without plot; spoilers inside ||tags||.
Pattern: `(?i)the (killer|traitor) is`
Pattern: `(?i)dies at the end`
Examples:
- violates: "cannot believe the sister was behind it all along"
- allowed: "the ending wrecked me, no details"

## When it is unclear
Count it as allowed when the film is older than ten years.

## Mood
We are kind to newcomers.
"""

FILM_CLUB_READ = Policy(
    title="Spoilers in the film club",
    purpose="Keep surprises safe for members who have not seen the film yet.",
    definitions=('"Spoiler": anything that gives away what happens after the first half hour.',),
    rules=(
        Rule(
            id="R1",
            title="Unmarked spoiler",
            severity=Severity.HIGH,
            looks_at=LooksAt.BOTH,
            consequence=Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(minutes=10)),
            breaks_it="telling a spoiler outside spoiler tags.",
            does_not="opinions without plot; spoilers inside ||tags||.",
            patterns=("(?i)the (killer|traitor) is", "(?i)dies at the end"),
            examples=(
                LabelledExample(text="cannot believe the sister was behind it all along", violates=True),
                LabelledExample(text="the ending wrecked me, no details", violates=False),
            ),
        ),
    ),
    when_unclear="Count it as allowed when the film is older than ten years.",
    guidance=(("Mood", "We are kind to newcomers."),),
)


def rule_of(body: str) -> Rule:
    """The one rule with this body."""
    (rule,) = parse(f"# T\n## Rules\n### R1 Title\n{body}").policy.rules
    return rule


def test_a_policy_is_read_whole() -> None:
    """Every part of the format arrives where it belongs."""
    assert parse(FILM_CLUB).policy == FILM_CLUB_READ


def test_a_policy_is_written_as_an_admin_would() -> None:
    """Rendering gives the very text back when it was written plainly."""
    assert render(FILM_CLUB_READ) == FILM_CLUB


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_what_is_rendered_is_read_back(policies: st.SearchStrategy[Policy], data: st.DataObject) -> None:
    """`parse(render(policy)).policy == policy`, with marks of the format in every text."""
    policy = data.draw(policies)
    assert parse(render(policy)).policy == policy


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_any_text_can_be_read_and_settles(texts: st.SearchStrategy[str], data: st.DataObject) -> None:
    """No text raises; what was read, rendered and read again stays as it is; every line has its place."""
    text = data.draw(texts)
    parsed = parse(text)
    assert parse(render(parsed.policy)).policy == parsed.policy
    assert [line.raw for line in parsed.lines] == parsed.text.split("\n")
    assert all(1 <= line.column <= len(line.raw) + 1 for line in parsed.lines)
    assert len(parsed.places) == len(parsed.policy.rules)


@settings(deadline=None)
@given(st.text())
def test_arbitrary_characters_never_raise(text: str) -> None:
    """Binary dumped into the editor is read as well, as something."""
    assert isinstance(parse(text), Parsed)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("- ", "* "),
        lambda text: text.replace("- ", "• "),
        lambda text: text.replace("- ", "–\t"),
        lambda text: text.replace('- violates: "', "- violates: “").replace('along"', "along”"),
        lambda text: text.replace('- allowed: "', "- allowed:„").replace('details"', "details“"),
        lambda text: text.replace('"cannot', "cannot").replace('along"', "along"),
        lambda text: text.replace("Severity: high", "SEVERITY : High."),
        lambda text: text.replace("Severity:", "**Severity:**").replace("Looks at:", "**looks  at**:"),
        lambda text: text.replace("Severity:", "- Severity:"),
        lambda text: text.replace("Consequence: timeout 10m", "Consequence：timeout for 10 minutes"),
        lambda text: text.replace("Examples:", "#### Examples"),
        lambda text: text.replace("Examples:\n", ""),
        lambda text: text.replace("## Rules", "##Rules:").replace("### R1 Unmarked", "### r01: Unmarked"),
        lambda text: text.replace("## Rules\n", "").replace("### R1", "## R1"),
        lambda text: text.replace("## When it is unclear", "## **When it’s unclear**"),
        lambda text: text.replace("Pattern: `(?i)dies at the end`", "Patterns:\n- `(?i)dies at the end`"),
        lambda text: text.replace("Pattern: `(?i)dies at the end`", "Pattern: (?i)dies at the end"),
        lambda text: text.replace("\nPattern: `(?i)dies at the end`", "\n`(?i)dies at the end`"),
        lambda text: text.replace("- violates", "   - violates").replace("\n\n", "\n\n\n\n"),
        lambda text: text.replace("\n", "  \n"),
    ],
)  # fmt: skip
def test_the_same_policy_typed_differently(change: object) -> None:
    """Line ends, bullets, quotes, bold marks, case and order of a phone keyboard do not matter."""
    assert callable(change)
    text = change(FILM_CLUB)
    assert text != FILM_CLUB
    assert parse(text).policy == FILM_CLUB_READ


def test_keys_come_in_any_order() -> None:
    """A rule is the same whatever is written first."""
    head, rest = FILM_CLUB.split("Severity: high\n")
    assert parse(head + rest.replace("\n## When", "\nSeverity: high\n## When")).policy == FILM_CLUB_READ


def test_values_go_on_over_lines() -> None:
    """A value ends at the next key; lists and paragraphs in it stay."""
    rule = rule_of("Breaks it: one\n  two\n- three\n\nfour\nDoes not:\n\n- five\n\nSeverity: low\nsix\n")
    assert rule.breaks_it == "one\n  two\n- three\n\nfour"
    assert (rule.does_not, rule.severity, rule.notes) == ("- five", Severity.LOW, "six")


def test_examples_go_on_over_lines() -> None:
    """An example ends at a blank line or the next item."""
    rule = rule_of('Examples:\n- violates: "one\n  two"\n- allowed: three\nfour\n\nnot part of it')
    assert [example.text for example in rule.examples] == ["one\ntwo", "three\nfour"]
    assert rule.notes == "not part of it"


def test_labels_without_bullets_count_among_examples_only() -> None:
    """Elsewhere ``Allowed: ...`` is a sentence that somebody wrote."""
    rule = rule_of("Allowed: dogs\nExamples:\nviolates: cats\nallowed:\n- violation: 'more cats'")
    assert [(example.text, example.violates) for example in rule.examples] == [("cats", True), ("more cats", True)]
    assert rule.notes == "Allowed: dogs"


def test_examples_without_words_are_none() -> None:
    """A label alone, or empty quotes, say nothing."""
    assert rule_of('Examples:\n- violates:\n- allowed: ""\n- violates: “ ”').examples == ()


def test_a_rule_is_found_by_its_id() -> None:
    """Cards look up the rule that a verdict names."""
    assert FILM_CLUB_READ.rule("R1") is FILM_CLUB_READ.rules[0]
    assert FILM_CLUB_READ.rule("R2") is None


def test_items_without_a_label_are_notes() -> None:
    """An example that does not say on which side it stands is kept, but not as an example."""
    rule = rule_of('Examples:\n- "which side?"\n- violates: "this side"')
    assert len(rule.examples) == 1
    assert rule.notes == '- "which side?"'


def test_patterns_may_stand_in_a_list() -> None:
    """Below a lone ``Patterns:`` each line is one; text after them is a note."""
    rule = rule_of("Patterns:\n`a b`\nc\n* `d`\n\n- ``\nnot one of them")
    assert rule.patterns == ("a b", "c", "d")
    assert rule.notes == "not one of them"


def test_text_after_a_pattern_is_a_note() -> None:
    """A sentence on the next line does not become a pattern."""
    rule = rule_of("Pattern: `a`\nthis matches a lot\n\nPatterns:\n\nnor does this")
    assert (rule.patterns, rule.notes) == (("a",), "this matches a lot\n\n\nnor does this")


@pytest.mark.parametrize(
    ("written", "consequence"),
    [
        ("flag", Consequence()),
        ("**Delete**", Consequence(kind=ConsequenceKind.DELETE)),
        ("timeout", Consequence(kind=ConsequenceKind.TIMEOUT)),
        ("Timeout 2 hours", Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(hours=2))),
        ("timeout 28d", Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(days=28))),
        ("timeout 29d", Consequence()),
        ("timeout 0m", Consequence()),
        ("timeout 99999d", Consequence()),
        ("timeout ten minutes", Consequence()),
        ("ban", Consequence()),
        ("", Consequence()),
    ],
)
def test_consequences(written: str, consequence: Consequence) -> None:
    """What is not known is a flag; nothing written can mean more than the words say."""
    assert rule_of(f"Consequence: {written}").consequence == consequence


@pytest.mark.parametrize(("written", "looks_at"), [("conversation", LooksAt.CONVERSATIONS), ("x", LooksAt.MESSAGES)])
def test_looks_at(written: str, looks_at: LooksAt) -> None:
    """What is not known is messages."""
    assert rule_of(f"Looks at: {written}").looks_at is looks_at


def test_of_two_values_the_last_one_counts() -> None:
    """One-word values are replaced, long ones go on."""
    rule = rule_of("Severity: low\nSeverity: high\nBreaks it: one\nBreaks it: two")
    assert (rule.severity, rule.breaks_it) == (Severity.HIGH, "one\ntwo")


@pytest.mark.parametrize(
    ("heading", "rule_id", "title"),
    [
        ("### R7 Seven", "R7", "Seven"),
        ("### r007) Seven", "R7", "Seven"),
        ("### R7", "R7", ""),
        ("### R7 – R8", "R7", "R8"),
        ("### R12345 Many", "", "R12345 Many"),
        ("### Rust", "", "Rust"),
        ("### 1. First", "", "1. First"),
        ("### \\R1 is our channel", "", "R1 is our channel"),
        ("###", "", ""),
    ],
)
def test_rule_headings(heading: str, rule_id: str, title: str) -> None:
    """A heading under ``Rules`` makes a rule; without an id the id is empty."""
    (rule,) = parse(f"## Rules\n{heading}\nBreaks it: x").policy.rules
    assert (rule.id, rule.title) == (rule_id, title)


def test_titles_that_look_like_ids_stay_titles() -> None:
    """A club for a game called R6 keeps its name; a channel name is no heading."""
    parsed = parse("# R6 Siege\n#general is for talk\n## R1 No leaks\nBreaks it: leaks")
    assert (parsed.policy.title, parsed.policy.purpose) == ("R6 Siege", "#general is for talk")
    assert [rule.id for rule in parsed.policy.rules] == ["R1"]


def test_known_sections_may_be_first_or_come_twice() -> None:
    """A top heading named like a section is that section, and two sections of a name are read as one."""
    parsed = parse(
        "# Rules\n### R1 A\nx\n# Definitions\none\ntwo\n\nthree\n# When unclear\nA\n## Rules\nintro\n### R2 B\ny\n"
        "## When it is unclear\nB\n# Other\ntext\n"
    )
    policy = parsed.policy
    assert (policy.title, [rule.id for rule in policy.rules]) == ("", ["R1", "R2"])
    assert policy.definitions == ("one\ntwo", "three")
    assert policy.when_unclear == "A\n\nB"
    assert policy.guidance == (("Rules", "intro"), ("Other", "text"))


def test_a_backslash_makes_a_mark_plain_text() -> None:
    """Markdown's own escape works for every mark, and one backslash goes."""
    policy = parse("# T\n\\# no heading\n## \\Rules\nx\n## Rules\n### R1 A\n\\Severity: word\n  \\\\twice").policy
    assert policy.purpose == "# no heading"
    assert policy.guidance == (("Rules", "x"),)
    assert policy.rules[0].notes == "Severity: word\n  \\twice"


@pytest.mark.parametrize(
    ("text", "title", "notes"),
    [
        ("No spoilers, please.", "No spoilers, please.", ""),
        ("No spoilers\nUse tags\n\nand be kind", "No spoilers", "Use tags\n\nand be kind"),
        ("# Film club\nNo spoilers", "Film club", "No spoilers"),
        ("# Film club\n## Rules\n1. No spoilers\n2. Be kind", "Film club", "1. No spoilers\n2. Be kind"),
        ("1. No spoilers\n2. Be kind", "No spoilers", "1. No spoilers\n2. Be kind"),
        ("## Spam\nno adverts\n## Hate\nnone", "Spam", "no adverts\n\nHate\nnone"),
        ("# Club\n## Spam\nno adverts\n## Empty", "Club", "Spam\nno adverts"),
        ("x" * 101, "x" * 99 + "…", "x" * 101),
        ("No spoilers\nBreaks it: telling the end", "No spoilers", "telling the end"),
    ],
)
def test_text_without_structure_is_one_rule(text: str, title: str, notes: str) -> None:
    """The title comes from the first line, the rest is guidance: nobody knows which of it breaks the rule."""
    parsed = parse(text)
    assert not parsed.structured
    (rule,) = parsed.policy.rules
    assert (rule.id, parsed.policy.title, rule.title) == ("R1", title, title)
    assert (rule.notes, rule.breaks_it) == (("", notes) if "Breaks it" in text else (notes, ""))
    assert (parsed.policy.purpose, parsed.policy.guidance) == ("", ())


def test_text_without_structure_may_have_keys_and_sections() -> None:
    """What is recognised is used; notes beside ``Breaks it`` stay notes; other sections stay guidance."""
    policy = parse(
        "Spoilers\nplease mind them\nSeverity: low\nBreaks it: the end\nExamples:\n- allowed: 'fine'\n\n### small\n"
        "## Definitions\n- End: the end\n## Mood\nkind"
    ).policy
    (rule,) = policy.rules
    assert (rule.severity, rule.breaks_it, rule.notes) == (Severity.LOW, "the end", "please mind them\n\n### small")
    assert rule.examples == (LabelledExample(text="fine", violates=False),)
    assert (policy.definitions, policy.guidance) == (("End: the end",), (("Mood", "kind"),))


@pytest.mark.parametrize(
    "text", ["", "\n \n", "# T\n## Rules\n", "be kind\n## Rules\n\n", "## Definitions\n- a: b", "# T"]
)
def test_where_no_rule_was_written_there_is_none(text: str) -> None:
    """Headings, definitions and an empty ``Rules`` make no rule."""
    assert parse(text).policy.rules == ()


def test_lines_say_what_they_are() -> None:
    """Lint can point at every part: role, rule and column of each line."""
    text = "# T\n## Rules\n### R1 A\nPattern: `x`\n  Examples:\n- violates: 'a'\nb\n- c\n### B\ntext"
    lines = parse(text).lines
    assert [(line.role, line.rule) for line in lines] == [
        (Role.TITLE, None),
        (Role.SECTION, None),
        (Role.RULE, 0),
        (Role.PATTERN, 0),
        (Role.KEY, 0),
        (Role.EXAMPLE, 0),
        (Role.MORE, 0),
        (Role.UNLABELLED, 0),
        (Role.RULE, 1),
        (Role.TEXT, 1),
    ]
    assert [line.column for line in lines] == [3, 4, 8, 10, 12, 13, 1, 3, 5, 1]
    assert [line.number for line in parse(text).places] == [3, 9]


def test_a_consequence_in_odd_minutes_is_written_back() -> None:
    """Lengths are written in the largest unit that fits."""
    for minutes, written in ((90, "90m"), (120, "2h"), (2880, "2d"), (1501, "1501m")):
        consequence = Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(minutes=minutes))
        rule = replace(FILM_CLUB_READ.rules[0], consequence=consequence)
        assert f"timeout {written}\n" in render(replace(FILM_CLUB_READ, rules=(rule,)))
