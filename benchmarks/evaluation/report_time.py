"""How long a report takes: `python -m benchmarks.evaluation.report_time [--rows 100000] [--json]`.

A run is made up with that many predictions under a policy of eight rules, with one label and with eight, and reported
by the same code as `bylaw eval report`: reading, figures with 1,000 resamples, plots, both pages. There is no peer; the
target is 30 seconds for 100,000 predictions.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from bot.evaluation.figures.summary import figures_of
from bot.evaluation.reports.files import write_report
from bot.evaluation.runs.journal import Journal
from bot.evaluation.runs.manifest import Data, JudgeUsed, Manifest, PolicyUsed
from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.sets.card import Label

RULES = tuple(f"R{number}" for number in range(1, 9))


def made_up_run(folder: Path, rows: int, labels: int, *, seed: int = 1) -> None:
    """Write a run with this many predictions."""
    draw = random.Random(seed)
    used = tuple(Label(name=f"label-{rule}", rules=(rule,)) for rule in RULES[:labels])
    policy = PolicyUsed(
        file="made-up.md", sha256="", fingerprint="0", title="Made up", rules={rule: f"Rule {rule}" for rule in RULES}
    )
    manifest = Manifest(
        name="made-up",
        labels=used,
        data=Data(file="made-up.jsonl", path="made-up.jsonl", sha256="0", rows=rows),
        policy=policy,
        judge=JudgeUsed(name="scripted", id="scripted:1"),
        effort="low",
        wording="",
        build={},
        started="2026-01-31T12:00:00+00:00",
    )
    with Journal(folder, manifest) as journal:
        for row in range(rows):
            named = tuple(rule for rule in RULES if draw.random() < 0.03)
            journal.add(
                Prediction(
                    row=row,
                    id=row,
                    labels={label.name: (label.rules[0] in named) ^ (draw.random() < 0.02) for label in used},
                    cluster=str(draw.randrange(rows)),
                    outcome="violation" if named else "clear",
                    rules=named,
                    score=draw.random() / 2 + 0.5 * bool(named),
                    rationale="A rationale of ordinary length, which says in a sentence or two what was seen.",
                    method="scripted",
                    prompt_tokens=900,
                    reply_tokens=180,
                    seconds=0.3,
                )
            )


def main(arguments: list[str] | None = None) -> int:
    """Print how many seconds a report takes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    found: dict[str, float] = {"rows": given.rows}
    for labels in (1, len(RULES)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made_up_run(folder, given.rows, labels)
            started, computed = time.perf_counter(), time.process_time()
            write_report(folder, [figures_of(folder)], {})
            seconds, cpu = time.perf_counter() - started, time.process_time() - computed
        found[f"seconds_{labels}_labels"] = round(seconds, 2)
        found[f"cpu_seconds_{labels}_labels"] = round(cpu, 2)
        if not given.json:
            print(f"{given.rows:,} predictions, {labels} label(s): {seconds:.1f} s, of which {cpu:.1f} s computing")
    if given.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
