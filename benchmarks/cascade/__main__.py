"""Does the cascade keep its promise, what does it save, and how soon does it notice that it fails?

    python -m benchmarks.cascade [--seeds N] [--replies FILE] [--model FILE.gguf] [--plot FILE] [--json]

Simulated (`simulation`), with the costs of the engine on a model file where one is named (`speed`). The keys of the
last line are those of a promise of 99 % and a look with an AUC of 0.995; every other line is under `settings`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from dataclasses import asdict
from pathlib import Path

from benchmarks.cascade.simulation import AUCS, RECALLS, Costs, Setting, read_replies, run, summary
from benchmarks.cascade.speed import Speed, measure

_KEYS = ("promise_kept", "clean_skipped", "detect_after", "cost_six_policies_over_one")


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100, help="runs for each line (default: 100)")
    parser.add_argument("--replies", type=Path, help="what the real model answered: real20b_replies.jsonl")
    parser.add_argument("--model", type=Path, help="measure the engine's costs on this file")
    parser.add_argument("--messages", type=int, default=64, help="of each measurement of the engine (default: 64)")
    parser.add_argument("--servers", type=int, default=20, help="with policies of their own (default: 20)")
    parser.add_argument("--plot", type=Path, help="draw the share skipped against the look's quality")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    replies = read_replies(options.replies)
    speed, costs = None, Costs()
    if options.model:
        thinking = round(statistics.fmean(replies.clear))
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
            print("  ".join(f"{name} {value}" for name, value in lines[-1].items()), flush=True)
    if options.plot:
        draw(lines, options.plot)
    if options.json:
        measured = None if speed is None else asdict(speed)
        print(json.dumps({**{key: lines[-1][key] for key in _KEYS}, "engine": measured, "settings": lines}))


def costs_of(speed: Speed) -> Costs:
    """What was measured, as the simulation counts it."""
    written = (speed.reasoning - speed.look_at_one) / speed.thinking_tokens
    return Costs(look=speed.look_at_six, begin=speed.look_at_one, written=written)


def draw(lines: list[dict[str, object]], file: Path) -> None:
    """One curve for each promise."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for recall in RECALLS:
        mine = [line for line in lines if line["recall"] == recall]
        axes.plot(
            [str(line["auc"]) for line in mine],
            [float(str(line["clean_skipped"])) for line in mine],
            marker="o",
            label=f"{recall:.0%} of violations found",
        )
    axes.set(xlabel="quality of the first look (AUC)", ylabel="clear messages not reasoned about", ylim=(0, 1))
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
