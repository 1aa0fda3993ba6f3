"""Checks of a policy text before it is published. One file per rule; its name is the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from guild_policies.findings import Finding
from guild_policies.lint import (
    a_policy_is_quick_to_read,
    every_character_can_be_seen,
    every_example_has_a_label,
    every_rule_has_an_id,
    every_rule_says_what_breaks_it,
    every_value_is_given_once,
    examples_hold_no_personal_data,
    examples_stand_on_both_sides,
    fits_the_length_limit,
    one_problem_per_rule,
    overlapping_rules_have_an_order,
    patterns_are_few,
    patterns_are_valid,
    rule_ids_are_unique,
    rules_stand_under_headings,
    text_describes_content,
    text_is_not_empty,
    text_is_text,
    the_answer_is_left_to_the_bot,
    the_consequence_fits_the_severity,
    the_policy_has_a_rule,
    the_policy_says_what_to_do_in_doubt,
    two_examples_stand_near_the_line,
    values_are_known,
    words_are_precise,
)
from guild_policies.lint.fits_the_length_limit import MAX_UPLOAD_BYTES
from guild_policies.lint.text_is_text import decode_upload
from guild_policies.policy import Policy
from guild_policies.text import grammar
from guild_policies.text.parse import Parsed, parse

__all__ = ["FIRST", "MAX_UPLOAD_BYTES", "THEN", "LintRule", "decode_upload", "lint"]

LintRule = Callable[[Parsed], Iterable[Finding]]

#: Run before the text is parsed: they only look at its characters, so no text is too long for them.
UNREAD: tuple[LintRule, ...] = (text_is_text.check, fits_the_length_limit.check)

#: Run first, in this order. If one of them finds something, nothing else is reported.
FIRST: tuple[LintRule, ...] = (*UNREAD, text_is_not_empty.check, the_policy_has_a_rule.check)

#: Run together; their findings are shown in the order of the text.
THEN: tuple[LintRule, ...] = (
    rules_stand_under_headings.check,
    every_rule_has_an_id.check,
    rule_ids_are_unique.check,
    patterns_are_few.check,
    patterns_are_valid.check,
    values_are_known.check,
    every_value_is_given_once.check,
    every_rule_says_what_breaks_it.check,
    every_example_has_a_label.check,
    examples_stand_on_both_sides.check,
    two_examples_stand_near_the_line.check,
    words_are_precise.check,
    one_problem_per_rule.check,
    a_policy_is_quick_to_read.check,
    overlapping_rules_have_an_order.check,
    the_policy_says_what_to_do_in_doubt.check,
    text_describes_content.check,
    the_answer_is_left_to_the_bot.check,
    examples_hold_no_personal_data.check,
    the_consequence_fits_the_severity.check,
    every_character_can_be_seen.check,
)


def lint(text: str) -> tuple[Finding, ...]:
    """All findings about a policy text, top to bottom.

    A text without a blocking finding compiles (`guild_policies.compile`). A text that is not a policy at all (binary,
    too long, empty, only headings) gets exactly one finding.
    """
    unread = Parsed(text=grammar.clean(text), policy=Policy(title=""), lines=(), places=(), structured=False)
    parsed = unread
    for rule in FIRST:
        if parsed is unread and rule not in UNREAD:
            parsed = parse(text)
        if findings := tuple(rule(parsed)):
            return findings[:1]
    return tuple(sorted((finding for rule in THEN for finding in rule(parsed)), key=lambda found: found.line))
