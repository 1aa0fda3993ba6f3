"""Replies of a model, written as text in which ``<end>`` and the like stand for control tokens."""

from __future__ import annotations

import re

from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.reply import Answer, read_reply
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.verdict import Outcome, Undecided, UndecidedReason

BYTES = ByteVocabulary()
POLICY = PolicyText(
    title="A policy",
    rules=(RuleText(id="R1", title="One"), RuleText(id="R2", title="Two"), RuleText(id="R3", title="Three")),
)
CONTROL = {
    "<start>": BYTES.control.start, "<end>": BYTES.control.end, "<message>": BYTES.control.message,
    "<channel>": BYTES.control.channel, "<constrain>": BYTES.control.constrain, "<return>": BYTES.control.return_,
    "<call>": BYTES.control.call, "<other>": 263,
}  # fmt: skip
CLEAR = '{"violation":0}'
BROKEN = '{"violation":1,"rules":["R1"],"rationale":"It breaks R1."}'
THOUGHT = "<channel>analysis<message>Hm, let me see.<end><start>assistant"
FINAL = "<channel>final<message>"


def ids(text: str) -> tuple[int, ...]:
    """Token ids of a reply in which ``<end>`` and the like stand for control tokens."""
    parts = re.split(f"({'|'.join(CONTROL)})", text)
    return tuple(token for part in parts for token in ((CONTROL[part],) if part in CONTROL else BYTES.encode(part)))


def read(text: str, policy: PolicyText = POLICY) -> Answer | Undecided:
    """The reading of such a reply."""
    return read_reply(ids(text), vocabulary=BYTES, policy=policy)


def reason(text: str) -> UndecidedReason | None:
    """Why the reply gives no answer; None if it gives one."""
    reading = read(text)
    return reading.reason if isinstance(reading, Undecided) else None


def outcome(text: str) -> Outcome | UndecidedReason:
    """The outcome, or the reason why there is none."""
    reading = read(text)
    return reading.reason if isinstance(reading, Undecided) else reading.outcome


def final(body: str) -> str:
    """A whole reply with this final message."""
    return f"{THOUGHT}{FINAL}{body}<return>"
