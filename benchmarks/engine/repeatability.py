"""How often a verdict changes: `python -m benchmarks.engine.repeatability MODEL [--rows 60] [--beside 31] [--json]`.

The same stages as `bylaw eval run --repeat`: every message is judged alone, beside other requests, and by an engine
that was started again. A file of `benchmarks.random_model` is steered first, so that its verdicts differ from message
to message; its scores then lie anywhere, also near the line, where a real model's hardly do after reasoning. So its
figures show what arithmetic alone changes. A real model thinks as it does in Bylaw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.engine.steered_model import is_random, steer
from benchmarks.workload.jobs import FENCE_KEY
from benchmarks.workload.traffic import MIXES, policies, posts
from bot.evaluation.figures.repeats import Repeatability, repeatability_of
from bot.evaluation.runs.repeats import RepeatJournal, judge_again, read_repeats, stages
from bot.evaluation.sets.row import LabelledRow
from classifier import Content, Effort, Message
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.model_file.vocabulary import open_vocabulary
from classifier.llama.options import EngineOptions, ReasoningTokens

_SEED = 31


async def measure(options: EngineOptions, folder: Path, *, rows: int, repeat: int, beside: int) -> list[Repeatability]:
    """Ask everything and count."""
    (policy,) = policies(1)
    wanted = [
        LabelledRow(number=n, id=n, content=Content(target=Message(text=post.text)), labels={}, cluster=str(n))
        for n, post in enumerate(posts(MIXES["one_policy"], rows, seed=_SEED), start=1)
    ]
    with RepeatJournal(folder) as journal:
        for start, of_one_start in enumerate(stages(repeat=repeat, beside=beside), start=1):
            judge = LlamaJudge(options)
            await judge.start()
            try:
                for stage in of_one_start:
                    await judge_again(
                        judge, wanted, journal, stage=stage, start=str(start), policy=policy, effort=Effort.LOW
                    )
            finally:
                await judge.close()
    return list(repeatability_of(read_repeats(folder)))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--beside", type=int, default=31)
    parser.add_argument("--tokens", type=int, help="of thinking; 32 for a random model, else Bylaw's budgets")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, model, tokens = Path(name), asked.model, asked.tokens
        if is_random(model):
            steer(model, folder / "steered.gguf", open_vocabulary(model), threads=asked.threads or 1)
            model, tokens = folder / "steered.gguf", tokens or 32
        thinking = ReasoningTokens.fixed(tokens) if tokens else ReasoningTokens()
        options = EngineOptions(
            model=model,
            fence_key=FENCE_KEY,
            threads=asked.threads,
            sequences=asked.beside + 1,
            reasoning_tokens=thinking,
        )
        found = asyncio.run(measure(options, folder, rows=asked.rows, repeat=asked.repeat, beside=asked.beside))
    for each in found:
        if asked.json:
            sys.stdout.write(json.dumps(asdict(each)) + "\n")
        else:
            low, high = each.interval or (0.0, 1.0)
            sys.stdout.write(
                f"{each.circumstance.value} beside {each.beside}: {each.changed} of {each.rows} rows changed "
                f"({low:.3f} to {high:.3f}), {each.asked} answers, undecided {each.undecided}, other rules "
                f"{each.other_rules}, score moved at most {each.moved:.2e}\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
