"""The engine's process from inside: commands in, reports out, and withdrawals seen between two tokens."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.judge import JudgeRequest
from classifier.llama.child import Inbox, load, read_line, run, serve
from classifier.llama.errors import ModelFileError
from classifier.llama.judging import Judging, Withdrawn
from classifier.llama.model import DecodeError
from classifier.llama.options import EngineOptions
from classifier.llama.process import engine_command, engine_environment
from classifier.llama.wire import (
    LONGEST_LINE,
    Answer,
    Ask,
    Cancel,
    Failed,
    Ready,
    WireError,
    command_line,
    options_line,
    read_report,
)
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

Report = Ready | Failed | Answer


def inbox_of(*lines: bytes) -> Inbox:
    """An inbox that was read to the end."""
    inbox = Inbox(io.BytesIO(b"".join(lines)))
    inbox.read()
    return inbox


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


class FakeJudging:
    """Judges by the text: raises what it names, or tells what it was asked."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self._before = before

    def judge_one(
        self, request: JudgeRequest, *, seconds_waited: float, withdrawn: Callable[[], bool]
    ) -> Judgement:  # fmt: skip
        self._before()
        text = request.content.target.text
        if withdrawn():
            raise Withdrawn
        if text == "decode":
            raise DecodeError("llama.cpp stopped with code -3")
        if text == "bug":
            raise ZeroDivisionError("a member's words")
        return Undecided(reason=UndecidedReason.NO_ANSWER, detail=f"{text} {seconds_waited}")


def conversation(judging: FakeJudging, pipe: OpenPipe, *, answers: int, inbox: Inbox | None = None) -> list[Answer]:
    """Serve until so many answers are given, then end the input."""
    inbox = inbox or Inbox(pipe.source)
    thread = threading.Thread(target=inbox.read)
    thread.start()
    given: list[Answer] = []

    def send(report: Report) -> None:
        assert isinstance(report, Answer)
        given.append(report)
        if len(given) == answers:
            pipe.close()

    fake: Any = judging
    try:
        serve(fake, inbox, send)
    finally:
        if len(given) < answers:
            pipe.close()
        thread.join()
        pipe.source.close()
    return given


def test_requests_are_answered_in_order(question: Callable[..., Ask]) -> None:
    """Until the input ends."""
    pipe = OpenPipe(*(command_line(question(number, f"text {number}")) for number in (1, 2)))
    first, second = conversation(FakeJudging(), pipe, answers=2)
    assert (first.id, second.id) == (1, 2)
    assert isinstance(first.judgement, Undecided)
    assert first.judgement.detail == "text 1 0.5"


def test_a_withdrawn_request_has_no_answer(question: Callable[..., Ask]) -> None:
    """The withdrawal is seen while the request is computed; the next one is not touched by it."""
    pipe = OpenPipe(command_line(question(1)))
    inbox = Inbox(pipe.source)
    withdrawn = threading.Event()

    def before() -> None:
        if not withdrawn.is_set():
            withdrawn.set()
            pipe.write(command_line(Cancel(1)), command_line(question(2)))
            while not inbox.is_withdrawn(1):
                pass

    first, second = conversation(FakeJudging(before), pipe, answers=2, inbox=inbox)
    assert first == Answer(id=1, judgement=None)
    assert second.judgement is not None


def test_old_withdrawals_are_forgotten() -> None:
    """One that came too late does not stay for ever."""
    inbox = Inbox(io.BytesIO())
    inbox._withdrawn = {3, 5, 9}
    inbox.forget(5)
    assert inbox._withdrawn == {9}


def test_the_end_of_the_input_withdraws_everything(question: Callable[..., Ask]) -> None:
    """The bot is gone: nobody waits for anything."""
    inbox = inbox_of(command_line(question(1)))
    assert inbox.is_withdrawn(1)
    assert inbox.next() is None


@pytest.mark.parametrize("line", [b"nonsense\n", b"x" * (LONGEST_LINE + 10), b'{"cancel":1}'])
def test_a_line_that_cannot_be_read_ends_the_conversation(line: bytes) -> None:
    """No command, far too long, or cut off."""
    inbox = inbox_of(line)
    assert inbox.next() is None


def test_a_fault_of_ours_costs_one_request_its_verdict(question: Callable[..., Ask]) -> None:
    """The others go on, and the report does not repeat what a member wrote."""
    pipe = OpenPipe(command_line(question(1, "bug")), command_line(question(2, "fine")))
    first, second = conversation(FakeJudging(), pipe, answers=2)
    detail = "the judge failed on this request (ZeroDivisionError)"
    assert first.judgement == Undecided(reason=UndecidedReason.JUDGE_CRASHED, detail=detail)
    assert "fine" in str(second)


def test_a_fault_of_llama_cpp_ends_the_process(question: Callable[..., Ask]) -> None:
    """Its context cannot be trusted any more; the supervisor starts a new one."""
    with pytest.raises(DecodeError):
        conversation(FakeJudging(), OpenPipe(command_line(question(1, "decode"))), answers=1)


def test_the_engine_lives_from_options_to_the_end_of_its_input(
    tiny_model: Path, question: Callable[..., Ask]
) -> None:  # fmt: skip
    """Ready, one answer, and exit code 0."""
    options = EngineOptions(model=tiny_model, fence_key=b"key", threads=1)
    pipe = OpenPipe(options_line(options), command_line(question(1)))
    reports: list[Report] = []

    def send(report: Report) -> None:
        reports.append(report)
        if isinstance(report, Answer):
            pipe.close()

    assert run(pipe.source, send) == 0
    ready, answer = reports
    digest = hashlib.sha256(tiny_model.read_bytes()).hexdigest()
    assert ready == Ready(
        judge=f"gguf:{digest}", description="tiny.gguf (0.3 MB) on CPU with 1 threads, context 8192 tokens"
    )
    assert isinstance(answer, Answer)
    assert isinstance(answer.judgement, Verdict)
    assert answer.judgement.provenance.judge == f"gguf:{digest}"
    assert answer.judgement.provenance.seconds_waited == 0.5
    pipe.source.close()


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
    with pytest.raises(ModelFileError, match=r"huge\.gguf needs [\d.]+ GB of memory with a context of 8192 tokens"):
        load(EngineOptions(model=path, fence_key=b"key", gpu_layers=0))


def test_a_context_is_no_longer_than_the_models_own(tiny_model: Path) -> None:
    """What it was trained for is the limit."""
    model, judging, _ = load(EngineOptions(model=tiny_model, fence_key=b"key", context_tokens=10**9, threads=1))
    assert isinstance(judging, Judging)
    assert model.context_tokens == 131_072
    model.close()


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
        engine_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=engine_environment(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(options_line(options))
    assert (process.returncode, errors) == (0, b"")


def test_lines_are_read_whole() -> None:
    """The end of the input is an empty line; a line without its end is an error."""
    source = io.BytesIO(b"one\ntwo")
    assert read_line(source) == b"one\n"
    with pytest.raises(WireError):
        read_line(source)
    assert read_line(source) == b""


def test_the_engine_is_not_started_by_an_import() -> None:
    """Importing the module starts nothing."""
    result = subprocess.run([sys.executable, "-c", "import classifier.llama.child"], capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
