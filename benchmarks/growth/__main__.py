"""How time grows with size: `python -m benchmarks.growth [--full] [--only NAME ...] [--json]`.

Each line is the same work at several sizes, each in a process of its own: the times, the exponent of their growth (0 is
flat, 1 is in proportion, 2 is quadratic), and how late the event loop was meanwhile because of the bot's own work.
Nothing may grow faster than its input, and the loop may be 50 ms late in 1 of 100 turns. Everything is the real bot
over a real SQLite file, but for Discord and the judge, which answer at once. Beside connecting runs a bare discord.py
client in as many servers.

The sizes are small by default, and it takes two minutes. `--full` goes up to 5,000 servers with 50,000 channels,
1,000,000 cases and a member with 10,000 messages, which takes ten minutes and 3 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from benchmarks.growth.figures import Measure, table
from benchmarks.growth.scenarios import SCENARIOS, measure


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 if nothing grows faster than its input and the event loop keeps its time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.partition(":")[0])
    parser.add_argument("--full", action="store_true", help="the sizes that the targets are for")
    parser.add_argument("--only", nargs="+", choices=sorted(SCENARIOS), default=list(SCENARIOS), metavar="NAME")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    found: list[Measure] = []
    for name in options.only:
        print(f"measuring {name}", file=sys.stderr)
        found += measure(name, full=options.full)
    troubles = [f"{each.name}: {trouble}" for each in found for trouble in each.troubles]
    if options.json:
        print(json.dumps({"load": load, "measures": [each.as_json() for each in found], "troubles": troubles}))
    else:
        print(table(found))
        for each in found:
            for key in next(iter(each.samples.values())).details:
                by_size = ", ".join(f"{size:,}: {sample.details[key]}" for size, sample in each.samples.items())
                print(f"{each.name}, {key}: {by_size}")
        print(*(troubles or ["Nothing grows faster than its input."]), sep="\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
