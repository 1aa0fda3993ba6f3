"""`bylaw serve-judge`: serves the judge to bots on other machines and to other tools, on Ray Serve."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import ModelOption, ServedJudge
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.serving.local import Address
    from bot.serving.options import FrontOptions, ReplicaOptions, Scale


def serve_judge(
    judge: Annotated[
        ServedJudge,
        typer.Option(
            "--judge", case_sensitive=False, help="Who judges: `llama` (the model) or `lite` (a judge without one)."
        ),
    ] = ServedJudge.LLAMA,
    model: ModelOption = None,
    replicas: Annotated[int, typer.Option(min=1, max=256, help="How many judges run at the same time.")] = 1,
    most: Annotated[
        int,
        typer.Option(
            "--max-replicas", min=1, max=256, help="Start more judges, up to this many, while messages queue up."
        ),
    ] = 1,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8000,
    scripted_ms: Annotated[float | None, typer.Option(hidden=True, min=0.0)] = None,
) -> None:
    """Serve the judge over HTTP until Ctrl-C or SIGTERM.

    Bots use it with BYLAW_JUDGE=remote, BYLAW_REMOTE_URLS and BYLAW_REMOTE_KEY. Other tools post rows to `/v1/judge`
    with a key from BYLAW_SERVE_TOOL_KEYS. Needs BYLAW_SERVE_KEY, and Ray: `pip install "bylaw[ray]"`.
    """
    from bot.console.inputs.files import load_settings
    from bot.serving.application import front_options, replica_options
    from bot.serving.local import Address, ServingError, check_address, check_ray
    from bot.serving.options import Scale
    from bot.settings import SettingsError

    settings = load_settings(**({"model_path": model} if model else {}))
    address = Address(host=host, port=port)
    try:
        front = front_options(settings)
        served = replica_options(settings, judge, scripted_s=None if scripted_ms is None else scripted_ms / 1000)
        if served.engine is not None:
            _check_file(served.engine.model)
        check_ray()
        check_address(address)
        _serve(front, served, Scale(least=replicas, most=max(replicas, most), queue=settings.queue_size), address)
    except SettingsError as error:
        raise BadInput(str(error)) from None
    except ServingError as error:
        raise UserError(f"{error}.") from None


def _check_file(model: Path) -> None:
    """Check the model file's header before anything is started.

    Raises:
        BadInput: it is missing, broken or of the wrong kind.
    """
    from bot.console.inputs.container import model_trouble
    from classifier.llama.errors import ModelFileError
    from classifier.llama.model_file.checks import describe_model

    try:
        describe_model(model)
    except ModelFileError as error:
        raise BadInput(f"{model_trouble(error, model)}.") from None


def _serve(front: FrontOptions, judge: ReplicaOptions, scale: Scale, address: Address) -> None:
    from bot.console.screen.output import print_remark
    from bot.serving.local import serving

    print_remark("Starting Ray and the judge ...")
    with serving(front, judge, scale, address) as url:
        up_to = f" to {scale.most}" if scale.most > scale.least else ""
        noun = "replica" if scale.most == 1 else "replicas"
        print_remark(f"The judge answers at {url}, with {scale.least}{up_to} {noun}. Ctrl-C ends it.")
        asyncio.run(_until_told())


async def _until_told() -> None:
    from bot.console.inputs.stop_signals import told_to_stop

    await told_to_stop().wait()
