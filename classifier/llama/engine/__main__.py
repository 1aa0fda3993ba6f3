"""The engine's own process: `python -m classifier.llama.engine`, started by `classifier.llama.client.launch` only.

It reads commands from standard input and writes reports to what was its standard output; native code that prints writes
to standard error instead. A second thread reads, so that a cancellation is seen between two steps. When the input ends,
because the bot closed it or died, the process exits.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from classifier.judge import Effort
from classifier.llama.device.devices import find_machine
from classifier.llama.device.library import NativeLog
from classifier.llama.device.memory_plan import EnginePlan, plan
from classifier.llama.engine.allowed_tokens import AllowedTokens
from classifier.llama.engine.inbox import Inbox, read_line
from classifier.llama.engine.jobs import Judging
from classifier.llama.engine.model import DecodeError, LlamaModel, OutOfMemory, Sequences, Snapshot
from classifier.llama.engine.prefix_cache import PrefixCache, room_for_prefixes
from classifier.llama.engine.serving import Serving
from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import describe_model
from classifier.llama.model_file.fingerprint import fingerprint
from classifier.llama.model_file.vocabulary import open_vocabulary
from classifier.llama.options import EngineOptions
from classifier.llama.wire import Failed, Note, Ready, Report, WireError, read_options, report_line
from classifier.prompt.wording_version import wording_version

Send = Callable[[Report], None]

_NICENESS = 5  # the model uses every core it gets; the bot, with its heartbeat, has priority
_JOINERS_ON_GPU = 4  # a pass reads every weight, however few tokens it has


@dataclass(kw_only=True)
class LlamaRuntime:
    """The model with its sequences, and the plan that they were made by."""

    model: LlamaModel
    plan: EnginePlan
    decoder: Sequences

    @property
    def join_together(self) -> int:
        """How many requests join at once when there is a choice; see `Batching`."""
        return min(_JOINERS_ON_GPU, self.plan.sequences) if self.model.offloads else 1

    def shrink(self) -> str:
        """Continue with less memory; returns one line that says so.

        Raises:
            OutOfMemory: nothing smaller works.
        """
        before = self.plan
        smaller = before.smaller()
        if smaller is None:
            raise OutOfMemory("not even the smallest engine fits")
        self.decoder.close()
        self.plan, self.decoder = _open_sequences(self.model, smaller)
        return (
            f"out of memory: {before.sequences} -> {self.plan.sequences} requests at once, "
            f"{before.batch_tokens} -> {self.plan.batch_tokens} tokens a step; requests in progress start over"
        )

    def close(self) -> None:
        """Free everything. Safe to call twice."""
        self.decoder.close()
        self.model.close()


def _open_sequences(model: LlamaModel, wanted: EnginePlan) -> tuple[EnginePlan, Sequences]:
    """The largest engine up to `wanted` that fits into memory.

    Raises:
        OutOfMemory: there is none for the smallest.
    """
    tried: EnginePlan | None = wanted
    while tried is not None:
        try:
            return tried, Sequences(
                model,
                sequences=tried.sequences,
                tokens_per_sequence=tried.tokens_per_sequence,
                batch_tokens=tried.batch_tokens,
            )
        except OutOfMemory:
            tried = tried.smaller()
    raise OutOfMemory("not even the smallest engine fits")


def load(options: EngineOptions) -> tuple[LlamaRuntime, Judging, Ready]:
    """Check and load the model.

    Raises:
        ModelFileError: it cannot be used.
    """
    facts = describe_model(options.model)
    device = find_machine(threads=options.threads).device(options.gpu_layers, options.gpu_split)
    planned = plan(facts, device, options)
    log = NativeLog()
    with ThreadPoolExecutor(max_workers=1) as beside:  # hashing reads the same bytes as loading
        digest = beside.submit(fingerprint, options.model, cache_folder=options.cache_folder)
        vocabulary = open_vocabulary(options.model)
        allowed = AllowedTokens(vocabulary)
        allowed.prepare(len(vocabulary))
        model = LlamaModel(
            options.model,
            gpu_layers=planned.gpu_layers,
            threads=options.threads,
            log=log,
            gpu_split=options.gpu_split,
        )
        judge = f"gguf:{digest.result()} wording:{wording_version()}"
    try:
        chosen, sequences = _open_sequences(model, planned)
    except OutOfMemory as error:
        model.close()
        raise ModelFileError(
            f"there is not enough memory to run {options.model} ({log.complaint}): "
            "choose a smaller context, or fewer layers on the GPU"
        ) from error
    finally:
        log.close()
    judging = Judging(
        vocabulary=vocabulary,
        allowed=allowed,
        fence_key=options.fence_key,
        judge=judge,
        clock=time.monotonic,
        tokens_per_sequence=chosen.tokens_per_sequence,
        reasoning_tokens=options.reasoning_tokens,
    )
    ready = Ready(judge=judge, description=chosen.description, places=chosen.sequences)
    return LlamaRuntime(model=model, plan=chosen, decoder=sequences), judging, ready


def run(source: BinaryIO, send: Send) -> int:
    """Run the engine from start to end; returns the exit code.

    Raises:
        DecodeError: llama.cpp failed in the middle of work.
        OutOfMemory: not even the smallest engine has the memory it needs.
        WireError: the first line cannot be read.
    """
    try:
        options = read_options(read_line(source))
        runtime, judging, ready = load(options)
    except ModelFileError as error:
        send(Failed(str(error)))
        return 1
    send(ready)
    if shortage := options.shortage(Effort.LOW):
        send(Note(shortage))
    inbox = Inbox(source, judging)
    threading.Thread(target=inbox.read, daemon=True).start()
    prefixes: PrefixCache[Snapshot] = PrefixCache(
        most_bytes=room_for_prefixes(), size_of=lambda snapshot: snapshot.size
    )
    Serving(judging=judging, runtime=runtime, prefixes=prefixes, clock=time.monotonic, send=send).run(inbox)
    runtime.close()
    return 0


def main() -> int:
    """Set the process up, then `run`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the bot ends this one
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(report: Report) -> None:
        reports.write(report_line(report))
        reports.flush()

    try:
        return run(sys.stdin.buffer, send)
    except BrokenPipeError:
        return 0  # the bot is gone
    except (DecodeError, OutOfMemory, WireError) as error:
        sys.stderr.write(f"{error}\n")
    except Exception as error:  # noqa: BLE001  # its text could contain a member's words
        sys.stderr.write(f"{type(error).__name__}\n")
    return 3


if __name__ == "__main__":
    code = main()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)  # the reading thread may hold the lock of standard input, which a normal exit would wait for
