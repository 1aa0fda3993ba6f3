"""`bylaw plan`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]
BENCH = {
    "places": 32,
    "prompt_tokens_per_second": 1_000.0,
    "rates": [
        {"at_once": 1, "reply_tokens_per_second": 40.0},
        {"at_once": 64, "reply_tokens_per_second": 300.0},
    ],
}


def test_a_plan_from_what_was_measured(bylaw: Bylaw) -> None:
    """The best rate counts, with no more places than the engine has."""
    Path("bench.json").write_text(json.dumps(BENCH))
    arguments = ("plan", "--messages-per-day", "20000", "--policies", "6", "--bench", "bench.json", "--skipped", "0.8")
    out = bylaw(*arguments).out
    assert "20,000 messages a day, 6 policies" in out
    assert "32 judgements at once" in out
    assert "Every policy reasoned:" in out
    assert "With the cascade:" in out
    (row,) = bylaw(*arguments, "--json").rows
    assert row["speeds"] == {"read": 1000.0, "written": 300.0, "places": 32}
    plans = row["plans"]
    assert plans["with the cascade"]["share"] < plans["every policy reasoned"]["share"] / 3


def test_a_plan_from_entered_speeds(bylaw: Bylaw) -> None:
    """Too much for one machine is said, with how many are needed."""
    out = bylaw("plan", "--messages-per-day", "1000000", "--read", "5000", "--written", "900").out
    assert "it falls behind" in out
    assert "machines are needed" in out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rates": []}', "no json", '{"rates": [{}], "places": 1}'])
def test_a_file_of_something_else_is_one_line(bylaw: Bylaw, text: str) -> None:
    """It says what to run."""
    Path("bench.json").write_text(text)
    outcome = bylaw("plan", "--messages-per-day", "10", "--bench", "bench.json")
    assert outcome.code == 2
    assert "bylaw model bench --json" in outcome.complaint


def test_without_speeds_there_is_no_plan(bylaw: Bylaw) -> None:
    """One line names both ways; a file that is not there is named."""
    assert "--bench FILE" in bylaw("plan", "--messages-per-day", "10").complaint
    assert "none.json" in bylaw("plan", "--messages-per-day", "10", "--bench", "none.json").complaint


@pytest.mark.parametrize("speed", ["0", "-5", "NaN", "Infinity", "1e999"])
@pytest.mark.parametrize("name", ["prompt_tokens_per_second", "places"])
def test_speeds_that_are_none_are_one_line(bylaw: Bylaw, speed: str, name: str) -> None:
    """A file that somebody edited."""
    text = json.dumps(BENCH).replace(f'"{name}": {json.dumps(BENCH[name])}', f'"{name}": {speed}')
    Path("bench.json").write_text(text)
    assert "run it again" in bylaw("plan", "--messages-per-day", "10", "--bench", "bench.json").complaint


@pytest.mark.parametrize("number", ["inf", "nan", "0", "-1", "1e300"])
def test_numbers_of_messages_that_are_none_are_one_line(bylaw: Bylaw, number: str) -> None:
    """It says what is allowed."""
    outcome = bylaw("plan", "--messages-per-day", number, "--read", "1000", "--written", "300")
    assert outcome.code == 2
    assert "messages-per-day" in outcome.complaint


def test_many_servers_need_memory_for_their_policies(bylaw: Bylaw) -> None:
    """What is read again is said and counted; with too little for one server's policies there is no look."""
    arguments = ("plan", "--messages-per-day", "20000", "--policies", "6", "--read", "5000", "--written", "900")
    many = (*arguments, "--skipped", "0.8", "--servers", "200", "--policy-memory")
    assert "of looks read their policies again" in bylaw(*many, "10").out
    (row,) = bylaw(*many, "10", "--json").rows
    (roomy,) = bylaw(*many, "1000", "--json").rows
    assert row["plans"]["with the cascade"]["share"] > roomy["plans"]["with the cascade"]["share"]
    assert "there is no look and every policy is judged alone" in bylaw(*many, "0.1").out
    assert "--policy-memory GB" in bylaw(*arguments, "--servers", "200").complaint
