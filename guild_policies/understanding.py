"""How a policy text is read, shown before it is saved: rules, what they allow, examples, guidance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from guild_policies.findings import visible
from guild_policies.policy import Policy, Rule, Severity
from guild_policies.sentences import Say, in_english, marked
from guild_policies.text.origin import Origin, without_origin
from guild_policies.text.parse import parse
from guild_policies.text.render import render

_WIDTH = 100  #: characters that are shown of a longer text


class Form(StrEnum):
    """How a policy text is written."""

    OWN = "own"  #: rules under headings, as Bylaw writes them
    DIALECT = "dialect"  #: in another form, with sections of what violates and what is allowed
    PLAIN = "plain"  #: without separate rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """A policy text, read."""

    form: Form
    policy: Policy
    text: str  #: what is saved: the text as it is, or a dialect rewritten in our form
    left_out: tuple[tuple[int, str], ...]  #: line numbers and texts about the form of the answer, of a dialect
    origin: Origin | None = None  #: where the file says that it comes from; that line is not part of the text


def understand(text: str) -> Understanding:
    """Read a policy text. Never raises; `lint` says whether it can be judged."""
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


def told(understood: Understanding, say: Say = in_english) -> Iterator[str]:
    """What was understood, a line each, without anything that could steer a terminal."""
    policy = understood.policy
    yield say(_HEADS[understood.form])
    yield say(marked("Rules: {n}"), n=len(policy.rules))
    for rule in policy.rules:
        yield from _rule(rule, say)
    if policy.definitions:
        yield say(marked("Definitions: {n}"), n=len(policy.definitions))
    if policy.when_unclear:
        yield say(marked("When it is unclear: {text}"), text=_short(policy.when_unclear))
    if policy.guidance:
        yield say(marked("Guidance sections, read with every message: {n}"), n=len(policy.guidance))
        yield from (f"  {_short(name) or say(_UNNAMED)}: {_short(text)}" for name, text in policy.guidance)
    if understood.left_out:
        left_out = marked("Lines left out, because Bylaw decides what answers look like: {n}")
        yield say(left_out, n=len(understood.left_out))
        for number, text in understood.left_out:
            yield "  " + say(marked("line {number}: {text}"), number=number, text=_short(text))


_UNNAMED = marked("a section without a name")
_HEADS = {
    Form.OWN: marked("This policy is in Bylaw's format. It will be saved unchanged."),
    Form.DIALECT: marked("This policy is in another format. It will be saved in Bylaw's format."),
    Form.PLAIN: marked(
        "This text has no separate rules, so it is read as one rule with guidance. It will be saved unchanged."
    ),
}
_RULES = {
    Severity.LOW: marked("{rule} (low severity)"),
    Severity.MEDIUM: marked("{rule} (medium severity)"),
    Severity.HIGH: marked("{rule} (high severity)"),
}


def _rule(rule: Rule, say: Say) -> Iterator[str]:
    yield say(_RULES[rule.severity], rule=visible(f"{rule.id} {rule.title}".strip()))
    texts = (
        (marked("breaks it: {text}"), rule.breaks_it),
        (marked("allowed: {text}"), rule.does_not),
        (marked("guidance: {text}"), rule.notes),
    )
    yield from ("  " + say(sentence, text=_short(text)) for sentence, text in texts if text)
    violates = sum(example.violates for example in rule.examples)
    allowed = len(rule.examples) - violates
    examples = marked("examples: {violates} that break it, {allowed} allowed")
    yield "  " + say(examples, violates=violates, allowed=allowed)


def _short(text: str) -> str:
    flat = visible(" ".join(text.split()))
    return flat if len(flat) <= _WIDTH else f"{flat[: _WIDTH - 1]}…"
