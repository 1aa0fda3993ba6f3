"""Reports: all figures are in them, and what members and judges wrote cannot act in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.evaluation.figures.summary import SetFigures, figures_of, summarise
from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.reports.as_json import set_as_json
from bot.evaluation.reports.blocks import Quote, Table
from bot.evaluation.reports.files import write_report
from bot.evaluation.reports.html import html
from bot.evaluation.reports.judge_card import BEGIN, END, with_measured_part
from bot.evaluation.reports.markdown import markdown
from bot.evaluation.reports.worst import worst_errors
from bot.evaluation.runs.journal import Journal
from bot.evaluation.runs.manifest import Data, Manifest
from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.sets.card import Label, Measure, Published, SetCard

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1)) https://evil.example www.evil.example a@evil.example",
    "`` ` `` | cell | @everyone\n\n# heading\n| row |",
    "\u202egnp.exe \x1b[31m \ud800 &lt;b&gt;",
    "</td></table></body><h1>x</h1>",
)


@pytest.fixture
def run_folder(
    tmp_path: Path, manifest_factory: Callable[..., Manifest], prediction_factory: Callable[..., Prediction]
) -> Path:
    """A run with hits, misses, false alarms, undecided rows and hostile rationales."""
    data = Data(file="rows.jsonl", path="rows.jsonl", sha256="ab" * 32, rows=60)
    with Journal(tmp_path / "made-up", manifest_factory(data=data)) as journal:
        for row in range(1, 57):
            text = HOSTILE[row % len(HOSTILE)]
            given = {"rationale": text, "id": text if row % 2 else row, "score": (row % 10) / 10}
            journal.add(prediction_factory(row, truth=row % 2 == 0, flagged=row % 3 == 0, **given))
        for row in (57, 58):
            journal.add(
                prediction_factory(
                    row, truth=row == 57, flagged=False, outcome="undecided", score=None, reason="unreadable"
                )
            )
    return tmp_path


@pytest.fixture
def found(run_folder: Path) -> SetFigures:
    """Its figures."""
    return figures_of(run_folder / "made-up", resamples=50)


class Tags(HTMLParser):
    """The tags of a page, and everything that would be loaded or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loaded += [value or "" for name, value in attrs if name in {"src", "href"} or name.startswith("on")]


def test_html_loads_and_runs_nothing(run_folder: Path, found: SetFigures) -> None:
    """Only our own tags and pictures inside the file, whatever the rationales hold."""
    _, path = write_report(run_folder, [found], {"made-up": dict.fromkeys(range(60), HOSTILE[0])})
    page = path.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "p",
        "table",
        "tr",
        "th",
        "td",
        "img",
    }
    assert len(tags.loaded) == 2
    assert all(each.startswith("data:image/png;base64,") for each in tags.loaded)
    assert "default-src 'none'" in page
    assert "&lt;script&gt;" in page
    assert not re.search("[\u202e\x1b\ud800]", page)


def test_markdown_shows_hostile_text_as_code(run_folder: Path, found: SetFigures) -> None:
    """No link, picture or HTML comes of it, and tables keep their cells."""
    path, _ = write_report(run_folder, [found], {"made-up": dict.fromkeys(range(60), HOSTILE[4])})
    reader = MarkdownIt("commonmark", {"linkify": False}).enable("table")
    tokens = [each for token in reader.parse(path.read_text(encoding="utf-8")) for each in (token.children or [token])]
    pictures = [each.attrs["src"] for each in tokens if each.type == "image"]
    assert pictures == ["plots/made-up-precision-recall.png", "plots/made-up-calibration.png"]
    assert [each for each in tokens if each.type in {"link_open", "html_inline", "html_block"}] == []
    for name in pictures:
        picture = run_folder / str(name)
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in picture.with_suffix(".svg").read_bytes()


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_a_table_has_the_cells_that_it_was_given(texts: list[str]) -> None:
    """Any text stays in its cell and reads as code or not at all."""
    page = markdown([Table([f"c{number}" for number in range(len(texts))], [[Quote(text) for text in texts]])])
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    assert sum(token.type == "td_open" for token in tokens) == len(texts)
    inline = [child for token in tokens if token.type == "inline" for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "code_inline"}


def test_pictures_are_found_by_name() -> None:
    """A page without pictures needs none."""
    assert "<h1>" not in html([Table(["a"], [["b"]])], {})


def test_json_has_the_agreed_keys(found: SetFigures) -> None:
    """The contract's keys are there, and no text that a judge or a member wrote."""
    data = set_as_json(found)
    assert {"n", "positives", "precision", "recall", "f1", "fpr", "auprc", "undecided", "intervals"} <= data.keys()
    assert (data["n"], data["positives"], data["undecided"], data["missing"]) == (58, 29, 2, 2)
    assert set(data["intervals"]) == {"precision", "recall", "f1", "fpr", "auprc"}
    for name, interval in data["intervals"].items():
        assert interval[0] <= data[name] <= interval[1]
    assert set(data["precision_at"]) == {"0.005", "0.01", "0.03"}
    text = json.dumps(data)
    assert "alert" not in text
    assert "evil" not in text


def test_the_surest_errors_come_first(found: SetFigures) -> None:
    """False alarms by falling score, misses by rising score, and no row that is right or undecided."""
    worst = worst_errors(found, shown=5)
    assert [each.score for each in worst.alarms] == sorted((each.score for each in worst.alarms), reverse=True)
    assert [each.score for each in worst.misses] == sorted(each.score for each in worst.misses)
    assert all(each.outcome == "violation" and not each.labels["flagged"] for each in worst.alarms)
    assert all(each.outcome == "clear" and each.labels["flagged"] for each in worst.misses)
    assert len(worst.alarms) == len(worst.misses) == 5


def test_published_figures_stand_beside_ours(
    run_folder: Path, manifest_factory: Callable[..., Manifest], prediction_factory: Callable[..., Prediction]
) -> None:
    """With whether they are on the same rows and labels."""
    card = SetCard(
        name="made-up",
        title="Made up",
        file="rows.jsonl",
        source="nowhere",
        licence="none",
        redistributable=False,
        unit="message",
        measures=(Measure(policy="p.md", labels=(Label(name="flagged"),)),),
        published=(
            Published(model="m", metric="f1", value=0.5, source="s", same_rows="no", same_labels="unknown"),
            Published(model="m", metric="other", value=0.4, source="s", same_rows="yes", same_labels="yes"),
        ),
    )
    answers = [prediction_factory(row, truth=True, flagged=True) for row in (1, 2, 3, 4)]
    path, _ = write_report(run_folder, [summarise(manifest_factory(card=card), answers, resamples=20)], {})
    text = path.read_text(encoding="utf-8")
    assert "| m | f1 | 0.500 | 1.000 | no | unknown | s |" in text
    assert "| m | other | 0.400 | – | yes | yes | s |" in text


def test_the_judge_card_keeps_what_people_wrote(found: SetFigures) -> None:
    """Only the part between the marks is written, again and again."""
    card = f"# Mine\n\nwords\n\n{BEGIN}\nold\n{END}\n\nmore words\n"
    once = with_measured_part(card, [found], ())
    assert once.startswith("# Mine\n\nwords\n")
    assert once.endswith("more words\n")
    assert "old" not in once
    assert "made-up flagged" in once
    assert with_measured_part(once, [found], ()) == once
    assert "No model was measured" in with_measured_part(None, [found], ())
    with pytest.raises(CannotEvaluate, match="has no lines"):
        with_measured_part("# Mine\n", [found], ())
