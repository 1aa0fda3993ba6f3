"""How much is measured, and with which settings of the peers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.peers.llama_server import ServerSettings
from benchmarks.peers.programs import AS_IN_FILE

REPLY_TOKENS = 64  #: what every side writes about a message where all do the same, and Bylaw's reasoning budget
LOAD = 0.7  #: latency is measured at this share of Bylaw's own rate

_BASE = ServerSettings(flash=False)
#: What was fastest on 2 cores, under one policy and under 20: what --quick has the time for.
FAVOURITES = (replace(_BASE, slots=32),)
EVERY_SETTING = (
    *(replace(_BASE, slots=slots) for slots in (4, 8, 16, 32)),
    *(replace(_BASE, slots=slots, swa_full=False) for slots in (16, 32)),
    replace(_BASE, flash=True),
    replace(_BASE, repack=False),
    replace(_BASE, flash=True, repack=False),
    replace(_BASE, unified=True),
    replace(_BASE, unified=True, swa_full=False),
    replace(_BASE, batch=128),
    replace(_BASE, batch=2048),
    replace(_BASE, cache_ram=0),
    replace(_BASE, cache_reuse=64),
    replace(_BASE, backend_sampling=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What runs on what."""

    model: Path
    peers: Path
    threads: int
    gpu_layers: int  #: 0: all on the CPU
    sequences: int | None = None  #: how many messages Bylaw judges at once; None: what it chooses itself
    bandwidth: float = 0.0  #: GB/s that the device's memory can do; 0: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Numbers of messages and of rounds. Bylaw, llama-server and the yardstick take turns; medians count."""

    rounds: int
    answer_rounds: int  #: the same for the second table
    clean_rounds: int  #: and for its clean traffic, where a round is long
    messages: int  #: a round: full batches of 32, or what joins last is computed in half-empty ones
    trial: int  #: messages for each setting of llama-server that is tried
    alone: int  #: messages that go through create_completion one after the other
    warm: int  #: messages before the clock starts
    probes: int  #: messages a round if nothing is written
    timed: int  #: messages that come at a fixed rate
    clean: int  #: messages a round of clean traffic: few of them are written about, and those shall fill a batch
    pool: int  #: messages judged to find the clear and the broken ones for clean traffic
    left_out: frozenset[str]  #: workloads that are only measured when they are asked for
    server: tuple[ServerSettings, ...]  #: the settings of llama-server that are tried on each workload
    bench: tuple[tuple[str, ...], ...]  #: the settings of llama-batched-bench that are tried
    sequences: tuple[int, ...]  #: how many sequences llama-batched-bench decodes at once


_FASTEST = ("-no-kvu", "-fa", "off")  # on 2 cores
_EVERY_BENCH = tuple(
    (layout, "-fa", flash, *repack)
    for layout in ("-no-kvu", "-kvu")
    for flash in ("off", "on")
    for repack in ((AS_IN_FILE,), ())
)
QUICK = Plan(
    rounds=5,
    answer_rounds=5,
    clean_rounds=2,
    messages=32,
    trial=32,
    alone=4,
    warm=60,
    probes=64,
    timed=16,
    clean=128,
    pool=300,
    left_out=frozenset({"raid", "raid_answers"}),
    server=FAVOURITES,
    bench=(_FASTEST, ("-kvu", "-fa", "off"), ("-kvu", "-fa", "on")),
    sequences=(16, 32),
)
FULL = Plan(
    rounds=5,
    answer_rounds=5,
    clean_rounds=5,
    messages=128,
    trial=64,
    alone=16,
    warm=400,
    probes=256,
    timed=96,
    clean=256,
    pool=1000,
    left_out=frozenset(),
    server=EVERY_SETTING,
    bench=_EVERY_BENCH,
    sequences=(8, 16, 32, 64),
)


def for_machine(plan: Plan, machine: Machine) -> Plan:
    """The plan with settings that suit the machine: more slots where Bylaw is told to judge more at once, and on a GPU
    nothing that is about the memory of a CPU."""
    factor = max(1, (machine.sequences or _BASE.slots) // _BASE.slots)
    on_gpu = machine.gpu_layers > 0
    server = (
        replace(each, slots=each.slots * factor, flash=each.flash or on_gpu, repack=each.repack or on_gpu)
        for each in plan.server
    )
    bench = ((each[0], "-fa", "on") if on_gpu else each for each in plan.bench)
    return replace(
        plan,
        server=tuple(dict.fromkeys(server)),
        bench=tuple(dict.fromkeys(bench)),
        sequences=tuple(number * factor for number in plan.sequences),
        messages=plan.messages * factor,
        trial=plan.trial * factor,
        probes=plan.probes * factor,
        timed=plan.timed * factor,
        clean=plan.clean * factor,
        pool=plan.pool * factor,
    )
