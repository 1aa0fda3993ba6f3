"""`bylaw eval compare`: compares two runs over the same rows. Needs no model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.commands.eval.report import need_libraries
from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput

if TYPE_CHECKING:
    from bot.evaluation.figures.comparison import Compared, Difference

FirstArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `bylaw eval run --out` wrote.")]
SecondArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Another such folder, over the same rows.")]


def compare(first: FirstArgument, second: SecondArgument, json: JsonOption = False) -> None:
    """Compare two runs: where the second is better or worse, and whether that could be chance."""
    need_libraries()
    from bot.console.screen.output import print_json, print_line, terminal_text
    from bot.evaluation.figures.comparison import holm
    from bot.evaluation.problem import CannotEvaluate
    from bot.evaluation.reports.as_json import comparison_as_json
    from bot.evaluation.runs.manifest import runs_in

    try:
        one, two = runs_in(first), runs_in(second)
        names = [name for name in one if name in two]
        if not names:
            raise BadInput(f"{first} and {second} have no set in common: compare runs over the same sets.")
        found = {name: _compare(name, one[name], two[name]) for name in names}
    except CannotEvaluate as error:
        raise BadInput(str(error)) from None
    corrected = dict(zip(found, holm([each.p for each, _ in found.values()]), strict=True))
    alone = {"only_in_first": sorted(one.keys() - two.keys()), "only_in_second": sorted(two.keys() - one.keys())}
    if json:
        sets = {
            name: {**comparison_as_json(each, corrected[name]), "differ": list(differ)}
            for name, (each, differ) in found.items()
        }
        print_json({"sets": sets, **alone})
        return
    for name, (each, differ) in found.items():
        for line in _shown(name, each, differ, corrected[name]):
            print_line(terminal_text(line))
    for where, left in alone.items():
        if left:
            print_line(terminal_text(f"{where.replace('_', ' ')}: {', '.join(left)}"))


def _compare(name: str, first: Path, second: Path) -> tuple[Compared, tuple[str, ...]]:
    """The comparison of the main label, and the differences between the two runs' manifests."""
    import numpy as np

    from bot.evaluation.figures import comparison
    from bot.evaluation.figures.answers import answers_about
    from bot.evaluation.runs.journal import read_predictions
    from bot.evaluation.runs.manifest import read_manifest

    one, two = read_manifest(first), read_manifest(second)
    if one is None or two is None:
        raise BadInput(f"{name} no longer has a manifest: judge it again.")
    differ = one.unlike(two)
    if one.data.sha256 != two.data.sha256 or one.labels[0].name != two.labels[0].name:
        raise BadInput(f"{name}: the two runs judged other rows or labels, so they cannot be compared.")
    before = answers_about(one.labels[0], list(read_predictions(first)))
    after = answers_about(two.labels[0], list(read_predictions(second)))
    before, after = before.taken(np.isin(before.row, after.row)), after.taken(np.isin(after.row, before.row))
    if not len(before):
        raise BadInput(f"{name}: no row was judged in both runs.")
    return comparison.compare(before, after), differ


def _shown(name: str, found: Compared, differ: tuple[str, ...], corrected: float) -> Iterator[str]:
    from bot.evaluation.reports.words import p_value

    yield f"{name}: {found.n:,} rows in both, {found.left_out:,} left out as undecided in one of them"
    yield f"  other {', '.join(differ)}" if differ else "  asked in exactly the same way"
    yield (
        f"  only the first is right {found.only_first_right:,} times, only the second {found.only_second_right:,} "
        f"times: p {p_value(found.p)}, corrected for the number of sets {p_value(corrected)}"
    )
    for figure, difference in found.differences.items():
        yield f"  {figure}: {_change(difference)}"


def _change(difference: Difference) -> str:
    if difference.value is None:
        return "not defined in one of them"
    reach = difference.interval
    between = f" ({reach[0]:+.3f} to {reach[1]:+.3f})" if reach else ""
    return f"{difference.value:+.3f}{between}"
