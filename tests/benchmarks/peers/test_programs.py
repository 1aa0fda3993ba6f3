"""A peer ends with the run, however the run ends, and what it says when it refuses work is passed on."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import psutil
import pytest

from benchmarks.engine import same_tokens
from benchmarks.engine.plan import QUICK, Machine
from benchmarks.engine.reference_speed import ReferenceSpeed
from benchmarks.peers.batched_bench import BatchedBench
from benchmarks.peers.llama_server import LlamaServer, ServerSettings, why_refused
from benchmarks.peers.programs import Peer, PeerFailed
from benchmarks.workload.ceiling import Speed
from benchmarks.workload.jobs import Job
from benchmarks.workload.traffic import Post
from classifier.prompt.vocabulary import ByteVocabulary

_PATIENCE_S = 20.0

#: Prints its own id and that of a child, and would run for ten minutes.
SLOW = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(os.getpid(), child.pid, flush=True)\n"
    "time.sleep(600)\n"
)

#: A benchmark that starts a peer, passes its line on and would wait forever.
BENCHMARK = f"""
import asyncio, sys
from asyncio.subprocess import PIPE
from benchmarks.peers.programs import Peer

async def run():
    peer = await Peer.start([sys.executable, "-c", {SLOW!r}], stdout=PIPE)
    print((await peer.process.stdout.readline()).decode(), end="", flush=True)
    await peer.process.wait()

asyncio.run(run())
"""

#: Is healthy, and refuses every prompt as llama-server does one that is too long.
SERVER = """#!{python}
import http.server, os, sys
from pathlib import Path

class Refusing(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"ok")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(400, b'{{"error": {{"code": 400, "message": "the request exceeds the available context size"}}}}')

    def log_message(self, *_):
        pass

Path({note!r}).write_text(str(os.getpid()))
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Refusing).serve_forever()
"""


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds; one that only waits to be noticed has ended."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def machine_with_a_refusing_server(folder: Path) -> tuple[Machine, Path]:
    """Where its program lies, and the file that it writes its process id into."""
    note, program = folder / "pid", folder / "bin" / "llama-server"
    program.parent.mkdir()
    program.write_text(SERVER.format(python=sys.executable, note=str(note)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Machine(model=folder / "no.gguf", peers=folder, threads=1, gpu_layers=0), note


def test_a_peer_ends_when_the_benchmark_is_killed() -> None:
    """Without any warning; what the peer started ends too."""
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", BENCHMARK], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE
    ) as benchmark:
        assert benchmark.stdout is not None
        peer, child = map(int, benchmark.stdout.readline().split())
        benchmark.kill()
    assert gone(peer)
    assert gone(child)


async def test_a_peer_that_is_ended_takes_its_children_with_it() -> None:
    """Its watcher as well, and ending it twice does no harm."""
    peer = await Peer.start([sys.executable, "-c", SLOW], stdout=PIPE)
    assert peer.process.stdout is not None
    _, child = map(int, (await peer.process.stdout.readline()).split())
    await peer.end()
    await peer.end()
    assert peer.process.returncode is not None
    assert peer.watcher.returncode is not None
    assert await asyncio.to_thread(gone, child)


async def test_a_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    """The status, how long the prompt was, and the server's own words."""
    machine, note = machine_with_a_refusing_server(tmp_path)
    server = await LlamaServer.start(tmp_path, machine.model, ServerSettings(slots=1), threads=1, gpu_layers=0)
    job = Job(ids=(1, 2, 3), prefix_length=1, tokens=4, post=Post(0, "text"))
    with pytest.raises(PeerFailed, match=r"a prompt of 3 tokens with status 400: the request exceeds the available"):
        await server.answer(job)
    await server.close()
    assert gone(int(note.read_text()))


async def test_a_server_that_fails_in_its_warm_up_does_not_stay(tmp_path: Path) -> None:
    """The workload ends with the reason, and the server with the workload."""
    machine, note = machine_with_a_refusing_server(tmp_path)
    vocabulary = ByteVocabulary()
    speed = Speed(settings="", sequences=1, prompt=1.0, decode=1.0)
    bench = BatchedBench(folder=tmp_path, model=machine.model, threads=1, gpu_layers=0)
    reference = ReferenceSpeed(bench=bench, tried=(speed,), chosen=speed)
    load = same_tokens.workload("one_policy", QUICK, vocabulary)
    with pytest.raises(PeerFailed, match="available context size"):
        await same_tokens.measure(load, machine, QUICK, reference, vocabulary, lambda _: None)
    assert gone(int(note.read_text()))


async def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    """With the code that it ended with."""
    program = tmp_path / "bin" / "llama-server"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    with pytest.raises(PeerFailed, match="ended with code 7"):
        await LlamaServer.start(tmp_path, tmp_path / "no.gguf", ServerSettings(), threads=1, gpu_layers=0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error": {"message": "too\\nlong"}}', "too long"),
        ("<html>bad gateway</html>", "<html>bad gateway</html>"),
        ('{"error": 7}', '{"error": 7}'),
        ("", "it gives no reason"),
    ],
)
def test_a_reason_is_one_line_whatever_form_it_has(body: str, reason: str) -> None:
    """llama-server's JSON, and what something in between would say."""
    assert why_refused(body) == reason


def test_slots_hold_the_longest_prompt_with_its_answer() -> None:
    """In whole steps of the cache, and never fewer tokens than without that wish."""
    assert ServerSettings().with_room_for(1_661 + 64).tokens_per_slot == 1_792
    assert ServerSettings().with_room_for(900) == ServerSettings()
