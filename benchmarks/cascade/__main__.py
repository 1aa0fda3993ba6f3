"""Does the cascade keep its promise, what does it save, and how soon does it notice that it fails?

    python -m benchmarks.cascade [--seeds N] [--replies FILE] [--model FILE.gguf] [--plot FILE] [--json]

Simulated (`simulation`). Where a model file is named, with the costs of the engine (`speed`); with `--memory`, what the
policies of 1, 20 and 200 servers take (`memory`); with `--peers`, the whole beside llama-server (`whole`). The keys of
the last line are those of a promise of 99 % and a look with an AUC of 0.995; every other line is under `settings`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.cascade.memory import measure_memory
from benchmarks.cascade.simulation import AUCS, PREVALENCE, RECALLS, Costs, Setting, read_replies, run, summary
from benchmarks.cascade.speed import Speed, measure
from benchmarks.cascade.whole import Assumed, measure_whole

_KEYS = ("promise_kept", "clean_skipped", "detect_after", "cost_six_policies_over_one")


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100, help="runs for each line (default: 100)")
    parser.add_argument("--replies", type=Path, help="what the real model answered: real20b_replies.jsonl")
    parser.add_argument("--model", type=Path, help="measure the engine's costs on this file")
    parser.add_argument("--messages", type=int, default=64, help="of each measurement of the engine (default: 64)")
    parser.add_argument("--servers", type=int, default=20, help="with policies of their own (default: 20)")
    parser.add_argument(
        "--memory", type=int, metavar="LOOKS", help="how many looks to measure the policies' memory with"
    )
    parser.add_argument("--room", type=float, metavar="MB", help="for policies, with --memory; what the engine takes")
    parser.add_argument("--peers", type=Path, help="measure the whole beside the llama-server in this folder")
    parser.add_argument("--rounds", type=int, default=1, help="with --peers (default: 1)")
    parser.add_argument("--only-engine", action="store_true", help="no simulation: only --memory and --peers")
    parser.add_argument("--skipped", type=float, help="messages that the look settles, with --peers; as simulated")
    parser.add_argument("--plot", type=Path, help="draw the reasoning saved against the look's quality")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    replies = read_replies(options.replies)
    speed, costs, thinking = None, Costs(), round(statistics.fmean(replies.clear))
    if options.only_engine:
        if not options.model or (options.peers and options.skipped is None):
            parser.error("--only-engine needs --model, and with --peers also --skipped")
        memory, whole = _engine_beside(options, options.skipped or 0.0, thinking)
        print(json.dumps({"memory": memory, "whole": whole}))
        return
    if options.model:
        speed = asyncio.run(
            measure(options.model, messages=options.messages, servers=options.servers, thinking_tokens=thinking)
        )
        costs = costs_of(speed)
        print("  ".join(f"{name} {value:.4g}" for name, value in asdict(speed).items()), flush=True)
    lines = []
    for recall in RECALLS:
        for auc in AUCS:
            setting = Setting(recall=recall, auc=auc)
            lines.append(summary(setting, [run(setting, seed, replies, costs) for seed in range(options.seeds)]))
            _show(lines[-1])
    simulated = float(str(lines[-1]["clean_skipped"] or 0.0)) * (1.0 - PREVALENCE)
    memory, whole = _engine_beside(options, options.skipped or simulated, thinking)
    if options.plot:
        draw(lines, options.plot)
    if options.json:
        measured = None if speed is None else asdict(speed)
        found = {key: lines[-1][key] for key in _KEYS}
        print(json.dumps({**found, "engine": measured, "memory": memory, "whole": whole, "settings": lines}))


def _engine_beside(
    options: argparse.Namespace, skipped: float, thinking: int
) -> tuple[list[dict[str, object]], dict[str, object] | None]:
    """What the policies take of the memory, and the whole beside llama-server, where they are asked for."""
    memory = []
    if options.model and options.memory:
        for use in measure_memory(options.model, looks=options.memory, room_mb=options.room):
            memory.append(asdict(use))
            _show(memory[-1])
    if not (options.model and options.peers):
        return memory, None
    assumed = Assumed(
        thinking_tokens=thinking,
        skipped=skipped,
        messages=options.messages,
        rounds=options.rounds,
    )
    whole = asyncio.run(measure_whole(options.model, options.peers, assumed)).figures()
    _show(whole)
    return memory, whole


def _show(figures: Mapping[str, object]) -> None:
    print("  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)


def costs_of(speed: Speed) -> Costs:
    """What was measured, as the simulation counts it."""
    written = (speed.reasoning - speed.look_at_one) / speed.thinking_tokens
    return Costs(look=speed.look_at_six, begin=speed.look_at_one, written=written)


def draw(lines: list[dict[str, object]], file: Path) -> None:
    """One curve for each promise."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "the same file each time"
    from matplotlib import pyplot as plt
    from matplotlib.ticker import PercentFormatter

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for recall in RECALLS:
        mine = [line for line in lines if line["recall"] == recall]
        axes.plot(
            [str(line["auc"]) for line in mine],
            [float(str(line["reasoning_saved"] or 0.0)) for line in mine],  # where it never starts, nothing is saved
            marker="o",
            label=f"{recall:.0%} of violations found",
        )
    axes.set(xlabel="quality of the first look (AUC)", ylabel="time for reasoning saved", ylim=(0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
