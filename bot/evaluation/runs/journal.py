"""The predictions of a run on disk: lines are only ever added, so a run can stop at any moment and go on later."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import FileLock, Timeout

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.manifest import Manifest, read_manifest, write_manifest
from bot.evaluation.runs.prediction import Prediction, line_of, read_prediction

FILE = "predictions.jsonl"


class Journal:
    """The predictions of one run, open for adding. Use it with ``with``: it keeps other programs from writing.

    A last line that was cut off, as by a power cut, is dropped: its row is judged again.

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
        """Write an answer down. It is in the file, though perhaps not on the disk yet, when this returns.

        Raises:
            OSError: the disk does not take it.
        """
        if self._file is None:
            raise RuntimeError("the journal is not open")
        line = line_of(prediction)
        while line:
            line = line[self._file.write(line) :]
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
            whole = 0

            def read_up_to(end: int) -> None:
                nonlocal whole
                whole = end

            self.done = {prediction.row for prediction in _predictions(path, read_up_to)}
            os.truncate(path, whole)
        # Unbuffered: each line is one write, so a killed program loses at most the line that it was writing.
        self._file = path.open("ab", buffering=0)


def read_predictions(folder: Path) -> Iterator[Prediction]:
    """The predictions of a run, oldest first. A last line that was cut off is left out.

    Raises:
        CannotEvaluate: there are none, or a line before the last one is broken or answers a row for the second time.
    """
    path, seen = folder / FILE, set[int]()
    try:
        for prediction in _predictions(path, lambda _: None):
            if prediction.row in seen:
                raise CannotEvaluate(f"{path} answers a row twice: judge the set again into another folder.")
            seen.add(prediction.row)
            yield prediction
    except OSError as error:
        raise CannotEvaluate(f"{path} cannot be read ({error.strerror}): check the path.") from None


def _predictions(path: Path, read_up_to: Callable[[int], None]) -> Iterator[Prediction]:
    """The whole predictions of a file; after each one `read_up_to` hears at which byte it ends."""
    end, broken = 0, 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if broken:
                raise CannotEvaluate(f"{path}: line {broken} is broken. Delete it; its row is judged again.")
            try:
                prediction = read_prediction(line) if line.endswith(b"\n") else None
            except ValueError:
                prediction = None
            if prediction is None:
                broken = number
                continue
            end += len(line)
            read_up_to(end)
            yield prediction
