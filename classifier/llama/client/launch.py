"""Start the engine's process and wait until its model is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from classifier.llama.client.clock import Clock, done_within
from classifier.llama.client.process import EngineProcess
from classifier.llama.errors import EngineStartError, ModelFileError
from classifier.llama.options import EngineOptions
from classifier.llama.wire import Failed, Ready, WireError, options_line, read_report

LONGEST_LOAD_S = 1800.0  #: 12 GB from a slow network disk take minutes; after half an hour something is wrong


async def launch(options: EngineOptions, *, command: Sequence[str], clock: Clock) -> tuple[EngineProcess, Ready]:
    """Start an engine; returns it with what it reports about itself. If this raises or is cancelled, no process is left
    behind.

    Raises:
        ModelFileError: the engine says that the model file cannot be used.
        EngineStartError: the process cannot be started, or ends before it is ready.
    """
    process = await EngineProcess.spawn(command)
    try:
        process.send(options_line(options))
        ready = await _first_report(process, options, clock)
    except BaseException:
        process.kill()
        await process.end()
        raise
    return process, ready


async def _first_report(process: EngineProcess, options: EngineOptions, clock: Clock) -> Ready:
    line = asyncio.ensure_future(process.receive())
    try:
        if not await done_within(line, LONGEST_LOAD_S, clock):
            raise EngineStartError(f"{options.model} was not loaded within {LONGEST_LOAD_S / 60:.0f} minutes")
        first = line.result()
    finally:
        line.cancel()
        await asyncio.gather(line, return_exceptions=True)
    if first is None:
        await process.end()
        raise EngineStartError(
            f"the engine stopped while loading {options.model} ({process.how_it_ended()}): "
            "the file may be damaged, or too big for this machine"
        )
    try:
        report = read_report(first)
    except WireError as error:
        raise EngineStartError("the program that was started is not the engine of this version of Bylaw") from error
    if isinstance(report, Failed):
        raise ModelFileError(report.message)
    if not isinstance(report, Ready):
        raise EngineStartError("the program that was started is not the engine of this version of Bylaw")
    return report
