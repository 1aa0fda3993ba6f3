"""Writes a report into the folder of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.evaluation.figures.summary import SetFigures
from bot.evaluation.reports.html import html
from bot.evaluation.reports.markdown import markdown
from bot.evaluation.reports.page import Texts, page, picture_names
from bot.evaluation.reports.plots import Plot, calibration_plot, precision_recall_plot


def write_report(folder: Path, sets: Sequence[SetFigures], texts: Texts) -> tuple[Path, Path]:
    """Write `report.md`, `report.html` and the plots. Returns the names of the two pages.

    Raises:
        OSError: writing failed.
    """
    plots = {name: plot for found in sets for name, plot in _plots(found).items()}
    (folder / "plots").mkdir(exist_ok=True)
    for name, plot in plots.items():
        (folder / "plots" / f"{name}.png").write_bytes(plot.png)
        (folder / "plots" / f"{name}.svg").write_bytes(plot.svg)
    blocks = list(page(sets, texts))
    pages = folder / "report.md", folder / "report.html"
    pages[0].write_text(markdown(blocks), encoding="utf-8")
    pages[1].write_text(html(blocks, {name: plot.png for name, plot in plots.items()}), encoding="utf-8")
    return pages


def _plots(found: SetFigures) -> dict[str, Plot]:
    if not found.main.counts.tp + found.main.counts.fn:
        return {}
    answers = found.main.answers
    curve, calibration = picture_names(found.manifest.name)
    return {curve: precision_recall_plot(answers), calibration: calibration_plot(answers)}
