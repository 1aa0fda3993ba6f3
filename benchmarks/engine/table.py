"""The figures as Markdown, from the JSON: `python -m benchmarks.engine.table FILE.json [--into docs/engine.md]`.

With `--into` the text between the two marks of that page is replaced, so no figure is ever typed by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures: benchmarks.engine.table -->", "<!-- end of figures -->"
SECOND = ("answers", "clean", "raid_answers")

_Json = Mapping[str, Any]


def first_table(result: _Json) -> str:
    """Messages a second where every side writes the same tokens."""
    return _table(result, [name for name in result["workloads"] if name not in SECOND])


def second_table(result: _Json) -> str:
    """Messages a second where every side gives the same answers."""
    return _table(result, [name for name in SECOND if name in result["workloads"]])


def _table(result: _Json, names: Sequence[str]) -> str:
    head = (
        "workload", "Bylaw", "llama-server", "one at a time", "ceiling", "of the ceiling", "x llama-server",
        "x one at a time",
    )  # fmt: skip
    rows = []
    for name in names:
        row = result["workloads"][name]
        rates = (row["bylaw"], row["llama_server"], row["sequential"], row["ceiling"])
        share = f"{row['share_of_ceiling']:.0%}"
        times = (row["times_llama_server"], row["times_sequential"])
        rows.append((name, *map(_rate, rates), share, *map(_rate, times)))
    return _markdown(head, rows)


def latency_table(result: _Json) -> str:
    """How long answers take, and what is held in memory meanwhile."""
    head = ("workload", "messages/s coming", "Bylaw p50 / p95, s", "llama-server p50 / p95, s", "Bylaw MB", "server MB")
    rows = []
    for name, row in result["workloads"].items():
        ours, peer = row["detail"]["bylaw"], row["detail"]["llama_server"]
        rows.append(
            (
                name,
                _rate(ours["latency"]["rate"]),
                _percentiles(ours),
                _percentiles(peer),
                str(ours["memory_mb"]),
                str(peer["memory_mb"]),
            )
        )
    return _markdown(head, rows)


def spread_table(result: _Json) -> str:
    """How many rounds there were, and how far each side's lie apart."""
    head = ("workload", "rounds", "Bylaw", "llama-server", "ceiling")
    rows = []
    for name, row in result["workloads"].items():
        spread = row.get("spread", {})  # results from before it was reported have none
        shares = (f"{spread[side]:.0%}" if side in spread else "-" for side in ("bylaw", "llama_server", "ceiling"))
        rows.append((name, str(len(row["detail"]["bylaw"]["rounds"])), *shares))
    return _markdown(head, rows)


def settings_list(result: _Json) -> str:
    """What every side was started with."""
    lines = []
    for name, row in result["workloads"].items():
        detail, speed = row["detail"], row["speed"]
        lines.append(f"- {name}: {row['about']}")
        lines.append(f"    - Bylaw: {detail['bylaw']['settings']}")
        lines.append(f"    - llama-server: `{detail['llama_server']['settings']}`{_others(detail['llama_server'])}")
        lines.append(
            f"    - llama-batched-bench: `{speed['settings']}`, {speed['sequences']} sequences: "
            f"{speed['prompt']:.0f} prompt and {speed['decode']:.0f} decoded tokens/s"
        )
    return "\n".join(lines)


def page(result: _Json) -> str:
    """Everything between the marks."""
    machine, model = result["machine"], result["model"]
    about = (
        f"Measured on {machine['device']} ({machine['backend']}), {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"llama-cpp-python {machine['llama_cpp_python']}, with {model['file']} ({model['bytes'] / 1e6:.0f} MB, "
        f"{model['layers']} layers, {model['tokens']:,} tokens). Messages a second."
    )
    parts = (
        about,
        f"Every side writes the same {result['reply_tokens']} tokens:",
        first_table(result),
        "Every side gives the same answers:",
        second_table(result),
        "Answer times when messages arrive at 70 % of Bylaw's own rate, and memory:",
        latency_table(result),
        "How much the rounds of each side differ: the fastest minus the slowest, as a share of the median:",
        spread_table(result),
        "Settings. For the peers, the fastest that we tried (rates of the others in brackets):",
        settings_list(result),
    )
    return "\n\n".join(parts)


def put_into(text: str, figures: str) -> str:
    """The page with these figures between its marks.

    Raises:
        ValueError: it has no marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _percentiles(side: _Json) -> str:
    latency = side["latency"]
    return f"{latency['p50']:.1f} / {latency['p95']:.1f}"


def _others(server: _Json) -> str:
    others = ", ".join(f"`{name}` {rate:.2f}" for name, rate in server["other_settings"].items())
    return f" ({others})" if others else ""


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when the text was printed or put into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine.table", description=__doc__.partition(":")[0])
    parser.add_argument(
        "result", type=Path, metavar="FILE.json", help="what python -m benchmarks.engine --json printed"
    )
    parser.add_argument("--into", type=Path, metavar="PAGE.md", help="replace the figures of this page")
    options = parser.parse_args(arguments)
    try:
        figures = page(json.loads(options.result.read_text(encoding="utf-8")))
        if options.into is None:
            print(figures)
        else:
            options.into.write_text(put_into(options.into.read_text(encoding="utf-8"), figures), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
