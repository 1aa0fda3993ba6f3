"""The benchmark of a round's end: its clock, its orders, and what it says when there is nothing to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.round_end import LoggedReply, gains, longest_first, main, read_replies, round_seconds


def reply(tokens: int, policy: str = "p") -> LoggedReply:
    return LoggedReply(policy=policy, message_chars=tokens, tokens=tokens)


def test_a_long_reply_at_the_end_costs_more_than_at_the_start() -> None:
    """Behind the others it is alone; beside them it is nearly free."""
    short = [reply(50)] * 63
    assert round_seconds([*short, reply(500)]) > 1.04 * round_seconds([reply(500), *short])


def test_longest_first_looks_at_the_window_alone() -> None:
    """Everyone comes once, and of equals the first."""
    work = [reply(1), reply(2), reply(9), reply(3)]
    assert [each.tokens for each in longest_first(work, lambda each: each.tokens, window=2)] == [2, 9, 3, 1]
    assert [each.tokens for each in longest_first(work, lambda _: 0.0, window=4)] == [1, 2, 9, 3]


def test_known_lengths_save_time() -> None:
    """A policy whose replies are all long is as good as a known length."""
    work = [reply(20)] * 15 + [reply(400, "slow")]
    saved = gains(work, messages=96, rounds=2)
    assert saved["by its own length, among all"] > 0.02
    assert saved["by its policy's mean, among all"] == pytest.approx(saved["by its own length, among all"])


def test_lengths_are_read_from_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cut at the budget, without replies that have none; a file that is none is one line."""
    log = tmp_path / "log.jsonl"
    row = {"policy": "p", "content_chars": 7, "replies": [{"completion_tokens": 5000}, {"completion_tokens": 3}]}
    log.write_text(f"{json.dumps(row)}\n{json.dumps({**row, 'replies': []})}\n")
    assert read_replies(log) == [LoggedReply(policy="p", message_chars=7, tokens=1024)]
    assert main([str(tmp_path / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err
