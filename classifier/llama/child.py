"""The engine's own process: `python -m classifier.llama.child`, started by `classifier.llama.launch` only.

It reads commands from standard input and writes reports to what was its standard output; native code that prints
writes to standard error instead. A second thread reads, so that a withdrawal is seen between two tokens. When the
input ends, because the bot closed it or died, the process leaves.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import psutil

from classifier.llama.checks import check_memory, describe_model
from classifier.llama.errors import ModelFileError
from classifier.llama.fingerprint import fingerprint
from classifier.llama.judging import Judging, Withdrawn
from classifier.llama.model import DecodeError, LlamaModel, gpu_offload_supported
from classifier.llama.native import NativeLog
from classifier.llama.options import EngineOptions
from classifier.llama.vocabulary import open_vocabulary
from classifier.llama.wire import (
    LONGEST_LINE,
    Answer,
    Ask,
    Cancel,
    Failed,
    Ready,
    WireError,
    read_command,
    read_options,
    report_line,
)
from classifier.verdict import Judgement, Undecided, UndecidedReason

Send = Callable[[Ready | Failed | Answer], None]

_NICENESS = 5  # on the CPU the model takes every core it gets; the bot, with its heartbeat, goes first


class Inbox:
    """What the bot wants: requests in order, and which of them are withdrawn."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._asks: queue.SimpleQueue[Ask | None] = queue.SimpleQueue()
        self._withdrawn: set[int] = set()
        self._ended = threading.Event()

    def read(self) -> None:
        """Read commands until there are no more. A line that cannot be read ends the conversation."""
        try:
            while line := read_line(self._source):
                command = read_command(line)
                if isinstance(command, Cancel):
                    self._withdrawn.add(command.id)
                else:
                    self._asks.put(command)
        except WireError:
            pass  # the two sides do not understand each other; a new process will
        finally:
            self._ended.set()
            self._asks.put(None)

    def next(self) -> Ask | None:
        """Wait for the next request; None when there are no more."""
        return None if self._ended.is_set() else self._asks.get()

    def is_withdrawn(self, number: int) -> bool:
        """Whether nobody waits for this answer any more."""
        return self._ended.is_set() or number in self._withdrawn

    def forget(self, number: int) -> None:
        """This request and all before it are answered."""
        self._withdrawn = {withdrawn for withdrawn in self._withdrawn if withdrawn > number}


def read_line(source: BinaryIO) -> bytes:
    """The next line; empty at the end of the input.

    Raises:
        WireError: it is too long, or cut off.
    """
    line = source.readline(LONGEST_LINE + 1)
    if line and not line.endswith(b"\n"):
        raise WireError("a line is too long or cut off")
    return line


def serve(judging: Judging, inbox: Inbox, send: Send) -> None:
    """Answer one request after the other until there are no more.

    Raises:
        DecodeError: llama.cpp failed. The process should end: a new one starts with a clean context.
    """
    while (ask := inbox.next()) is not None:
        send(Answer(id=ask.id, judgement=_judge(judging, inbox, ask)))
        inbox.forget(ask.id)


def _judge(judging: Judging, inbox: Inbox, ask: Ask) -> Judgement | None:
    try:
        return judging.judge_one(
            ask.request, seconds_waited=ask.seconds_waited, withdrawn=lambda: inbox.is_withdrawn(ask.id)
        )
    except Withdrawn:
        return None
    except DecodeError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault of ours costs this request its verdict, not the others theirs
        detail = f"the judge failed on this request ({type(error).__name__})"
        return Undecided(reason=UndecidedReason.JUDGE_CRASHED, detail=detail)


def load(options: EngineOptions) -> tuple[LlamaModel, Judging, Ready]:
    """Check and load the model.

    Raises:
        ModelFileError: it cannot be used.
    """
    facts = describe_model(options.model)
    context_tokens = min(options.context_tokens, facts.context_tokens)
    if options.gpu_layers == 0 or not gpu_offload_supported():
        available = psutil.virtual_memory().available
        check_memory(facts, context_tokens=context_tokens, available_bytes=available)
    with ThreadPoolExecutor(max_workers=1) as beside:  # hashing reads the same bytes as loading
        digest = beside.submit(fingerprint, options.model, cache_folder=options.cache_folder)
        vocabulary = open_vocabulary(options.model)
        model = LlamaModel(
            options.model,
            context_tokens=context_tokens,
            gpu_layers=options.gpu_layers,
            threads=options.threads,
            log=NativeLog(),
        )
        judge = f"gguf:{digest.result()}"
    judging = Judging(
        decoder=model,
        vocabulary=vocabulary,
        fence_key=options.fence_key,
        judge=judge,
        clock=time.monotonic,
        reasoning_tokens=options.reasoning_tokens,
    )
    size = f"{facts.size_bytes / 1e9:.1f} GB" if facts.size_bytes >= 1e9 else f"{facts.size_bytes / 1e6:.1f} MB"
    description = f"{options.model.name} ({size}) on {model.runs_on}, context {model.context_tokens} tokens"
    return model, judging, Ready(judge=judge, description=description)


def run(source: BinaryIO, send: Send) -> int:
    """The whole life of the engine; the exit code."""
    try:
        model, judging, ready = load(read_options(read_line(source)))
    except ModelFileError as error:
        send(Failed(str(error)))
        return 1
    send(ready)
    inbox = Inbox(source)
    threading.Thread(target=inbox.read, daemon=True).start()
    serve(judging, inbox, send)
    model.close()
    return 0


def main() -> int:
    """Set the process up, then `run`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the bot ends this one
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(report: Ready | Failed | Answer) -> None:
        reports.write(report_line(report))
        reports.flush()

    try:
        return run(sys.stdin.buffer, send)
    except BrokenPipeError:
        return 0  # the bot is gone
    except (DecodeError, WireError) as error:
        sys.stderr.write(f"{error}\n")
    except Exception as error:  # noqa: BLE001  # its text could hold what a member wrote
        sys.stderr.write(f"{type(error).__name__}\n")
    return 3


if __name__ == "__main__":
    code = main()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)  # the reading thread may hold the lock of standard input, which a normal exit would wait for
