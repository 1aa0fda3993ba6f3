"""The engine's process from inside: options and commands in, reports out, smaller when memory is short."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.judge import JudgeRequest
from classifier.llama.client.process import engine_command, engine_environment
from classifier.llama.device.memory_plan import SMALLEST_BATCH
from classifier.llama.engine import __main__ as child
from classifier.llama.engine.__main__ import load, run
from classifier.llama.engine.model import OutOfMemory, Sequences
from classifier.llama.errors import ModelFileError
from classifier.llama.options import EngineOptions
from classifier.llama.wire import Answer, Ask, Failed, Note, Ready, Report, command_line, options_line, read_report
from classifier.prompt.wording_version import wording_version
from classifier.verdict import Verdict


class OpenPipe:
    """An input that does not end until it is closed."""

    def __init__(self, *lines: bytes) -> None:
        read_end, self._write_end = os.pipe()
        self.source = os.fdopen(read_end, "rb")
        self.write(*lines)

    def write(self, *lines: bytes) -> None:
        os.write(self._write_end, b"".join(lines))

    def close(self) -> None:
        os.close(self._write_end)


@pytest.fixture
def question(ask: Callable[..., JudgeRequest]) -> Callable[..., Ask]:
    """Makes a numbered question."""
    return lambda number, text="hello": Ask(id=number, request=ask(text), seconds_waited=0.5)


def test_the_engine_lives_from_options_to_the_end_of_its_input(tiny_model: Path, question: Callable[..., Ask]) -> None:
    """Ready, one answer, and exit code 0."""
    options = EngineOptions(model=tiny_model, fence_key=b"key", threads=1)
    pipe = OpenPipe(options_line(options), command_line(question(1)))
    reports: list[Report] = []

    def send(report: Report) -> None:
        reports.append(report)
        if isinstance(report, Answer):
            pipe.close()

    assert run(pipe.source, send) == 0
    ready, answer = reports[0], reports[-1]
    name = f"gguf:{hashlib.sha256(tiny_model.read_bytes()).hexdigest()} wording:{wording_version()}"
    assert isinstance(ready, Ready)
    assert (ready.judge, ready.places) == (name, 32)
    assert ready.description.startswith("tiny.gguf (0.2 MB) on CPU (1 thread, ")
    assert "free): 32 at once, up to 8192 tokens each, " in ready.description
    assert isinstance(answer, Answer)
    assert isinstance(answer.judgement, Verdict)
    assert answer.judgement.provenance.judge == name
    assert answer.reply_tokens > 0
    assert 0.5 <= answer.judgement.provenance.seconds_waited < 60
    pipe.source.close()


def test_a_context_that_leaves_little_thinking_is_told_at_the_start(tiny_model: Path) -> None:
    """Once, in one line for the log; with the context that comes with Bylaw nothing is said."""
    said = {}
    for tokens in (2048, 8192):
        options = EngineOptions(model=tiny_model, fence_key=b"key", threads=1, context_tokens=tokens, sequences=1)
        reports: list[Report] = []
        assert run(io.BytesIO(options_line(options)), reports.append) == 0
        said[tokens] = [report.message for report in reports if isinstance(report, Note)]
    assert said[8192] == []
    (line,) = said[2048]
    assert line.startswith("with a context of 2,048 tokens, a policy of 600 and a long message leave room for 0 of ")


def test_a_file_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    """One line, and exit code 1."""
    reports: list[Report] = []
    options = EngineOptions(model=tmp_path / "nothing.gguf", fence_key=b"key")
    assert run(io.BytesIO(options_line(options)), reports.append) == 1
    (failed,) = reports
    assert isinstance(failed, Failed)
    assert failed.message.startswith("there is no model file")


def test_too_little_memory_is_noticed_before_loading(tiny_model: Path, tmp_path: Path) -> None:
    """A model that says it needs more than any machine has."""
    layers = b"gpt-oss.block_count\x04\0\0\0"
    path = tmp_path / "huge.gguf"
    path.write_bytes(tiny_model.read_bytes().replace(layers + b"\x02\0\0\0", layers + b"\xff\xff\xff\x7f"))
    with pytest.raises(ModelFileError, match=r"huge\.gguf needs [\d.]+ GB of memory .* 1 at once and 8192 tokens"):
        load(EngineOptions(model=path, fence_key=b"key", gpu_layers=0))


def small(tiny_model: Path, **options: Any) -> EngineOptions:
    return EngineOptions(model=tiny_model, fence_key=b"key", threads=1, context_tokens=2048, **options)


def test_the_engine_is_made_as_it_was_planned(tiny_model: Path) -> None:
    """Places, room for one request, and the line for people."""
    runtime, judging, ready = load(small(tiny_model, sequences=3, batch_tokens=64))
    assert (ready.places, judging.tokens_per_sequence) == (3, 2048)
    assert (runtime.decoder.sequences, runtime.decoder.batch_tokens, runtime.join_together) == (3, 64, 1)
    runtime.close()


def test_out_of_memory_makes_it_smaller_down_to_the_smallest(tiny_model: Path) -> None:
    """Each time it says so in one line; in the end there is nothing left to give."""
    runtime, _, _ = load(small(tiny_model, sequences=4, batch_tokens=SMALLEST_BATCH))
    lines = [runtime.shrink(), runtime.shrink()]
    assert lines[0].startswith("out of memory: 4 -> 2 requests at once, 32 -> 32 tokens a step; ")
    assert runtime.decoder.sequences == 1
    runtime.decoder.extend({0: [1, 2, 3]})
    with pytest.raises(OutOfMemory):
        runtime.shrink()
    runtime.close()


def test_a_device_with_less_memory_than_it_said_gets_a_smaller_engine(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Already at the start; where not even the smallest fits, one line says what to do."""
    most = 2

    def open_if_small(*arguments: Any, sequences: int, **sizes: int) -> Sequences:
        if sequences > most:
            raise OutOfMemory("as was asked for")
        return Sequences(*arguments, sequences=sequences, **sizes)

    monkeypatch.setattr(child, "Sequences", open_if_small)
    runtime, _, ready = load(small(tiny_model, sequences=16))
    assert (runtime.decoder.sequences, ready.places) == (2, 2)
    runtime.close()
    most = 0
    with pytest.raises(ModelFileError, match=r"there is not enough memory to run .*: choose a smaller context"):
        load(small(tiny_model))


def test_on_a_gpu_requests_join_together(tiny_model: Path) -> None:
    """A pass there reads every weight, however few tokens go through it."""
    runtime, _, _ = load(small(tiny_model, sequences=3))
    runtime.model.offloads = True
    assert runtime.join_together == 3
    runtime.close()


def engine(given: bytes) -> subprocess.CompletedProcess[bytes]:
    """The real process, with this as its whole input."""
    environment = engine_environment(os.environ)
    return subprocess.run(engine_command(), input=given, capture_output=True, env=environment, check=False)


def test_the_process_keeps_its_two_outputs_apart(tiny_model: Path) -> None:
    """Reports on standard output, and nothing of llama.cpp on either."""
    options = EngineOptions(model=tiny_model, fence_key=b"key", threads=1)
    result = engine(options_line(options))
    assert (result.returncode, result.stderr) == (0, b"")
    assert isinstance(read_report(result.stdout), Ready)


def test_the_process_does_not_show_what_it_was_given() -> None:
    """A first line that is none ends it with one line, without a traceback."""
    result = engine(b"a member's words\n")
    assert (result.returncode, result.stdout) == (3, b"")
    assert result.stderr == b"the first line is not the engine's options\n"


def test_a_surprise_ends_the_process_with_its_name_only(tiny_model: Path) -> None:
    """An error that nobody thought of: its text could hold anything."""
    options = dataclasses.replace(EngineOptions(model=tiny_model, fence_key=b"key"), fence_key=b"\x01")
    line = options_line(options).replace(b'"context_tokens":8192', b'"context_tokens":"many"')
    result = engine(line)
    assert (result.returncode, result.stderr) == (3, b"TypeError\n")


def test_a_closed_output_ends_the_process_quietly(tmp_path: Path) -> None:
    """The bot died while the engine loaded."""
    options = EngineOptions(model=tmp_path / "nothing.gguf", fence_key=b"key")
    process = subprocess.Popen(
        engine_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=engine_environment(os.environ),
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(options_line(options))
    assert (process.returncode, errors) == (0, b"")


def test_the_engine_is_not_started_by_an_import() -> None:
    """Importing the module starts nothing."""
    result = subprocess.run(
        [sys.executable, "-c", "import classifier.llama.engine.__main__"], capture_output=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
