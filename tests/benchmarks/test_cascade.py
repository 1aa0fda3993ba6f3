"""The simulation of the cascade is right about what it counts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.cascade.__main__ import costs_of, main
from benchmarks.cascade.simulation import Costs, Replies, Setting, Traffic, read_replies, run, summary
from benchmarks.cascade.speed import Speed

EASY = Setting(recall=0.90, auc=0.999, prevalence=0.2)
REPLIES = Replies(clear=(100,), violation=(300,))


def test_the_scores_are_as_far_apart_as_the_auc_says() -> None:
    """The share of pairs in which the violation scores higher."""
    traffic = Traffic(Setting(recall=0.9, auc=0.95, prevalence=0.5), seed=1)
    clear, broken = list[float](), list[float]()
    for score, violation, _ in traffic.messages(2_000):
        (broken if violation else clear).append(score)
    pairs = [high > low for high, low in zip(broken, clear, strict=False)]
    assert sum(pairs) / len(pairs) == pytest.approx(0.95, abs=0.03)


def test_the_true_recall_is_what_is_counted() -> None:
    """The formula agrees with a count of drawn violations."""
    traffic = Traffic(Setting(recall=0.9, auc=0.95, prevalence=1.0), seed=2)
    scores = [score for score, _, _ in traffic.messages(4_000)]
    threshold = sorted(scores)[400]
    assert traffic.recall(threshold) == pytest.approx(0.9, abs=0.02)


def test_a_run_learns_works_and_notices() -> None:
    """With an easy look nearly everything clear is skipped, and a fall of the recall is noticed."""
    outcomes = [run(EASY, seed, REPLIES, Costs()) for seed in range(4)]
    line = summary(EASY, outcomes)
    assert line["started"] == 4
    assert float(str(line["clean_skipped"])) > 0.8
    assert line["detected"] == 1.0
    assert all(outcome.detected_after for outcome in outcomes)


def test_the_costs_are_those_of_the_engine() -> None:
    """A reasoning of the measured length costs what was measured."""
    speed = Speed(
        look_at_one=0.1,
        look_at_six=0.12,
        look_at_six_of_many=0.2,
        servers=20,
        reasoning=1.1,
        thinking_tokens=200,
        joint_prefix_tokens=3_000,
    )
    costs = costs_of(speed)
    assert costs.reasoning(200) == pytest.approx(1.1)
    assert costs.look == 0.12


def test_replies_are_read_by_verdict(tmp_path: Path) -> None:
    """Replies without a verdict are left out."""
    file = tmp_path / "replies.jsonl"
    rows = [{"violation": 0, "reasoning_tokens": 7}, {"violation": 1, "reasoning_tokens": 9}, {"violation": None}]
    file.write_text(json.dumps({"replies": rows}) + "\n")
    assert read_replies(file) == Replies(clear=(7,), violation=(9,))


def test_the_last_line_is_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the keys that other tools read."""
    monkeypatch.setattr(sys, "argv", ["cascade", "--seeds", "1", "--json"])
    monkeypatch.setattr("benchmarks.cascade.__main__.RECALLS", (0.90,))
    monkeypatch.setattr("benchmarks.cascade.__main__.AUCS", (0.995,))
    main()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"promise_kept", "clean_skipped", "detect_after", "cost_six_policies_over_one"} <= set(last)
    assert len(last["settings"]) == 1
