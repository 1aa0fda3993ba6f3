"""How fast Bylaw's engine is beside what a user would run instead: `python -m benchmarks.engine [--quick] [--json]`.

All sides run the same model file on the same machine in the same run, each with its best settings:

* `bylaw`: this engine;
* `llama_server`: llama-server with parallel slots and its prompt cache, with whichever settings are fastest;
* `sequential`: llama-cpp-python's own `create_completion`, one message after the other, with its prefix cache;
* `ceiling`: what llama-batched-bench says that the machine can compute (`benchmarks.workload.ceiling`).

In the first table (`benchmarks.engine.same_tokens`) all write the same number of tokens about the same prompts. In the
second one (`benchmarks.engine.answers`) they give the same answers, each in its own way. The peers are built once with
`benchmarks/peers/build.sh`. Without `--model` a random one of 8 layers is written: figures are about speed only.

On a GPU: build llama-cpp-python and the peers for it (`-DGGML_CUDA=ON`), then `--model FILE --sequences 64`; a
`--bandwidth` in GB/s gives the share of the memory's speed as well. A card needs the file's size and 4 GB more, twice
over, for Bylaw and llama-server are loaded side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from benchmarks.engine import answers, same_tokens
from benchmarks.engine.plan import FULL, QUICK, REPLY_TOKENS, Machine, Plan, for_machine
from benchmarks.engine.reference_speed import ReferenceSpeed
from benchmarks.engine.results import Figures, share_of_bandwidth, speed_as_json
from benchmarks.engine.steered_model import is_random, steer
from benchmarks.engine.table import first_table, second_table
from benchmarks.peers.batched_bench import BatchedBench
from benchmarks.peers.llama_server import ServerSettings
from benchmarks.peers.programs import DEFAULT_FOLDER, MissingPeers, PeerFailed, check_programs
from benchmarks.peers.worker import WorkerDied
from benchmarks.random_model import write_random_model
from benchmarks.workload.jobs import words_of_prompts
from bot.log import configure_logging
from classifier.llama.device.devices import default_threads, find_machine
from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import describe_model
from classifier.llama.model_file.vocabulary import open_vocabulary

Say = Callable[[str], None]

_BROKE_OFF = (
    aiohttp.ClientError,
    PeerFailed,
    WorkerDied,
    TimeoutError,
)  # of one workload; what the others gave is kept
_WORKLOADS = (*same_tokens.ABOUT, *answers.ABOUT)


async def run(machine: Machine, plan: Plan, wanted: frozenset[str], say: Say) -> dict[str, Any]:
    """Everything that was asked for, as one JSON object."""
    vocabulary = open_vocabulary(machine.model)
    say("llama-batched-bench: what the machine can compute")
    bench = BatchedBench(
        folder=machine.peers, model=machine.model, threads=machine.threads, gpu_layers=machine.gpu_layers
    )
    reference = await ReferenceSpeed.find(bench, plan.bench, plan.sequences)
    found: dict[str, Figures] = {}
    for name in same_tokens.ABOUT:
        if name in wanted:
            say(f"{name}: {same_tokens.ABOUT[name]}")
            load = same_tokens.workload(name, plan, vocabulary)
            try:
                found[name] = await same_tokens.measure(load, machine, plan, reference, vocabulary, say)
            except _BROKE_OFF as error:
                say(f"{name} is left out, a side broke off: {_one_line(error)}")
    if wanted & answers.ABOUT.keys():
        say("useful answers")
        try:
            found |= await answers.measure(machine, plan, reference, _best_server(found, plan), vocabulary, wanted, say)
        except (answers.PoolTooSmall, *_BROKE_OFF) as error:
            say(f"no useful answers measured: {_one_line(error)}")
    return {
        "machine": _about_machine(machine),
        "model": _about_model(machine.model),
        "reply_tokens": REPLY_TOKENS,
        "ceiling": {
            "tried": [speed_as_json(speed) for speed in reference.tried],
            "share_of_bandwidth": share_of_bandwidth(
                max(reference.tried, key=lambda speed: speed.decode),
                weights=machine.model.stat().st_size,
                gb_per_s=machine.bandwidth,
            ),
        },
        "workloads": {name: figures.as_json() for name, figures in found.items()},
    }


def _best_server(found: dict[str, Figures], plan: Plan) -> ServerSettings:
    """The settings that llama-server was fastest with at 20 policies."""
    best = found["twenty_policies"].llama_server.settings if "twenty_policies" in found else str(plan.server[0])
    return next(settings for settings in plan.server if str(settings) == best)


def _about_machine(machine: Machine) -> dict[str, Any]:
    device = find_machine().device(machine.gpu_layers)
    return {
        "device": device.name if device.is_gpu else platform.processor() or platform.machine(),
        "backend": device.backend,
        "cores": psutil.cpu_count(logical=False),
        "threads": machine.threads,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "llama_cpp_python": version("llama-cpp-python"),
    }


def _about_model(path: Path) -> dict[str, Any]:
    facts = describe_model(path)
    return {"file": path.name, "bytes": facts.size_bytes, "layers": facts.layers, "tokens": facts.n_vocab}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--quick", action="store_true", help="fewer messages and settings: half an hour on 2 cores")
    parser.add_argument("--only", nargs="+", choices=_WORKLOADS, default=(), metavar="NAME", help=", ".join(_WORKLOADS))
    parser.add_argument("--model", type=Path, metavar="FILE", help="a gpt-oss model file (GGUF)")
    parser.add_argument(
        "--vocab",
        type=Path,
        metavar="FILE",
        help="o200k_base.tiktoken, for the model written here; else a made-up vocabulary, texts about as long",
    )
    parser.add_argument(
        "--peers", type=Path, default=DEFAULT_FOLDER, metavar="FOLDER", help="where the peers were built"
    )
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--gpu-layers", type=int, help="layers on the GPU; all of them where there is one")
    parser.add_argument("--sequences", type=int, help="messages that Bylaw judges at once; its own choice if not set")
    parser.add_argument("--bandwidth", type=float, default=0.0, metavar="GB/S", help="of the device's memory")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when all was measured, 1 with one line about what is missing."""
    options = _parser().parse_args(arguments)
    configure_logging("error")
    try:
        check_programs(options.peers)
        with tempfile.TemporaryDirectory(prefix="bylaw-bench-") as folder:
            model = options.model or Path(folder) / "small.gguf"
            if options.model is None:
                write_random_model(
                    model, size="small", vocab=options.vocab, real_size=True, more_words=words_of_prompts()
                )
            layers = options.gpu_layers
            if layers is None:
                layers = 999 if find_machine().gpus else 0
            if is_random(model):
                model = _steered(model, Path(folder), options.threads)
            machine = Machine(
                model=model,
                peers=options.peers,
                threads=options.threads,
                gpu_layers=layers,
                sequences=options.sequences,
                bandwidth=options.bandwidth,
            )
            plan = for_machine(QUICK if options.quick else FULL, machine)
            wanted = frozenset(options.only) or frozenset(_WORKLOADS) - plan.left_out
            result = asyncio.run(run(machine, plan, wanted, _say))
    except (MissingPeers, ModelFileError, PeerFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(result) if options.json else f"{first_table(result)}\n{second_table(result)}")
    return 1 if wanted - result["workloads"].keys() else 0


def _steered(model: Path, folder: Path, threads: int) -> Path:
    _say("steering the random model, so that its verdicts differ")
    out = folder / f"steered-{model.name}"
    steer(model, out, open_vocabulary(model), threads=threads)
    return out


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
