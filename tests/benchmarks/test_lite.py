"""The benchmark of the lite judge: its rows, its halves, its filters and its arithmetic. Nothing here measures time."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.lite.__main__ import LOOK_ALIKES, findings, show
from benchmarks.lite.figures import Found, count, of_ten
from benchmarks.lite.filters import Keywords, Lite, TfIdf, starter_policies
from benchmarks.lite.rows import ALL, Row, own_rows, public_rows
from guild_policies import templates


def row(text: str, *, violates: bool, kind: str = "x") -> Row:
    """A row of our own."""
    return Row(set="lines", kind=kind, text=text, violates=violates, policies=ALL)


def test_our_own_lines_stand_on_both_sides_of_each_half() -> None:
    """Both halves have violations of every kind of rule, clear lines and look-alikes, and no line comes twice."""
    rows = list(own_rows())
    assert len({each.text for each in rows}) == len(rows)
    for held_out in (True, False):
        kinds = Counter(each.kind for each in rows if each.held_out is held_out)
        assert {*LOOK_ALIKES, "chat", "game", "insult", "threat", "attack", "bait", "encouraging", "foreign"} <= set(
            kinds
        )
        assert 180 < kinds.total() < 250


def test_the_policies_are_the_starter_policies() -> None:
    """Rows name them; a new template has to be named too."""
    assert templates.BASICS == ALL


def test_public_rows_are_read_with_their_own_labels(tmp_path: Path) -> None:
    """Labels that no starter policy means, texts that are no chat and sets that are missing are left out."""
    hate = [
        {"text": "a", "labels": {"hate": 1, "flagged": 1}},
        {"text": "b", "labels": {"hate": 0, "flagged": 0}},
        {"text": "c", "labels": {"hate": 0, "flagged": 1}},
        {"text": "d" * 201, "labels": {"hate": 1, "flagged": 1}},
    ]
    chat = [{"messages": [{"text": "one"}, {"text": " "}, {"text": "two"}], "labels": {"flagged": 0}}]
    for name, rows in (("hatexplain", hate), ("irc_benign_threads_dev", chat)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    (tmp_path / "gametox.csv").write_text("message,label\ngg wp,0.0\nswearing,2.0\nyou fool,1.0\n,0.0\n")
    (tmp_path / "conda.csv").write_text("utterance,intentClass\ngg [SEPA] wp,O\nfool [SEPA] gg,E\nez,I\n")
    found = {(each.set, each.text, each.violates) for each in public_rows(tmp_path)}
    assert found == {
        ("hatexplain", "a", True),
        ("hatexplain", "b", False),
        ("irc_benign_threads_dev", "one", False),
        ("irc_benign_threads_dev", "two", False),
        ("gametox", "gg wp", False),
        ("gametox", "you fool", True),
        ("conda", "gg", False),
        ("conda", "wp", False),
        ("conda", "fool\ngg", True),
    }


def test_rates_are_shares_of_their_own_side() -> None:
    """Recall is a share of the violations, false alarms are a share of the clear rows; a side may be missing."""
    answers = [(row("a", violates=True), True), (row("b", violates=True), False), (row("c", violates=False), False)]
    found = count(answers)
    assert found == Found(violations=2, found=1, clear=1, false_alarms=0)
    assert (found.recall, found.false_alarm_rate) == (0.5, 0.0)
    assert count([]).recall is None
    assert count(answers[:1]).false_alarm_rate is None


def test_each_set_counts_the_same() -> None:
    """A large set does not drown a small one, and one without violations says nothing."""
    large = Found(violations=1_000, found=0, clear=0, false_alarms=0)
    small = Found(violations=2, found=1, clear=0, false_alarms=0)
    nothing = Found(violations=0, found=0, clear=9, false_alarms=0)
    assert of_ten([large, small]) == 2
    assert of_ten([small, nothing]) == 5
    assert of_ten([nothing]) == 0


async def test_the_filters_flag_what_they_know(tmp_path: Path) -> None:
    """Lite goes by patterns, TF-IDF by examples, a word list by its words; none of them flags small talk."""
    lexicon = tmp_path / "list.json"
    lexicon.write_text(json.dumps([{"match": "idiot*|moron"}, {"match": "[a-b]"}]))
    policies = starter_policies()
    for each, text in (
        (Lite(policies), "go kill yourself"),
        (TfIdf(policies), "just kill yourself already, nobody would miss you"),
        (Keywords(lexicon), "such IDIOTS"),
    ):
        assert await each.flags(text, ["self-harm"])
        assert not await each.flags("good morning everyone", ALL)
        assert not await each.flags("", ALL)


@pytest.mark.parametrize("text", ["morons", "xidiot"])
async def test_a_word_list_knows_whole_words(tmp_path: Path, text: str) -> None:
    """Only where the list has a ``*`` may letters follow."""
    lexicon = tmp_path / "list.json"
    lexicon.write_text(json.dumps([{"match": "idiot*|moron"}]))
    assert not await Keywords(lexicon).flags(text, ALL)


async def test_findings_are_shown_set_by_set() -> None:
    """The figures of a run, as an object and as lines. Our own lines alone say nothing about new wordings."""
    rows = [row("go kill yourself", violates=True), row('he said "kys" to me', violates=False, kind="report")]
    found = await findings({"lite": Lite(starter_policies())}, rows)
    assert found["lite"] == {
        "sets": {"lines": {"violations": 1, "recall": 1.0, "clear": 1, "false_alarms": 0.0}},
        "look_alikes_flagged": [0, 1],
        "found_of_ten": None,
    }
    others = [replace(each, set="chat") for each in rows]
    assert (await findings({"lite": Lite(starter_policies())}, rows + others))["lite"]["found_of_ten"] == 10
    speed = {"one_policy": {"messages_per_s": {"lite": 5_000, "keywords": 50_000}, "ratio": {"keywords": 0.1}}}
    shown = "\n".join(show({"half": "held out", "speed": speed, "found": found}))
    assert "5,000 messages/s" in shown
    assert "lite takes 10 times as long" in shown
    assert "recall 1.000 of      1   false alarms 0.000 of      1" in shown
