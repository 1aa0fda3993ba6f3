"""What the real model did in public logs: `python -m benchmarks.evaluation.public_replies FILE [--into PAGE] [--json]`.

The file holds prompts to gpt-oss-safeguard-20b that other people sent, with the label that was expected, what the model
said and how long it thought; figures only, no texts. They were asked with other policies and another wording than
Bylaw's, so this says what the model is like and not how well Bylaw judges. With `--into` the tables replace those
between `<!-- public -->` and `<!-- /public -->` of a page.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluation.figures.rates import Counts, exact_interval, rate_intervals
from bot.evaluation.reports.blocks import Block, Paragraph, Table
from bot.evaluation.reports.markdown import markdown
from bot.evaluation.reports.words import rate_with

BUDGETS = (256, 768, 1_024, 2_048, 4_096)
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
BEGIN, END = "<!-- public -->", "<!-- /public -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A prompt's first reply. Later ones are repetitions, which would count some prompts twice."""

    category: str
    expected: bool
    violation: bool
    reasoning_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The file."""

    sha256: str
    replies: Sequence[Reply]
    all_reasoning_tokens: Sequence[int]  #: of every reply, repetitions too
    repeated: int  #: prompts with more than one reply
    flipped: int  #: of those, how many got different answers
    finished: int  #: replies that ended by themselves


def read_logs(path: Path) -> Logs:
    """Read the file.

    Raises:
        ValueError: it is none of the agreed shape.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    rows = [json.loads(line) for line in data.splitlines() if line.strip()]
    answers = [row["replies"] for row in rows]
    return Logs(
        sha256=hashlib.sha256(data).hexdigest(),
        replies=[_reply(row) for row in rows if _labelled(row)],
        all_reasoning_tokens=[each["reasoning_tokens"] for replies in answers for each in replies],
        repeated=sum(len(replies) > 1 for replies in answers),
        flipped=sum(len({each["violation"] for each in replies}) > 1 for replies in answers),
        finished=sum(each["finish_reason"] == "stop" for replies in answers for each in replies),
    )


def _labelled(row: dict[str, Any]) -> bool:
    return row["expected"] is not None and row["replies"][0]["violation"] is not None


def _reply(row: dict[str, Any]) -> Reply:
    first = row["replies"][0]
    return Reply(
        category=row["category"],
        expected=bool(row["expected"]),
        violation=bool(first["violation"]),
        reasoning_tokens=first["reasoning_tokens"],
    )


def counts_of(replies: Sequence[Reply]) -> Counts:
    """How many were right."""
    pairs = [(each.expected, each.violation) for each in replies]
    return Counts(
        tp=pairs.count((True, True)),
        fp=pairs.count((False, True)),
        tn=pairs.count((False, False)),
        fn=pairs.count((True, False)),
    )


def as_json(logs: Logs) -> dict[str, Any]:
    """All figures."""
    counts = counts_of(logs.replies)
    categories = sorted({each.category for each in logs.replies})
    tokens = np.array(logs.all_reasoning_tokens)
    return {
        "sha256": logs.sha256,
        "prompts": len(logs.replies),
        "replies": len(tokens),
        "precision": counts.precision,
        "recall": counts.recall,
        "recall_by_category": {
            name: counts_of([each for each in logs.replies if each.category == name]).recall for name in categories
        },
        "reasoning_tokens": {f"p{100 * each:g}": float(np.quantile(tokens, each)) for each in QUANTILES},
        "over": {str(budget): float(np.mean(tokens > budget)) for budget in BUDGETS},
        "repeated": logs.repeated,
        "flipped": logs.flipped,
        "finished": logs.finished,
    }


def tables(logs: Logs) -> list[Block]:
    """The figures as tables."""
    counts = counts_of(logs.replies)
    found, intervals = as_json(logs), rate_intervals(counts)
    tokens = found["reasoning_tokens"]
    flips = exact_interval(logs.flipped, logs.repeated)
    return [
        Paragraph(
            f"{found['prompts']:,} prompts with {found['replies']:,} replies (sha256 {logs.sha256[:12]}). First "
            f"replies: precision {rate_with(counts.precision, intervals['precision'])}, "
            f"recall {rate_with(counts.recall, intervals['recall'])}. {logs.finished:,} replies ended by themselves."
        ),
        Table(("category", "prompts", "violations", "recall", "precision"), _by_category(logs)),
        Table(
            ("tokens of thinking", *(name if name != "p100" else "longest" for name in tokens)),
            [("all replies", *(f"{value:,.0f}" for value in tokens.values()))],
        ),
        Table(("what was thought over", *(f"over {budget:,}" for budget in BUDGETS)), _over_budgets(logs)),
        Paragraph(
            f"{logs.repeated:,} prompts were sent more than once; {logs.flipped:,} of them got different answers: "
            f"{rate_with(logs.flipped / logs.repeated if logs.repeated else None, flips)}."
        ),
    ]


def _by_category(logs: Logs) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for name in sorted({each.category for each in logs.replies}):
        counts = counts_of([each for each in logs.replies if each.category == name])
        intervals = rate_intervals(counts)
        lines.append(
            (
                name,
                f"{counts.n:,}",
                f"{counts.tp + counts.fn:,}",
                rate_with(counts.recall, intervals["recall"]),
                rate_with(counts.precision, intervals["precision"]),
            )
        )
    return lines


def _over_budgets(logs: Logs) -> list[tuple[str, ...]]:
    kinds = {
        "violations that were found": [each for each in logs.replies if each.expected and each.violation],
        "violations that were missed": [each for each in logs.replies if each.expected and not each.violation],
        "clear, and said so": [each for each in logs.replies if not each.expected and not each.violation],
    }
    lines: list[tuple[str, ...]] = [("all replies", *_shares_over(logs.all_reasoning_tokens))]
    lines += [(name, *_shares_over([each.reasoning_tokens for each in replies])) for name, replies in kinds.items()]
    return lines


def _shares_over(tokens: Sequence[int]) -> list[str]:
    return [f"{np.mean(np.array(tokens) > budget):.1%}" if tokens else "–" for budget in BUDGETS]


def into(page: str, blocks: Sequence[Block]) -> str:
    """The page with the tables between its marks.

    Raises:
        ValueError: it has no marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{markdown(blocks)}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Print the figures, or put them into a page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    logs = read_logs(given.file)
    if given.into:
        text = into(given.into.read_text(encoding="utf-8"), tables(logs))
        given.into.write_text(text, encoding="utf-8")
    print(json.dumps(as_json(logs)) if given.json else markdown(tables(logs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
