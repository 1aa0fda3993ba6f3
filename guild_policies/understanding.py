"""What a policy text is understood as, told before it is saved: rules, what they allow, examples, guidance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from guild_policies.findings import visible
from guild_policies.policy import Policy, Rule
from guild_policies.text.origin import Origin, without_origin
from guild_policies.text.parse import parse
from guild_policies.text.render import render

_WIDTH = 100  #: characters that are shown of a longer text


class Form(StrEnum):
    """How a policy text is written."""

    OWN = "own"  #: rules under headings, as Bylaw writes them
    DIALECT = "dialect"  #: in another form, with sections of what violates and what is allowed
    PLAIN = "plain"  #: without rules that can be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """A policy text, read."""

    form: Form
    policy: Policy
    text: str  #: what is saved: the text as it is, or a dialect rewritten in our form
    left_out: tuple[tuple[int, str], ...]  #: line numbers and texts about the form of the answer, of a dialect
    origin: Origin | None = None  #: where the file says that it comes from; that line is not part of the text


def understand(text: str) -> Understanding:
    """Read a policy text. Never raises; what cannot be judged at all is for `lint` to say."""
    text, origin = without_origin(text)
    parsed = parse(text)
    form = Form.DIALECT if parsed.dialect else Form.OWN if parsed.structured else Form.PLAIN
    return Understanding(
        form=form,
        policy=parsed.policy,
        text=render(parsed.policy) if parsed.dialect else text,
        left_out=parsed.left_out,
        origin=origin,
    )


def told(understood: Understanding) -> Iterator[str]:
    """What was understood, a line each, without anything that could steer a terminal."""
    policy = understood.policy
    yield _HEADS[understood.form].format(rules=_count(len(policy.rules), "rule"))
    for rule in policy.rules:
        yield from _rule(rule)
    if policy.definitions:
        yield f"Definitions: {len(policy.definitions)}"
    if policy.when_unclear:
        yield f"When it is unclear: {_short(policy.when_unclear)}"
    if policy.guidance:
        yield f"Guidance, read with every message: {_count(len(policy.guidance), 'section')}"
        yield from (f"  {_short(name or 'without a name')}: {_short(text)}" for name, text in policy.guidance)
    if understood.left_out:
        yield f"Left out, because Bylaw sets the form of answers: {_count(len(understood.left_out), 'line')}"
        yield from (f"  line {number}: {_short(text)}" for number, text in understood.left_out)


_HEADS = {
    Form.OWN: "A policy in Bylaw's form with {rules}. It is saved as it is.",
    Form.DIALECT: "A policy in another form, read as {rules}. It is saved in Bylaw's form.",
    Form.PLAIN: "A text without separate rules, read as {rules} with guidance. It is saved as it is.",
}


def _rule(rule: Rule) -> Iterator[str]:
    yield visible(f"{rule.id} {rule.title}".strip()) + f" (severity {rule.severity})"
    for name, text in (("breaks it", rule.breaks_it), ("allowed", rule.does_not), ("guidance", rule.notes)):
        if text:
            yield f"  {name}: {_short(text)}"
    violates = sum(example.violates for example in rule.examples)
    yield f"  examples: {violates} break it, {len(rule.examples) - violates} allowed"


def _short(text: str) -> str:
    flat = visible(" ".join(text.split()))
    return flat if len(flat) <= _WIDTH else f"{flat[: _WIDTH - 1]}…"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
