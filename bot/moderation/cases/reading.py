"""What the judge read besides a message's text and the lines before it, so that the case can be judged again.

Stored encrypted with the case, and deleted with its texts.
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
    """How the judge read a message. The texts of parts are at the end of the case's own text."""

    titles: tuple[str, ...] = ()  #: of channel and thread, and of the thread's tags
    answers: tuple[int, str] | None = None  #: author and text of the message that it replies to
    parts: tuple[tuple[str, int], ...] = ()  #: (kind, length of its text)
    alone: bool = False  #: without the lines before it
    effort: str = ""  #: the effort that the policy asked for; empty for the operator's choice
    language: str = ""  #: of the rationale; empty for the policy's own


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """The judge's first answer, which was due to the context alone. It was asked again without context.

    Only cases of older versions have one: context messages now have no number, so a verdict can't point to them.
    """

    rule_ids: tuple[str, ...]
    score: float
    rationale: str


def parts_measured(parts: tuple[Part, ...]) -> tuple[tuple[str, int], ...]:
    """Parts without their texts."""
    return tuple((part.kind.value, len(part.text)) for part in parts if part.text)


def taken_apart(whole: str, reading: Reading) -> tuple[str, tuple[Part, ...]] | None:
    """Split a case's text into what was typed and the parts that came with it. None if the lengths don't match."""
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
    """Serialize the reading as text."""
    return None if reading is None else json.dumps(asdict(reading))


def cleaned(reading: Reading | None) -> Reading | None:
    """The reading with texts that every store keeps alike."""
    if reading is None:
        return None
    answers = None if reading.answers is None else (reading.answers[0], clean_text(reading.answers[1]))
    return Reading(**{**_fields(reading), "titles": tuple(map(clean_text, reading.titles)), "answers": answers})


def read(text: str | None) -> Reading | None:
    """Parse a serialized reading."""
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
