"""`bylaw eval report`: figures, pages and plots from the answers of a run. Needs no model."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.console.inputs.labelled_rows import Reading
    from bot.evaluation.figures.summary import SetFigures
    from bot.evaluation.runs.manifest import Manifest

RunsArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `bylaw eval run --out` wrote.")]

_LIBRARIES = ("matplotlib", "scipy", "sklearn", "statsmodels")


def need_libraries() -> None:
    """Make sure that the extra `eval` is installed. Raises `UserError` if it isn't."""
    from importlib.util import find_spec

    from bot.console.inputs.installation import command_that_adds

    if any(find_spec(name) is None for name in _LIBRARIES):
        raise UserError(f"The libraries for figures are not installed: run {command_that_adds('eval')}")


def report(
    folder: RunsArgument,
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE.md", help="Also write the figures into this judge card.")
    ] = None,
    texts: Annotated[
        bool, typer.Option("--texts", help="Show the texts of the worst errors, if the rows are still there.")
    ] = False,
    cards: Annotated[Path | None, typer.Option("--cards", metavar="DIR", help="A folder of set cards.")] = None,
    json: JsonOption = False,
) -> None:
    """Compute the figures of a run and write report.md, report.html and plots next to its answers.

    The pages list the worst errors with the judge's rationale, which may quote members.
    """
    need_libraries()
    from bot.console.screen.output import print_json, print_line, terminal_text
    from bot.evaluation.figures.summary import figures_of
    from bot.evaluation.problem import CannotEvaluate
    from bot.evaluation.reports.as_json import set_as_json
    from bot.evaluation.reports.files import write_report
    from bot.evaluation.runs.manifest import runs_in

    try:
        sets = [figures_of(path) for path in runs_in(folder).values()]
        pages = write_report(folder, sets, {each.manifest.name: _texts(each) for each in sets} if texts else {})
        if card:
            _write_card(card, sets, cards)
    except CannotEvaluate as error:
        raise BadInput(str(error)) from None
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({error.strerror}): make room, then run it again.") from None
    if json:
        print_json({"sets": {each.manifest.name: set_as_json(each) for each in sets}})
        return
    for each in sets:
        print_line(terminal_text(_in_a_line(each)))
    for path in pages:
        print_line(terminal_text(str(path)))


def _in_a_line(found: SetFigures) -> str:
    from bot.evaluation.reports.words import rate_with

    main = found.main
    figures = ", ".join(
        f"{name} " + ("cannot be computed" if value is None else rate_with(value, main.intervals[name]))
        for name, value in main.values.items()
    )
    rest = f", {found.missing:,} not judged yet" if found.missing else ""
    return f"{found.manifest.name}: {len(main.answers):,} rows, {main.undecided:,} undecided{rest}; {figures}"


def _write_card(path: Path, sets: list[SetFigures], folder: Path | None) -> None:
    from bot.evaluation.reports.judge_card import with_measured_part
    from bot.evaluation.sets.card_file import checkout_cards, read_cards

    folder = folder or checkout_cards()
    try:
        known = path.read_text(encoding="utf-8") if path.exists() else None
        path.write_text(with_measured_part(known, sets, read_cards(folder) if folder else ()), encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text: name a Markdown file.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}): name a Markdown file.") from None


def _texts(found: SetFigures) -> dict[int, str]:
    """The texts of the worst errors, by line number.

    Raises:
        BadInput: the rows were deleted or changed.
    """
    from bot.console.inputs.labelled_rows import labelled_rows
    from bot.evaluation.reports.worst import worst_errors

    data, worst = found.manifest.data, worst_errors(found)
    path = Path(data.path)
    wanted = {each.row for each in (*worst.alarms, *worst.misses)}
    try:
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == data.sha256
    except OSError:
        same = False
    if not same:
        raise BadInput(f"{path} is gone or has changed since it was judged: leave out --texts.")
    rows = labelled_rows(path, _reading(found.manifest))
    return {row.number: row.content.target.words for row in rows if row.number in wanted}


def _reading(manifest: Manifest) -> Reading:
    from bot.console.inputs.labelled_rows import Reading

    return Reading(labels=manifest.labels, columns=manifest.columns, where=manifest.where)
