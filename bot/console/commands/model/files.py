"""`bylaw model`: downloads the weights, and checks whether Bylaw can use a file."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption, ModelArgument, ModelOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.console.checkup.report import Line
    from bot.settings import Settings
    from classifier.llama.model_file.weights import Weights

_INTERRUPTED = 130


def pull(
    folder: Annotated[
        Path, typer.Option("--folder", metavar="DIR", help="The folder for the file; created if missing.")
    ] = Path("models"),
    repo: Annotated[str, typer.Option("--repo", metavar="OWNER/NAME", help="A repository on Hugging Face.")] = "",
    file: Annotated[
        str,
        typer.Option(
            "--file", metavar="FILE.gguf", help="A GGUF file in it; for a model in several files, any of them."
        ),
    ] = "",
    revision: Annotated[str, typer.Option("--revision", metavar="REVISION", help="A branch, tag or commit.")] = "",
    json: JsonOption = False,
) -> None:
    """Download the model (about 12 GB, all parts) and check it. If interrupted, run it again: it resumes."""
    from classifier.llama.errors import ModelFileError
    from classifier.llama.model_file.checks import describe_model
    from classifier.llama.model_file.weights import WeightsError

    given = {"repo": repo, "file": file, "revision": revision}
    try:
        weights = _pull({name: value for name, value in given.items() if value}, folder.expanduser())
        describe_model(weights[0].path)
    except WeightsError as error:
        raise UserError(f"{error}.") from None
    except ModelFileError as error:
        raise UserError(f"The file was downloaded as published, but Bylaw cannot use it: {error}.") from None
    except KeyboardInterrupt:
        raise UserError("Stopped. Run it again: it resumes.", _INTERRUPTED) from None
    _tell(weights, json=json)


def _pull(given: Mapping[str, str], folder: Path) -> Sequence[Weights]:
    from classifier.llama.model_file.weights import Source, look_up, pull_all

    endpoint = os.environ.get("HF_ENDPOINT") or None
    offers = look_up(Source(**given), endpoint=endpoint)
    with _bar(offers[0].name, sum(offer.size_bytes for offer in offers)) as advance:
        return pull_all(offers, folder, endpoint=endpoint, progress=advance)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, if that is a terminal; standard output is for the result."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from bot.log import escaped

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(escaped(name), total=total)
        yield lambda size: progress.update(task, completed=size)


def _tell(brought: Sequence[Weights], *, json: bool) -> None:
    from bot.console.screen.output import print_json, print_line, terminal_text
    from classifier.llama.model_file.checks import gigabytes

    weights = brought[0]
    path, offer = weights.path.resolve(), weights.offer
    if json:
        print_json(
            {
                "path": str(path),
                "size_bytes": sum(each.offer.size_bytes for each in brought),
                "sha256": offer.sha256,
                "repo": offer.source.repo,
                "file": offer.source.file,
                "revision": offer.commit,
                "already_there": all(each.already_there for each in brought),
                "parts": [
                    {"file": each.offer.name, "size_bytes": each.offer.size_bytes, "sha256": each.offer.sha256}
                    for each in brought
                ],
            }
        )
        return
    for each in brought:
        how = "was there already" if each.already_there else "downloaded"
        about = f"{gigabytes(each.offer.size_bytes)}, sha256 {each.offer.sha256}"
        print_line(terminal_text(f"{each.path.resolve()} {how}: {about}, as the hub says."))
    print_line("Put this line into .env:")
    print_line(terminal_text(f"BYLAW_MODEL_PATH={path}"))


def check(
    file: ModelArgument = None,
    model: ModelOption = None,
    load: Annotated[bool, typer.Option(help="Also load it, as the bot would.")] = True,
    json: JsonOption = False,
) -> None:
    """Check that a model file is complete, of the right kind, fits into memory and loads.

    Exit code 2 if Bylaw cannot use the file at all, 1 if it cannot run on this machine.
    """
    from bot.console.checkup.report import write_report
    from bot.console.inputs.files import load_settings, named_once
    from bot.console.inputs.judge import model_file

    settings, named = load_settings(), named_once(model, file, noun="model", name="--model")
    lines = asyncio.run(_check(settings, model_file(named or settings.model_path), load=load))
    write_report(lines, json=json)
    if any(line.status == "fail" for line in lines):
        raise typer.Exit(1)


async def _check(settings: Settings, model: Path, *, load: bool) -> list[Line]:
    from bot.console.checkup.model_checks import model_lines
    from bot.console.checkup.report import ok
    from bot.console.inputs.container import model_trouble
    from bot.console.inputs.judge import open_model_vocabulary
    from classifier.llama.errors import ModelFileError
    from classifier.llama.model_file.checks import describe_model

    try:
        lines = model_lines(settings, model)
    except ModelFileError as error:
        raise BadInput(f"{model_trouble(error, model)}.") from None
    open_model_vocabulary(model)
    lines.append(ok("vocabulary", f"{describe_model(model).n_vocab:,} tokens, with harmony's control tokens"))
    if load and not any(line.status == "fail" for line in lines):
        lines.append(await _load(model))
    return lines


async def _load(model: Path) -> Line:
    from bot.console.checkup.report import fail, ok
    from bot.console.inputs.judge import open_judge
    from bot.console.inputs.options import JudgeName

    begun = time.monotonic()
    try:
        async with open_judge(JudgeName.LLAMA, model) as judge:
            return ok("load", f"took {time.monotonic() - begun:.1f} s: {judge.name}")
    except UserError as error:
        return fail("load", str(error))
