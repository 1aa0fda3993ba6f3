"""The lines that the lite judge is measured on, and which of them were held out while it was written.

A line belongs to the held-out half if the first byte of its text's sha256 is even. Patterns, thresholds and wording
were changed while looking at the other half only; figures are reported on this one. The sets:

- ``lines``: 430 Discord lines in `lines.jsonl`, written for this benchmark before the patterns were. Their author also
  wrote the patterns, so these figures flatter. They have kinds, and are the only set with look-alikes.
- public chat and posts of up to 200 characters in a folder that the reader names (``--data``), as ``bylaw eval`` knows
  them. Only labels that one of the starter policies means are taken; the other rows are left out.
- chat of two games, where the folder has the files ``gametox.csv`` (GameTox, NAACL 2025) and ``conda.csv`` (CONDA, ACL
  2021). Neither may be passed on.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINES = Path(__file__).with_name("lines.jsonl")
LONGEST = 200  #: characters of a line of a public set; what is longer is no chat

ALL = ("game-cheating", "harassment", "hate", "scams", "self-harm", "sexual-content")  #: the starter policies

_Labels = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line with its right answer under starter policies."""

    set: str
    kind: str  #: of our own lines; elsewhere the set's label
    text: str
    violates: bool
    policies: tuple[str, ...]  #: starter policies that its label speaks of

    @property
    def held_out(self) -> bool:
        """Is it in the half that is reported on?"""
        return hashlib.sha256(self.text.encode()).digest()[0] % 2 == 0


def own_rows(path: Path = LINES) -> Iterator[Row]:
    """The lines of this repository."""
    for row in _json_lines(path):
        yield Row(
            set="lines",
            kind=row["meta"]["kind"],
            text=row["text"],
            violates=bool(row["labels"]["flagged"]),
            policies=ALL,
        )


def public_rows(folder: Path) -> Iterator[Row]:
    """The rows of every public set that is in the folder."""
    for name, (policies, answer) in _PUBLIC.items():
        path = folder / f"{name}.jsonl"
        if path.is_file():
            yield from _public(path, policies, answer)
    for name, column, label, answers in _GAMES:
        path = folder / name
        if path.is_file():
            yield from _game_chat(path, column, label, answers)


def _public(path: Path, policies: tuple[str, ...], answer: Callable[[_Labels], bool | None]) -> Iterator[Row]:
    for row in _json_lines(path):
        violates = answer(row["labels"])
        if violates is not None:
            texts = [message["text"] for message in row["messages"]] if "messages" in row else [row["text"]]
            yield from _rows(path.stem, texts, policies, violates=violates)


def _game_chat(path: Path, column: str, label: str, answers: Mapping[str, bool]) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            violates = answers.get(row[label])
            if violates is not None:
                # Lines of one player that follow each other share a label: each is clear, or one of them breaks a rule.
                lines = row[column].split("[SEPA]")
                texts = ["\n".join(map(str.strip, lines))] if violates else lines
                yield from _rows(path.stem, texts, _CHAT, violates=violates)


def _rows(name: str, texts: list[str], policies: tuple[str, ...], *, violates: bool) -> Iterator[Row]:
    kind = "violation" if violates else "clear"
    for text in map(str.strip, texts):
        if 0 < len(text) <= LONGEST:
            yield Row(set=name, kind=kind, text=text, violates=violates, policies=policies)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _either(yes: str, no: str) -> Callable[[_Labels], bool | None]:
    """Broken where the label `yes` says so, clear where `no` is 0, otherwise unknown."""

    def answer(labels: _Labels) -> bool | None:
        return True if labels.get(yes) == 1 else False if labels.get(no) == 0 else None

    return answer


#: Each public set: the starter policies that its labels speak of, and what they call a violation.
_PUBLIC: Mapping[str, tuple[tuple[str, ...], Callable[[_Labels], bool | None]]] = {
    "hatexplain": (("hate",), _either("hate", "flagged")),
    "hatemojibuild": (("hate",), _either("hate", "flagged")),
    "civil_toxic_spans": (("harassment",), _either("insult", "flagged")),
    "sms_spam": (("scams",), _either("spam", "flagged")),
    "janitr_x_scam": (("scams",), _either("scam", "flagged")),
    "irc_benign_threads_dev": (ALL, _either("", "flagged")),
}
_CHAT = ("harassment", "hate", "self-harm")
#: File, columns of text and label, and what the labels mean. Others, such as swearing at nobody, are left out.
_GAMES: tuple[tuple[str, str, str, Mapping[str, bool]], ...] = (
    ("gametox.csv", "message", "label", {"0.0": False, "1.0": True, "3.0": True, "4.0": True}),
    ("conda.csv", "utterance", "intentClass", {"O": False, "E": True}),
)
