"""The predictions of a run on disk, append-only, so that a run can stop at any time and resume."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import FileLock, Timeout

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.append_only import add_line, open_to_add, whole_lines, without_cut_end
from bot.evaluation.runs.manifest import Manifest, read_manifest, write_manifest
from bot.evaluation.runs.prediction import Prediction, line_of, read_prediction

FILE = "predictions.jsonl"
_BROKEN = "Delete it; its row is judged again."


class Journal:
    """The predictions of one run, open for appending. Use it with ``with``: it locks out other programs.

    An incomplete last line, such as after a power cut, is dropped, and its row is judged again.

    Raises:
        CannotEvaluate: the folder belongs to another run or another program writes to it, or a line inside is broken.
        OSError: the disk does not take it.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.done: set[int] = set()  #: the numbers of the rows that are answered
        self._manifest = manifest
        self._lock = FileLock(folder / "lock")
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise CannotEvaluate(f"Another program is writing to {self.folder}: wait for it to end.") from None
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()
        self._lock.release()

    def add(self, prediction: Prediction) -> None:
        """Append an answer. When this returns, it is in the file, but perhaps not on the disk yet.

        Raises:
            OSError: writing failed.
        """
        if self._file is None:
            raise RuntimeError("the journal is not open")
        add_line(self._file, line_of(prediction))
        self.done.add(prediction.row)

    def _open(self) -> None:
        known = read_manifest(self.folder)
        if known is None and (self.folder / FILE).exists():
            raise CannotEvaluate(f"{self.folder} has predictions and no manifest: choose another --out.")
        if known and (differs := self._manifest.unlike(known)):
            raise CannotEvaluate(
                f"{self.folder} holds a run with other {' and other '.join(differs)}: choose another --out."
            )
        if known is None:
            write_manifest(self.folder, self._manifest)
        path = self.folder / FILE
        if path.exists():
            self.done = {each.row for each in without_cut_end(path, read_prediction, else_do=_BROKEN)}
        self._file = open_to_add(path)


def read_predictions(folder: Path) -> Iterator[Prediction]:
    """The predictions of a run, oldest first. An incomplete last line is left out.

    Raises:
        CannotEvaluate: there are none, or a line before the last one is broken or answers a row for the second time.
    """
    path, seen = folder / FILE, set[int]()
    try:
        for prediction in whole_lines(path, read_prediction, else_do=_BROKEN):
            if prediction.row in seen:
                raise CannotEvaluate(f"{path} answers a row twice: judge the set again into another folder.")
            seen.add(prediction.row)
            yield prediction
    except OSError as error:
        raise CannotEvaluate(f"{path} cannot be read ({error.strerror}): check the path.") from None
