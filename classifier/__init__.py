"""Policy text and content in, verdict out. No Discord, no server, no SQL, no settings."""

from classifier.content import Content, Message, Part, PartKind, Standing, words
from classifier.errors import OperatorError
from classifier.inventing import Invented, Inventions, Writer, invent_request
from classifier.joint_policy import joint_policy
from classifier.judge import Effort, Judge, JudgeRequest, Lane, PolicyFit, Way
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt_variant import PromptVariant
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
    "Invented",
    "Inventions",
    "Judge",
    "JudgeRequest",
    "Judgement",
    "LabelledExample",
    "Lane",
    "Message",
    "Method",
    "OperatorError",
    "Outcome",
    "Part",
    "PartKind",
    "PolicyFit",
    "PolicyText",
    "PromptVariant",
    "Provenance",
    "RuleText",
    "Standing",
    "Undecided",
    "UndecidedReason",
    "Verdict",
    "Way",
    "Writer",
    "invent_request",
    "joint_policy",
    "words",
]
