"""Logs every look at rows before it happens, append-only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.append_only import add_line, open_to_add, without_cut_end
from bot.evaluation.sets.card import Entry
from bot.evaluation.tuning.split import Side

FILE = "looks.jsonl"
_BROKEN = "It says who looked at which rows and must not change: tune into another folder, with fresh rows."


class Look(Entry):
    """A look: one variant is judged on some rows, and the answers are compared with the right ones."""

    at: str  #: when, UTC
    side: Side
    variant: str
    fingerprint: str  #: of the variant
    round: int | None = None  #: round of the choice, from 1
    rows: int
    rows_sha256: str  #: over their line numbers
    number: int  #: number of the look at this side, from 1; above 1 the held-out rows are no longer fresh


class Looks:
    """The looks of a folder.

    Raises:
        CannotEvaluate: the log is broken.
        OSError: it cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.all: list[Look] = without_cut_end(self._path, _read, else_do=_BROKEN) if self._path.exists() else []

    @property
    def held_out(self) -> list[Look]:
        """The looks at the held-out rows."""
        return [look for look in self.all if look.side is Side.HELD_OUT]

    def not_among(self, names: Collection[str]) -> tuple[str, ...]:
        """The variants with looks whose names aren't among these, in the order of their first look."""
        return tuple(dict.fromkeys(look.variant for look in self.all if look.variant not in names))

    def add(
        self, side: Side, *, variant: str, fingerprint: str, rows: int, rows_sha256: str, round_: int | None = None
    ) -> Look:
        """Append a look; it is in the file when this returns.

        Raises:
            OSError: writing failed.
        """
        look = Look(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            side=side,
            variant=variant,
            fingerprint=fingerprint,
            round=round_,
            rows=rows,
            rows_sha256=rows_sha256,
            number=1 + sum(each.side is side for each in self.all),
        )
        with open_to_add(self._path) as file:
            add_line(file, look.model_dump_json().encode() + b"\n")
        self.all.append(look)
        return look


def held_out_look(looks: Looks, *, variant: str, fingerprint: str, again: bool) -> Look | None:
    """This variant's earlier look at the held-out rows; None if a first one, or with `again` another one, is allowed. A
    renamed variant would be judged again, so that counts as another look.

    Raises:
        CannotEvaluate: another variant's answers about these rows are known, so they aren't fresh.
    """
    mine = (variant, fingerprint)
    own = next((look for look in looks.held_out if (look.variant, look.fingerprint) == mine), None)
    if own is None and looks.held_out and not again:
        last = looks.held_out[-1]
        raise CannotEvaluate(
            f"The held-out rows were looked at on {last.at[:10]} for {last.variant}. Another look would choose by "
            "them: tune into another folder with fresh rows, or add --look-again, which marks the result."
        )
    return own


def _read(line: bytes) -> Look:
    try:
        return Look.model_validate_json(line)
    except ValidationError:
        raise ValueError("it is no look") from None
