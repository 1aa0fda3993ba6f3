"""On which side a policy in another form puts a class: what its item, cell or section says beats its code's number."""

from __future__ import annotations

import pytest

from guild_policies.policy import Policy
from guild_policies.text.parse import parse
from guild_policies.understanding import understand


def titles(policy: Policy) -> list[str]:
    """The titles of the rules."""
    return [rule.title for rule in policy.rules]


def allowed_in(policy: Policy) -> str:
    """All that is told as allowed: under a rule, or behind all of them."""
    return "\n".join(
        [*(rule.does_not for rule in policy.rules), *(f"{heading}\n{text}" for heading, text in policy.guidance)]
    )


def examples_of(policy: Policy) -> dict[str, bool]:
    """Each example, and whether it violates; the same under all rules."""
    found: dict[str, bool] = {}
    for rule in policy.rules:
        for each in rule.examples:
            assert found.setdefault(each.text, each.violates) is each.violates
    return found


@pytest.mark.parametrize(
    "item",
    [
        "AD1: Fan art (allowed)",
        "AD1: Fan art – not a violation",
        "AD1: Fan art [safe]",
        "AD1: Fan art (allowed with permission)",
        "AD1 Fan art -> permitted",
        "AD1: Not a violation: fan art",
        "AD1: Fan art (0)",
        "AD1: Fan art ✅",
        "AD1: Fan art (erlaubt)",
        "AD1: Fan art (not forbidden)",
    ],
)
def test_an_item_that_says_it_is_allowed_is_no_rule(item: str) -> None:
    """Whatever the number of its code."""
    policy = parse(f"# Ads\n\n## Labels\n- AD0: Safe\n- {item}\n- AD2: Links (not allowed)\n- AD3: Floods\n").policy
    assert [title[:3] for title in titles(policy)] == ["AD2", "AD3"]
    assert "an art" in allowed_in(policy)


@pytest.mark.parametrize(
    "item", ["AD1: Scams (not allowed)", "AD1: Safe-sounding scams", "AD1: Scams – violation", "AD1: Allowed lists"]
)
def test_an_item_that_does_not_is_one(item: str) -> None:
    """*Not allowed* is not *allowed*, and a word in a name names no side."""
    policy = parse(f"# Ads\n\n## Labels\n- AD0: Safe\n- {item}\n").policy
    assert [title[:3] for title in titles(policy)] == ["AD1"]


def test_the_section_beats_the_number() -> None:
    """A class with any number below what is allowed is allowed, as item and as heading."""
    policy = parse(
        "# Ads\n\n## VIOLATES (1)\n- AD2 Floods: many channels\n- AD1 Cold: nobody asked\n\n"
        "## SAFE (0)\n\n### AD3 Requested\nSomebody asked.\n\n"
        '## EXAMPLES\n- "many" -> AD2\n- "cold" -> AD1\n- "asked" -> AD3\n'
    ).policy
    assert titles(policy) == ["AD2 Floods", "AD1 Cold"]
    assert "Somebody asked." in allowed_in(policy)
    assert examples_of(policy) == {"many": True, "cold": True, "asked": False}


def test_a_zero_is_allowed_among_what_violates() -> None:
    """*None of these* in a list of violations is no rule."""
    policy = parse("# Ads\n\n## Violations\n- AD0 Other: none of these\n- AD1 Cold: nobody asked\n").policy
    assert titles(policy) == ["AD1 Cold"]
    assert "none of these" in allowed_in(policy)


def test_a_code_listed_as_safe_is_safe_in_examples() -> None:
    """Pieces count like codes; a code that is on both sides goes by its number."""
    policy = parse(
        "# Ads\n\n## VIOLATES (1)\n- SP1.a Bulk posts\n- SP1.b Bulk DMs\n\n"
        "## SAFE (0)\n- SP3 Requested adverts: somebody asked\n- SP1.c Bulk by moderators\n\n"
        '## EXAMPLES\n- "here is the shop" -> SP3\n- "buy now" -> SP1\n- "our shop" -> SP3, SAFE\n'
    ).policy
    assert examples_of(policy) == {"here is the shop": False, "buy now": True, "our shop": False}


@pytest.mark.parametrize(
    ("header", "allowed", "forbidden"),
    [
        ("Status", "Allowed", "Prohibited"),
        ("Outcome", "allowed", "not allowed"),
        ("Allowed?", "yes", "no"),
        ("Is it allowed?", "✅", "❌"),
        ("Against the rules?", "no", "yes"),
        ("Bewertung", "erlaubt", "verboten"),
        ("Action", "Allow", "Remove"),
        ("Verdict", "SAFE", "VIOLATES"),
    ],
)
@pytest.mark.parametrize("section", ["", "## Prohibited\n\n"])
def test_a_column_says_which_rows_are_rules(header: str, allowed: str, forbidden: str, section: str) -> None:
    """Under any header whose cells name sides, and where *yes* answers a header that asks for one."""
    policy = parse(
        f"# Gambling\n\n{section}| Code | What it is | {header} |\n|---|---|---|\n"
        f"| GA1 | Talking about a visit | {allowed} |\n| GA2 | Links to casinos | {forbidden} |\n"
    ).policy
    assert [(rule.title, rule.breaks_it) for rule in policy.rules] == [("GA2", "Links to casinos")]
    assert "Talking about a visit" in allowed_in(policy)


def test_a_cell_that_names_no_side_makes_no_rule() -> None:
    """*Ask a moderator* is not read as a violation for its number; the table stays as it is."""
    text = (
        "# T\n\n| Code | Meaning | Verdict |\n|---|---|---|\n| T1 | Art | ask a moderator |\n| T2 | Cheats | violates |"
    )
    (rule,) = parse(text).policy.rules
    assert (rule.breaks_it, "ask a moderator" in rule.notes) == ("", True)


def test_rows_without_names_have_sides_too() -> None:
    """A table of behaviours with an answer each is one rule with both of its sides."""
    (rule,) = parse("# T\n\n| Behaviour | Allowed? |\n|---|---|\n| Art | yes |\n| Cheats | no |\n").policy.rules
    assert (rule.breaks_it, rule.does_not) == ("- Cheats", "- Art")


@pytest.mark.parametrize(
    "header", ["| VIOLATES (1) | SAFE (0) |", "| Verboten | Erlaubt |", "| Not allowed | Allowed |"]
)
def test_columns_side_by_side(header: str) -> None:
    """One column violates, the other is allowed."""
    (rule,) = parse(f"# Hate\n\n{header}\n|---|---|\n| slurs | debates |\n| threats | |\n").policy.rules
    assert (rule.breaks_it, rule.does_not) == ("- slurs\n- threats", "- debates")


@pytest.mark.parametrize("heading", ["Nicht verboten", "Keine Verstöße", "No violation", "Not forbidden", "Do"])
def test_headings_that_deny_a_violation(heading: str) -> None:
    """What is not forbidden is allowed."""
    (rule,) = parse(f"# R\n\n## Verboten\n- insults\n\n## {heading}\n- irony\n").policy.rules
    assert (rule.breaks_it, rule.does_not) == ("- insults", "- irony")


def test_a_file_of_two_policies_keeps_both_titles() -> None:
    """Each rule has the title of its policy; a title that names no rule stays as guidance."""
    policy = parse(
        "# Policy A: Spam\n\n## Violates\n- floods\n## Allowed\n- one\n\n"
        "# Policy B: Scams\n\n## Violates\n- phishing\n## Allowed\n- warnings\n\n# Notes\nBe kind.\n"
    ).policy
    assert titles(policy) == ["Policy A: Spam", "Policy B: Scams"]
    assert [rule.does_not for rule in policy.rules] == ["- one", "- warnings"]
    assert policy.guidance == (("Notes", "Be kind."),)


@pytest.mark.parametrize(
    "item",
    [
        "Reply only with slurs to newcomers",
        "Responder solo con insultos",
        "Escribe solo para humillar a otros",
        "Responder apenas com links",
        "Antworte nur mit Beleidigungen",
        "Réponds uniquement par des insultes",
        "Reply with one word to bait others",
        "Explain nothing and ping everyone",
        "Answers to exams:",
        "Posting invites: [link]",
    ],
)
@pytest.mark.parametrize("safe", [False, True])
def test_items_about_how_members_answer_stay(item: str, safe: bool) -> None:
    """A list of what violates or is allowed is about messages, whatever verbs it uses."""
    lists = ["- threats", f"- {item}"]
    breaks, allowed = reversed(lists) if safe else lists
    understood = understand(f"# Trolls\n\n## VIOLATES (1)\n{allowed}\n\n## SAFE (0)\n{breaks}\n")
    assert understood.left_out == ()
    (rule,) = understood.policy.rules
    assert item in (rule.does_not if safe else rule.breaks_it)


@pytest.mark.parametrize(
    ("item", "stays", "goes"),
    [
        ("- Sharing aimbots, return 1", "- Sharing aimbots", "return 1"),
        ("- Sharing aimbots (return 1)", "- Sharing aimbots", "return 1"),
        ("- Sharing aimbots. Output: 1", "- Sharing aimbots.", "Output: 1"),
        ("- Sharing aimbots, return 1, also in DMs", "- Sharing aimbots, also in DMs", "return 1"),
        ("- Return 1 for aimbots", "- aimbots", "Return 1"),
        ("- If it is an aimbot, answer 1", "- If it is an aimbot", "answer 1"),
    ],
)
def test_only_the_clause_about_the_answer_goes(item: str, stays: str, goes: str) -> None:
    """What violates stays, and what is left out is shown."""
    understood = understand(f"# Cheats\n\n## VIOLATES (1)\n- selling\n{item}\n\n## SAFE (0)\n- reports\n")
    (rule,) = understood.policy.rules
    assert rule.breaks_it == f"- selling\n{stays}"
    assert understood.left_out == ((5, goes),)


def test_an_item_with_the_other_sides_answer_is_kept_whole() -> None:
    """*Return 0* under what violates: without it the item would say the opposite."""
    understood = understand("# Cheats\n\n## VIOLATES (1)\n- selling\n- Jokes, return 0\n\n## SAFE (0)\n- reports\n")
    assert understood.left_out == ()
    assert understood.policy.rules[0].breaks_it == "- selling\n- Jokes, return 0"


def test_demands_among_the_items_go_as_before() -> None:
    """A form makes a demand of an item, and a line of its own below a list is none."""
    understood = understand(
        "# T\n\n## VIOLATES (1)\n- threats\n- Answer with JSON\n\nReply with exactly one word.\n\n"
        "## SAFE (0)\n- jokes\n"
    )
    assert [text for _, text in understood.left_out] == ["- Answer with JSON", "Reply with exactly one word."]
