"""A prompt as chat messages, for servers that take no token ids.

Here the server's template writes the control tokens, and its tokenizer may read a control token out of a member's
text. So every text that is not ours is defused first: what looks like a control token of any common model is broken by
a space. That is weaker than ids, because nobody can know every spelling of every model.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.judge import JudgeRequest
from classifier.policy_text import PolicyText
from classifier.prompt.harmony import Segment, SegmentKind, build_prompt
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.remote.options import Family

#: ``<|...``, ``<tag>``, ``</tag>``, ``<｜...``, ``[INST]`` and the like, and what closes them.
_OPENS = re.compile(r"<(?=\s*[|/!_a-zA-Z\uff5c\u2581])|\[(?=\s*/?\s*[A-Z_]{3,}\s*\])|(?<=\S)(?=[|\uff5c]>)")
_FINAL_CHANNEL = "Answer in the final channel in one of these two forms:"


def defuse(text: str) -> str:
    """The text with everything broken that could be a control token of some model."""
    return _OPENS.sub(lambda match: f"{match[0]} ", text)


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """A policy and a content as the two messages of a chat."""

    system: str
    user: str
    numbered: int  #: how many messages the content has

    @property
    def messages(self) -> list[dict[str, str]]:
        """As servers take them."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user}]

    @property
    def fingerprint(self) -> str:
        """sha256, in hex, over both messages."""
        return hashlib.sha256(json.dumps([self.system, self.user]).encode("utf-8", "surrogatepass")).hexdigest()


def chat_prompt(request: JudgeRequest, *, fence_key: bytes, family: Family) -> ChatPrompt:
    """The same words in the same order as in the prompt of token ids."""
    vocabulary = ByteVocabulary()
    prompt = build_prompt(
        request.policy,
        request.content,
        effort=request.effort,
        vocabulary=vocabulary,
        fence_key=fence_key,
        variant=request.variant,
    )
    _, developer, user, _ = _bodies(prompt.segments, vocabulary)
    if family is Family.GENERIC:
        developer = developer.replace(_FINAL_CHANNEL, _FINAL_CHANNEL.replace(" in the final channel", ""), 1)
    return ChatPrompt(developer, user, prompt.messages)


def _bodies(segments: Sequence[Segment], vocabulary: ByteVocabulary) -> list[str]:
    """The text of each message of a harmony prompt, with the words of others defused."""
    control, bodies = vocabulary.control, [""]
    for segment in segments:
        if segment.kind is not SegmentKind.FRAME:
            bodies[-1] += defuse(vocabulary.decode(segment.ids).decode())
            continue
        run: list[int] = []
        for token in (*segment.ids, None):
            if token is not None and token not in control.every:
                run.append(token)
                continue
            bodies[-1] += vocabulary.decode(run).decode()
            run = []
            if token == control.message:
                bodies[-1] = ""  # so far it was the header
            elif token == control.end:
                bodies.append("")
    return bodies


def answer_schema(policy: PolicyText, *, numbered: int) -> Mapping[str, Any]:
    """JSON Schema of the answer, for servers with structured output. Strict ones want every key in every answer."""
    return {
        "type": "object",
        "properties": {
            "violation": {"type": "integer", "enum": [0, 1]},
            "rules": {"type": "array", "items": {"type": "string", "enum": list(policy.rule_ids)}},
            "messages": {"type": "array", "items": {"type": "integer", "enum": list(range(1, numbered + 1))}},
            "rationale": {"type": "string"},
        },
        "required": ["violation", "rules", "messages", "rationale"],
        "additionalProperties": False,
    }
