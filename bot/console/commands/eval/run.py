"""`bylaw eval run`: judges labelled rows and stores each answer, so that reports need no model."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import shlex
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import EffortOption, JsonOption, JudgeName, JudgeOption, ModelOption, ProgressOption
from bot.console.screen.errors import BadInput, UserError
from bot.console.screen.progress import progress_bar
from classifier import Effort

if TYPE_CHECKING:
    from bot.console.commands.eval.tasks import Task
    from bot.evaluation.runs.manifest import JudgeUsed, Manifest
    from bot.evaluation.sets.row import LabelledRow
    from classifier import Judge

INTERRUPTED = 130
_USUAL_DATA = Path("data")
MOST_IN_MEMORY = 100_000  #: rows that are judged more than once

DataArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="DATA...", help="Files of rows (.jsonl or .csv), or folders with files that set cards name."
    ),
]
RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        min=2,
        max=20,
        help="Judge each row this many more times, on its own and after restarting the judge.",
    ),
]
BesideOption = Annotated[
    int | None,
    typer.Option("--beside", min=1, max=1000, help="With --repeat: also while this many other requests run."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a run: judge, effort, number of rows, folder for the answers, and whether to show progress."""

    judge: JudgeName
    model: Path | None
    effort: Effort
    sample: int | None
    out: Path
    progress: bool | None = None  #: None: only on a terminal


def run(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the answers; created if missing.")],
    data: DataArgument = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE.md", help="The policy. Default: the set card's.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="NAME",
            help="The label (in a CSV, the column) with the right answer. Repeat for more. Default: `flagged`, "
            "otherwise `violation`, otherwise the only label in a JSON file.",
        ),
    ] = None,
    card: Annotated[
        str, typer.Option("--set", metavar="NAME", help="The set card, if it cannot be told from the file's name.")
    ] = "",
    cards: Annotated[Path | None, typer.Option("--cards", metavar="DIR", help="A folder of set cards.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every set in DATA (or in data/).")] = False,
    text_column: Annotated[
        str, typer.Option("--text-column", metavar="NAME", help="The column of a CSV with the text. Default: `text`.")
    ] = "",
    id_column: Annotated[
        str,
        typer.Option(
            "--id-column",
            metavar="NAME",
            help="The column of a CSV with the id. Default: `id`, otherwise the line numbers.",
        ),
    ] = "",
    judge: JudgeOption = None,
    model: ModelOption = None,
    effort: EffortOption = None,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Judge only this many rows of each set.")
    ] = None,
    repeat: RepeatOption = None,
    beside: BesideOption = None,
    progress: ProgressOption = None,
    json: JsonOption = False,
) -> None:
    """Judge labelled rows and store the answers. If interrupted, run it again: it resumes."""
    from bot.console.commands.eval.repeat import repeat_tasks
    from bot.console.commands.eval.tasks import Wish, refused, tasks_of
    from bot.console.inputs.judge import choose_judge
    from bot.console.screen.output import print_json, print_line, terminal_text
    from bot.evaluation.problem import CannotEvaluate
    from bot.evaluation.sets.card import Columns

    if beside and not repeat:
        raise BadInput("--beside needs --repeat: say how often each row is judged again, as in --repeat 3.")
    columns = Columns(text=text_column or "text", id=id_column) if text_column or id_column else None
    if every and not data and not _USUAL_DATA.is_dir():
        raise BadInput(
            f"There is no folder {_USUAL_DATA}: name the folder with the sets, as in `bylaw eval run --all DIR`."
        )
    data = data or ([_USUAL_DATA] if every else [])
    wish = Wish(data=data, policy=policy, labels=label or (), card=card, cards=cards, columns=columns)
    chosen = choose_judge(judge, model, effort)
    asked = Asked(
        judge=chosen.name, model=chosen.model, effort=chosen.effort, sample=sample, out=out, progress=progress
    )
    try:
        tasks = tasks_of(wish)
        for task in tasks if repeat else ():
            must_fit_into_memory(task, asked)
        done = asyncio.run(judge_tasks(tasks, asked))
        if repeat:
            done = asyncio.run(repeat_tasks(tasks, asked, done, repeat=repeat, beside=beside or 0))
    except CannotEvaluate as error:
        raise refused(error) from None
    except OSError as error:
        raise UserError(
            f"{out} cannot be written ({error.strerror}): make room, or name another folder with --out; then run the "
            "same command again."
        ) from None
    if json:
        print_json({"out": str(out), "sets": done})
        return
    for task in tasks:
        print_line(terminal_text(_told(task, done[task.name], out)))
    print_line(terminal_text(f"Next: bylaw eval report {shlex.quote(str(out))}"))


def _told(task: Task, figures: dict[str, float], out: Path) -> str:
    """The result for a set, in a line."""
    old = figures["rows"] - figures["new"]
    before = f", {old:,} before" if old else ""
    rows = "row" if figures["new"] == 1 else "rows"
    columns = task.reading.columns
    ids = f'the column "{columns.id}"' if columns and columns.id else "the line numbers" if columns else "the rows"
    labels = ", ".join(f'"{label.column or label.name}"' for label in task.labels)
    repeated = f", {figures['repeated']:,} answers to the same questions again" if "repeated" in figures else ""
    return (
        f"{task.name}: judged {figures['new']:,} {rows} now{before}{repeated}, in {figures['seconds']:.1f} s. "
        f"Label: {labels}; ids from {ids}. Answers in {out / task.name}"
    )


async def judge_tasks(tasks: Sequence[Task], asked: Asked) -> dict[str, dict[str, float]]:
    """Judge all tasks, one after the other, with one judge.

    Raises:
        CannotEvaluate: a folder has another run, or the judge became unavailable.
        UserError: it was told to stop.
    """
    from bot.console.inputs.judge import open_judge
    from bot.console.inputs.stop_signals import run_until, told_to_stop

    used = judge_used(asked)
    done: dict[str, dict[str, float]] = {}
    stop = told_to_stop()
    async with open_judge(asked.judge, asked.model) as judge:

        async def all_of_them() -> None:
            for task in tasks:
                done[task.name] = await _judge_task(judge, task, asked, used)

        if await run_until(stop, all_of_them()):
            raise UserError("Stopped. All answers so far are kept: run the same command again to resume.", INTERRUPTED)
    return done


async def _judge_task(judge: Judge, task: Task, asked: Asked, used: JudgeUsed) -> dict[str, float]:
    from bot.evaluation.runs.journal import Journal
    from bot.evaluation.runs.run import judge_rows

    rows, count = rows_of(task, asked)
    started = time.perf_counter()
    with Journal(asked.out / task.name, manifest_of(task, asked, used, rows=count)) as journal:
        before = len(journal.done)
        with progress_bar(task.name, count, lambda: len(journal.done), shown=asked.progress) as told:
            await judge_rows(judge, rows, journal, policy=task.policy, effort=asked.effort, told=told)
        new = len(journal.done) - before
    return {"rows": len(journal.done), "new": new, "seconds": round(time.perf_counter() - started, 3)}


def rows_of(task: Task, asked: Asked) -> tuple[Iterator[LabelledRow], int]:
    """The rows to judge, and their number."""
    from bot.console.inputs.labelled_rows import labelled_rows

    chosen = _sample(task, asked.sample)
    count = task.survey.labelled if chosen is None else len(chosen)
    return _chosen(labelled_rows(task.path, task.reading), chosen), count


def rows_in_memory(task: Task, asked: Asked) -> tuple[LabelledRow, ...]:
    """The rows to judge, for commands that read them repeatedly.

    Raises:
        BadInput: there are too many.
    """
    must_fit_into_memory(task, asked)
    return tuple(rows_of(task, asked)[0])


def must_fit_into_memory(task: Task, asked: Asked) -> None:
    """Raise `BadInput` if `rows_in_memory` would."""
    count = min(asked.sample or task.survey.labelled, task.survey.labelled)
    if count > MOST_IN_MEMORY:
        raise BadInput(f"{task.path} has {count:,} rows; {MOST_IN_MEMORY:,} are the most here: add --sample 10000.")


def _chosen(rows: Iterator[LabelledRow], chosen: set[int] | None) -> Iterator[LabelledRow]:
    """The rows to judge: those with a known label, or a sample of them."""
    return (row for row in rows if row.labels and (chosen is None or row.number in chosen))


def _sample(task: Task, size: int | None) -> set[int] | None:
    """The line numbers of a sample, which are always the same for a file. None to judge every row."""
    from bot.console.inputs.labelled_rows import labelled_rows

    if size is None or size >= task.survey.labelled:
        return None
    numbers = (row.number for row in labelled_rows(task.path, task.reading) if row.labels)
    return set(heapq.nsmallest(size, numbers, key=lambda number: hashlib.sha256(str(number).encode()).digest()))


def judge_used(asked: Asked) -> JudgeUsed:
    """The judge's identity, including the hash of the model file.

    Raises:
        BadInput: the model file doesn't exist, or the remote model isn't named.
    """
    from bot.console.inputs.files import load_settings
    from bot.console.inputs.judge import model_file
    from bot.evaluation.runs.manifest import JudgeUsed
    from classifier.lite.judge import NAME

    if asked.judge is JudgeName.LITE:
        return JudgeUsed(name="lite", id=NAME)
    if asked.judge is JudgeName.REMOTE:
        return _remote_judge_used()
    from classifier.llama.model_file.fingerprint import fingerprint

    model = model_file(asked.model)
    try:
        folder = load_settings().data_dir
        digest = fingerprint(model, cache_folder=folder if folder.is_dir() else None)
    except OSError as error:
        raise BadInput(f"{model} cannot be read ({error.strerror}): name a model file.") from None
    return JudgeUsed(name=asked.judge.value, id=f"gguf:{digest}", model=model.name)


def _remote_judge_used() -> JudgeUsed:
    from bot.console.inputs.files import load_settings
    from bot.evaluation.runs.manifest import JudgeUsed

    settings = load_settings()
    if not settings.remote_model:
        raise BadInput("BYLAW_REMOTE_MODEL is not set: name the model, so that a run is about one model.")
    way = f"{settings.remote_mode.value} {settings.remote_family.value}"
    return JudgeUsed(name="remote", id=f"remote:{settings.remote_model} {way}", model=settings.remote_model)


def manifest_of(task: Task, asked: Asked, used: JudgeUsed, *, rows: int) -> Manifest:
    """The manifest that identifies this run."""
    from bot.console.inputs.files import read_bytes
    from bot.evaluation.runs.manifest import Data, Manifest, PolicyUsed

    data = Data(
        file=task.path.name,
        path=str(task.path.resolve()),
        sha256=task.survey.sha256,
        rows=rows,
        unlabelled=task.survey.rows - task.survey.labelled,
        sample=asked.sample,
    )
    policy = PolicyUsed(
        file=task.policy_path.name,
        sha256=hashlib.sha256(read_bytes(task.policy_path)).hexdigest(),
        fingerprint=task.policy.fingerprint,
        title=task.policy.title,
        rules={rule.id: rule.title for rule in task.policy.rules},
    )
    return Manifest(
        name=task.name,
        card=task.card,
        labels=task.labels,
        columns=task.reading.columns,
        where=dict(task.reading.where),
        data=data,
        policy=policy,
        judge=used,
        effort=asked.effort.value,
        wording="" if asked.judge is JudgeName.LITE else wording(),
        build=build(asked.judge),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def wording() -> str:
    """sha256 of the code that words prompts: another wording is another run."""
    from classifier import prompt

    digest = hashlib.sha256()
    for path in sorted(Path(prompt.__path__[0]).glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build(judge: JudgeName) -> dict[str, str]:
    """The versions of the software that judges."""
    from importlib.metadata import version

    packages = ("bylaw", "llama-cpp-python") if judge is JudgeName.LLAMA else ("bylaw",)
    return {name: version(name) for name in packages}
