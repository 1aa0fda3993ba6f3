"""A child process from outside: lines, last words, and an end that is always reached."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from classifier.llama.client.process import EngineProcess, engine_command, engine_environment
from classifier.llama.errors import EngineStartError

Spawn = Callable[[str], Awaitable[EngineProcess]]


@pytest.fixture
async def spawn() -> AsyncIterator[Spawn]:
    """Runs a Python program, and makes sure that it ends."""
    running: list[EngineProcess] = []

    async def start(program: str) -> EngineProcess:
        running.append(await EngineProcess.spawn([sys.executable, "-c", program]))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        await process.end()


async def test_lines_go_in_and_come_out(spawn: Spawn) -> None:
    """Both ways, until the input ends; then it leaves by itself."""
    process = await spawn("import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)")
    process.send(b"one\n")
    process.send(b"two\n")
    assert [await process.receive(), await process.receive()] == [b"ONE\n", b"TWO\n"]
    await process.end()
    assert await process.receive() is None
    assert process.how_it_ended() == "exit code 0"
    process.send(b"to nobody\n")
    process.kill()
    await process.end()


async def test_a_line_without_an_end_is_no_line(spawn: Spawn) -> None:
    """Cut off by a crash."""
    process = await spawn("print('half', end='')")
    assert await process.receive() is None


async def test_an_endless_line_is_no_line(spawn: Spawn) -> None:
    """A process that writes without end is not believed, and still ends."""
    process = await spawn("import sys\nwhile True: sys.stdout.write('x' * 65536)")
    assert await process.receive() is None
    process.kill()
    await process.end()
    assert process.how_it_ended() == "SIGKILL"


async def test_last_words_are_kept_within_bounds(spawn: Spawn) -> None:
    """The last line of stderr says why; of a flood only the end is kept."""
    process = await spawn("import sys\nsys.stderr.write('x' * 100000 + '\\nGGML_ASSERT failed\\n \\n')\nsys.exit(3)")
    await process.end()
    assert process.how_it_ended() == "exit code 3: GGML_ASSERT failed"
    assert len(process._last_words) <= 4096


async def test_who_does_not_leave_is_terminated(spawn: Spawn) -> None:
    """The end of the input is the first hint, SIGTERM the second."""
    process = await spawn("import time\nprint('up', flush=True)\nwhile True: time.sleep(1000)")
    await process.receive()
    await process.end(leave_s=0)
    assert process.how_it_ended() == "SIGTERM"


async def test_who_does_not_want_to_leave_is_killed(spawn: Spawn) -> None:
    """And SIGKILL is no hint."""
    ignoring = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\n"
    process = await spawn(f"{ignoring}while True: time.sleep(1000)")
    await process.receive()
    await process.end(leave_s=0, terminate_s=0)
    assert process.how_it_ended() == "SIGKILL"


async def test_a_program_that_is_not_there_is_one_line() -> None:
    """No such file."""
    with pytest.raises(EngineStartError, match="cannot start /no/such/python: No such file"):
        await EngineProcess.spawn(["/no/such/python"])


async def test_a_process_without_pipes_is_no_engine() -> None:
    """There is nothing to talk through."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    with pytest.raises(ValueError, match="no pipes"):
        EngineProcess(process)


def test_secrets_stay_behind() -> None:
    """The engine gets what libraries need, and nothing that opens a door."""
    environment = {
        "PATH": "/bin", "CUDA_VISIBLE_DEVICES": "0", "PYTHONPATH": "/lib/p", "HOME": "/root",
        "BYLAW_TOKEN": "t", "BYLAW_DATABASE_URL": "u", "bylaw_token": "v", "HF_TOKEN": "w", "DB_PASSWORD": "x",
        "API_KEY": "y", "client_secret": "z",
    }  # fmt: skip
    seen = engine_environment(environment)
    assert set(seen) == {"PATH", "CUDA_VISIBLE_DEVICES", "PYTHONPATH", "HOME", "GGML_NO_BACKTRACE"}
    assert seen["PYTHONPATH"].endswith(":/lib/p")


def test_the_engine_is_this_python() -> None:
    """The same interpreter, the same package, and no file of the current folder."""
    assert engine_command() == (sys.executable, "-P", "-m", "classifier.llama.engine")
    assert engine_environment({})["PYTHONPATH"]
