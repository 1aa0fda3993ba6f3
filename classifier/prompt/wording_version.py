"""A version of the prompt's words and layout that changes by itself.

Judges put it into their name, so that a change of wording is noticed like a change of model.
"""

from __future__ import annotations

import hashlib

from classifier.content import Content, Message, Part, PartKind, Standing
from classifier.judge import Effort
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt.harmony import build_prompt
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.prompt.wording import OUT_OF_BUDGET

#: Uses every part of the form, so that no change goes unnoticed.
_POLICY = PolicyText(
    title="title",
    purpose="purpose",
    definitions=("definition",),
    rules=(
        RuleText(
            id="R1",
            title="rule",
            breaks_it="breaks",
            does_not="does not",
            examples=(LabelledExample(text="bad", violates=True), LabelledExample(text="good", violates=False)),
        ),
    ),
    guidance=(("heading", "guidance"),),
    when_unclear="unclear",
    language="language",
)
_CONTENT = Content(
    target=Message(
        text="target",
        forwarded=True,
        plain="plain",
        parts=tuple(Part(kind=kind, text=kind.value) for kind in PartKind),
    ),
    conversation=(Message(text="first"),),
    context=tuple(Message(text=standing.value, standing=standing) for standing in Standing),
)


def wording_version() -> str:
    """Eight hex digits that change whenever a prompt, or the text that closes the thinking, changes."""
    digest = hashlib.sha256(OUT_OF_BUDGET.encode())
    for policy in (_POLICY, PolicyText(title="", rules=(RuleText(id="R1", title=""),))):
        for effort in Effort:
            prompt = build_prompt(
                policy, _CONTENT, effort=effort, vocabulary=ByteVocabulary(), fence_key=b"wording version"
            )
            digest.update(prompt.fingerprint.encode())
    return digest.hexdigest()[:8]
