"""How fast the lite judge is and how much it finds: `python -m benchmarks.lite [--data DIR] [--json] [--seconds N]`.

Speed is in messages per second of one core's time, under one starter policy and under all six. What is found is counted
on the half of the lines that was held out (`benchmarks.lite.rows`); ``--development`` shows the other half. Beside it
run a plain keyword filter, if the folder has ``lexicons/``, and TF-IDF cosine with the policies' examples. Prints
figures and judges none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.lite.figures import count, flagged_rows, messages_per_second, of_ten
from benchmarks.lite.filters import Filter, Keywords, Lite, TfIdf, starter_policies
from benchmarks.lite.rows import ALL, Row, own_rows, public_rows

ONE_POLICY = ("harassment",)
LOOK_ALIKES = ("report", "quote", "news", "lyrics", "figure", "counter-speech", "support")  #: kinds of our own lines


def filters(data: Path | None) -> dict[str, Filter]:
    """The lite judge and its peers."""
    policies = starter_policies()
    asked: dict[str, Filter] = {"lite": Lite(policies), "tf-idf": TfIdf(policies)}
    lexicon = data / "lexicons/dsojevic_profanity_en.json" if data else None
    if lexicon is not None and lexicon.is_file():
        asked["keywords"] = Keywords(lexicon)
    return asked


async def speeds(asked: Mapping[str, Filter], texts: Sequence[str], seconds: float) -> dict[str, Any]:
    """Messages per second of each filter, and the lite judge's share of each peer's speed."""
    found: dict[str, Any] = {}
    for title, policies in (("one_policy", ONE_POLICY), ("six_policies", ALL)):
        measured = {name: await messages_per_second(each, texts, policies, seconds) for name, each in asked.items()}
        found[title] = {
            "messages_per_s": {name: round(value) for name, value in measured.items()},
            "ratio": {name: round(measured["lite"] / value, 5) for name, value in measured.items() if name != "lite"},
        }
    return found


async def findings(asked: Mapping[str, Filter], rows: Sequence[Row]) -> dict[str, Any]:
    """What each filter finds in each set, and how many of the look-alikes it flags."""
    sets: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        sets[row.set].append(row)
    look_alikes = [row for row in rows if row.kind in LOOK_ALIKES and not row.violates]
    found: dict[str, Any] = {}
    for name, each in asked.items():
        counts = {title: count(await flagged_rows(each, of_set)) for title, of_set in sorted(sets.items())}
        alike = count(await flagged_rows(each, look_alikes))
        found[name] = {
            "sets": {
                title: {
                    "violations": one.violations,
                    "recall": _rounded(one.recall),
                    "clear": one.clear,
                    "false_alarms": _rounded(one.false_alarm_rate),
                }
                for title, one in counts.items()
            },
            "look_alikes_flagged": [alike.false_alarms, alike.clear],
            # Our own lines alone say nothing about new wordings: whoever wrote them wrote the patterns.
            "found_of_ten": of_ten(counts.values()) if set(counts) != {"lines"} else None,
        }
    return found


async def measure(data: Path | None, *, held_out: bool = True, seconds: float = 3.0) -> dict[str, Any]:
    """Everything, as one object."""
    rows = [row for row in _rows(data) if row.held_out is held_out]
    asked = filters(data)
    return {
        "half": "held out" if held_out else "development",
        "speed": await speeds(asked, [row.text for row in rows if row.set == "lines"], seconds),
        "found": await findings(asked, rows),
    }


def _rows(data: Path | None) -> Iterator[Row]:
    yield from own_rows()
    if data is not None:
        yield from public_rows(data)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def show(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines of text."""
    for title, speed in figures["speed"].items():
        for name, value in speed["messages_per_s"].items():
            ratio = f"  lite takes {1 / speed['ratio'][name]:.0f} times as long" if name in speed["ratio"] else ""
            yield f"{title:>13}  {name:<9} {value:>9,} messages/s{ratio}"
    for name, found in figures["found"].items():
        yield f"{name} on the {figures['half']} half:"
        for title, one in found["sets"].items():
            yield (
                f"  {title:<24} recall {_share(one['recall'])} of {one['violations']:>6,}"
                f"   false alarms {_share(one['false_alarms'])} of {one['clear']:>6,}"
            )
        flagged, of = found["look_alikes_flagged"]
        yield f"  look-alikes flagged: {flagged} of {of}"
        if found["found_of_ten"] is not None:
            yield f"  of ten new wordings found: about {found['found_of_ten']}"


def _share(value: float | None) -> str:
    return "    –" if value is None else f"{value:5.3f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with public sets; without it only our own lines count")
    parser.add_argument("--development", action="store_true", help="show the half that patterns were written on")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each figure of speed")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    given = parser.parse_args()
    figures = asyncio.run(measure(given.data, held_out=not given.development, seconds=given.seconds))
    print(json.dumps(figures) if given.json else "\n".join(show(figures)))


if __name__ == "__main__":
    main()
