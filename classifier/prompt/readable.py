"""Token ids in readable form: ordinary ids as their text, control tokens by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.prompt.vocabulary import ControlIds, Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Ordinary text, or one control token."""

    text: str  #: of a control token its name
    control: bool


def runs_of(ids: Iterable[int], vocabulary: Vocabulary) -> Iterator[Run]:
    """The ids in order. Bytes that are not UTF-8 become replacement characters."""
    names, text = _names(vocabulary.control), list[int]()
    for token in ids:
        if token not in vocabulary.control.every:
            text.append(token)
            continue
        if text:
            yield Run(text=_decoded(text, vocabulary), control=False)
            text.clear()
        yield Run(text=names.get(token, str(token)), control=True)
    if text:
        yield Run(text=_decoded(text, vocabulary), control=False)


def _decoded(ids: list[int], vocabulary: Vocabulary) -> str:
    return vocabulary.decode(ids).decode("utf-8", "replace")


def _names(control: ControlIds) -> dict[int, str]:
    return {
        control.start: "start",
        control.end: "end",
        control.message: "message",
        control.channel: "channel",
        control.constrain: "constrain",
        control.return_: "return",
        control.call: "call",
    }
