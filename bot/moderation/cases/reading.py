"""What a judge read of a case's message besides its text and the lines before it, so that the case can be judged again.

Kept encrypted with the case, and gone with its texts.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from classifier import words
from classifier.content import Part, PartKind, clean_text

#: Begins the method of a verdict about several messages together.
CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a message was read. The texts of parts are in the case's own text, at its end."""

    titles: tuple[str, ...] = ()  #: of channel and thread, and of the thread's tags
    answers: tuple[int, str] | None = None  #: who wrote the message that it replies to, and what
    parts: tuple[tuple[str, int], ...] = ()  #: (kind, length of its text)
    alone: bool = False  #: without the lines before it
    effort: str = ""  #: what the policy asked for; empty for the operator's choice
    language: str = ""  #: of the rationale; empty for the policy's own


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """What the judge said at first, because of the context alone. It was asked again without that.

    Only cases of older versions have one: messages of the context have no number by which they could be blamed now.
    """

    rule_ids: tuple[str, ...]
    score: float
    rationale: str


def parts_measured(parts: tuple[Part, ...]) -> tuple[tuple[str, int], ...]:
    """Parts without their texts."""
    return tuple((part.kind.value, len(part.text)) for part in parts if part.text)


def taken_apart(whole: str, reading: Reading) -> tuple[str, tuple[Part, ...]] | None:
    """A case's text as what was typed and what came with it; None where the lengths do not fit."""
    parts: list[Part] = []
    rest = whole
    for kind, length in reversed(reading.parts):
        text = rest[len(rest) - length :] if length <= len(rest) else ""
        if len(text) != length:
            return None
        parts.insert(0, Part(kind=PartKind(kind), text=text))
        rest = rest[: len(rest) - length].removesuffix("\n")
    typed = rest
    return (typed, tuple(parts)) if words(typed, tuple(parts)) == whole else None


def written(reading: Reading | None) -> str | None:
    """The reading as text."""
    return None if reading is None else json.dumps(asdict(reading))


def cleaned(reading: Reading | None) -> Reading | None:
    """The reading with texts that every store keeps alike."""
    if reading is None:
        return None
    answers = None if reading.answers is None else (reading.answers[0], clean_text(reading.answers[1]))
    return Reading(**{**_fields(reading), "titles": tuple(map(clean_text, reading.titles)), "answers": answers})


def read(text: str | None) -> Reading | None:
    """The reading that a text holds."""
    if text is None:
        return None
    known = json.loads(text)
    return Reading(
        titles=tuple(known["titles"]),
        answers=None if known["answers"] is None else (known["answers"][0], known["answers"][1]),
        parts=tuple((kind, length) for kind, length in known["parts"]),
        alone=known["alone"],
        effort=known["effort"],
        language=known["language"],
    )


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in Reading.__slots__}
