"""Policy text and content in, verdict out. No Discord, no server, no SQL, no settings."""

from classifier.content import Content, Message
from classifier.judge import Effort, Judge, JudgeRequest, Lane, PolicyRoom, Way
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.verdict import (
    Judgement,
    Method,
    Outcome,
    Provenance,
    Undecided,
    UndecidedReason,
    Verdict,
)

__all__ = [
    "Content",
    "Effort",
    "Judge",
    "JudgeRequest",
    "Judgement",
    "LabelledExample",
    "Lane",
    "Message",
    "Method",
    "Outcome",
    "PolicyRoom",
    "PolicyText",
    "Provenance",
    "RuleText",
    "Undecided",
    "UndecidedReason",
    "Verdict",
    "Way",
]
