"""Predictions on disk: added to and never changed, whole after any interruption, and of one run only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.journal import FILE, Journal, read_predictions
from bot.evaluation.runs.manifest import FILE as MANIFEST
from bot.evaluation.runs.manifest import JudgeUsed, Manifest, PolicyUsed, read_manifest, runs_in
from bot.evaluation.runs.prediction import Prediction, line_of, read_prediction

MakeManifest = Callable[..., Manifest]
MakePrediction = Callable[..., Prediction]


@pytest.fixture
def three(tmp_path: Path, manifest_factory: MakeManifest, prediction_factory: MakePrediction) -> Path:
    """A run with three answers."""
    with Journal(tmp_path, manifest_factory()) as journal:
        for row in (1, 2, 3):
            journal.add(prediction_factory(row, truth=True, flagged=row != 2, rationale="said \u2028 \U0001f600"))
    return tmp_path


def test_what_was_written_is_read(three: Path, prediction_factory: MakePrediction) -> None:
    """Every field comes back, line by line."""
    expected = prediction_factory(2, truth=True, flagged=False, rationale="said \u2028 \U0001f600")
    assert list(read_predictions(three))[1] == expected
    assert read_prediction(line_of(expected)) == expected
    assert line_of(expected).isascii()


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_cut_last_line_is_judged_again(three: Path, manifest_factory: MakeManifest, cut: int) -> None:
    """What a killed program was writing is dropped; the lines before it stay as they are."""
    path = three / FILE
    before = path.read_bytes()
    path.write_bytes(before[:-cut])
    assert [each.row for each in read_predictions(three)] == [1, 2]
    with Journal(three, manifest_factory()) as journal:
        assert journal.done == {1, 2}
    assert path.read_bytes() == b"".join(before.splitlines(keepends=True)[:2])


def test_a_broken_last_line_is_judged_again(
    three: Path, manifest_factory: MakeManifest, prediction_factory: MakePrediction
) -> None:
    """After a power cut the end of a file may be zeros."""
    path = three / FILE
    path.write_bytes(path.read_bytes() + b"\0" * 40 + b"\n")
    with Journal(three, manifest_factory()) as journal:
        assert journal.done == {1, 2, 3}
        journal.add(prediction_factory(4, truth=False, flagged=False))
    assert [each.row for each in read_predictions(three)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b"[1]\n",
        b"not json\n",
        b'{"row":1,"labels":{},"cluster":"","outcome":"clear","score":null}\n',
        b'{"row":9,"labels":{},"cluster":"","outcome":"clear","score":0.5,"rules":[],"surprise":1}\n',
    ],
)
def test_a_broken_line_inside_is_told(three: Path, manifest_factory: MakeManifest, line: bytes) -> None:
    """Somebody edited the file: the line is named and nothing is changed."""
    path = three / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + line + lines[2])
    with pytest.raises(CannotEvaluate, match="line 2 is broken"):
        list(read_predictions(three))
    with pytest.raises(CannotEvaluate, match="line 2 is broken"), Journal(three, manifest_factory()):
        pytest.fail("opened")
    assert path.read_bytes() == lines[0] + line + lines[2]


def test_a_row_that_is_answered_twice_is_told(three: Path) -> None:
    """Two answers about a row would count twice."""
    path = three / FILE
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(CannotEvaluate, match="twice"):
        list(read_predictions(three))


def test_two_programs_do_not_write_into_one_folder(three: Path, manifest_factory: MakeManifest) -> None:
    """The second one is told so at once, and can when the first has ended."""
    with (
        Journal(three, manifest_factory()),
        pytest.raises(CannotEvaluate, match="Another program"),
        Journal(three, manifest_factory()),
    ):
        pytest.fail("opened")
    with Journal(three, manifest_factory()) as journal:
        assert len(journal.done) == 3


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"judge": JudgeUsed(name="llama", id="gguf:00")}, "other judge"),
        ({"effort": "high"}, "other effort"),
        ({"wording": "12"}, "other wording"),
        ({"build": {"bylaw": "1"}}, "other build"),
        ({"where": {"meta.policy": "spam"}}, "other rows"),
        (
            {"policy": PolicyUsed(file="p.md", sha256="", fingerprint="0", title="", rules={}), "effort": "high"},
            "other policy and other effort",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_told(
    three: Path, manifest_factory: MakeManifest, other: dict[str, object], says: str
) -> None:
    """Answers of another run stay untouched."""
    before = (three / FILE).read_bytes()
    with pytest.raises(CannotEvaluate, match=says), Journal(three, manifest_factory(**other)):
        pytest.fail("opened")
    assert (three / FILE).read_bytes() == before


def test_a_run_may_go_on_at_another_time_and_place(three: Path, manifest_factory: MakeManifest) -> None:
    """When it began and where its rows lie is not what makes it this run."""
    known = manifest_factory()
    moved = manifest_factory(
        started="2027-01-01T00:00:00+00:00", data=known.data.model_copy(update={"path": "/elsewhere"})
    )
    with Journal(three, moved) as journal:
        assert len(journal.done) == 3
    assert read_manifest(three) == known


def test_predictions_without_a_manifest_are_nobodys(three: Path, manifest_factory: MakeManifest) -> None:
    """They are not claimed for this run."""
    (three / MANIFEST).unlink()
    with pytest.raises(CannotEvaluate, match="no manifest"), Journal(three, manifest_factory()):
        pytest.fail("opened")


def test_a_run_is_not_called_after_another_folder(manifest_factory: MakeManifest) -> None:
    """Files are named after a run, and a manifest may come from somebody else."""
    with pytest.raises(ValueError, match="name"):
        manifest_factory(name="../up")


@pytest.mark.parametrize("text", ["", "{", '{"format": 2}', "[]"])
def test_a_manifest_that_cannot_be_read_is_told(three: Path, text: str) -> None:
    """In one line, and the folder of runs cannot be read either."""
    (three / MANIFEST).write_text(text)
    with pytest.raises(CannotEvaluate, match="no manifest of a run") as told:
        runs_in(three)
    assert "\n" not in str(told.value)


def test_a_folder_without_runs_is_told(tmp_path: Path) -> None:
    """An empty or missing folder is no report."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CannotEvaluate, match="holds no run"):
            runs_in(folder)
