"""What a policy text is understood as, before it is saved: rules, what they allow, examples, guidance."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cogs.interactions.wording import severity
from bot.languages.translation import _, ngettext, number
from guild_policies.findings import visible
from guild_policies.policy import Rule
from guild_policies.understanding import Form, Understanding

SHOWN = 100  #: characters of a longer text


def understood_lines(understood: Understanding) -> Iterator[str]:
    """A line each, for a code block. The words before the colons are those that our form has for them."""
    policy = understood.policy
    yield _head(understood)
    for rule in policy.rules:
        yield from _rule(rule)
    if policy.definitions:
        yield _("Definitions: {count}", count=number(len(policy.definitions)))
    if policy.when_unclear:
        yield _("When it is unclear: {text}", text=_short(policy.when_unclear))
    if policy.guidance:
        yield ngettext(
            "Guidance, read with every message: {n} section",
            "Guidance, read with every message: {n} sections",
            len(policy.guidance),
        )
        yield from (f"  {_short(name or _('without a name'))}: {_short(text)}" for name, text in policy.guidance)
    if understood.left_out:
        yield ngettext(
            "Left out, because Bylaw sets the form of answers: {n} line",
            "Left out, because Bylaw sets the form of answers: {n} lines",
            len(understood.left_out),
        )
        for line, text in understood.left_out:
            yield "  " + _("line {number}: {text}", number=line, text=_short(text))


def _head(understood: Understanding) -> str:
    rules = len(understood.policy.rules)
    if understood.form is Form.OWN:
        return ngettext(
            "A policy in Bylaw's form with {n} rule. It is saved as it is.",
            "A policy in Bylaw's form with {n} rules. It is saved as it is.",
            rules,
        )
    if understood.form is Form.DIALECT:
        return ngettext(
            "A policy in another form, read as {n} rule. It is saved in Bylaw's form.",
            "A policy in another form, read as {n} rules. It is saved in Bylaw's form.",
            rules,
        )
    return ngettext(
        "A text without separate rules, read as {n} rule with guidance. It is saved as it is.",
        "A text without separate rules, read as {n} rules with guidance. It is saved as it is.",
        rules,
    )


def _rule(rule: Rule) -> Iterator[str]:
    name = visible(f"{rule.id} {rule.title}".strip())
    yield f"{name} · {severity(rule.severity.value)}"
    if rule.breaks_it:
        yield "  " + _("breaks it: {text}", text=_short(rule.breaks_it))
    if rule.does_not:
        yield "  " + _("allowed: {text}", text=_short(rule.does_not))
    if rule.notes:
        yield "  " + _("guidance: {text}", text=_short(rule.notes))
    violates = sum(example.violates for example in rule.examples)
    allowed = len(rule.examples) - violates
    yield "  " + _("examples: {violates} break it, {allowed} allowed", violates=violates, allowed=allowed)


def _short(text: str) -> str:
    flat = visible(" ".join(text.split()))
    return flat if len(flat) <= SHOWN else f"{flat[: SHOWN - 1]}…"
