"""What the engine's benchmark reports: one JSON object, its tables, and one line where something is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.engine.__main__ import main
from benchmarks.engine.plan import FULL, QUICK, Machine, for_machine
from benchmarks.engine.results import Figures, Rates
from benchmarks.engine.table import BEGIN, END, first_table, page, put_into, second_table
from benchmarks.engine.table import main as table_main
from benchmarks.peers.llama_server import ServerSettings
from benchmarks.peers.programs import MissingPeers, check_programs
from benchmarks.workload.ceiling import Speed
from benchmarks.workload.load import Latency


def figures(*, alone: bool = True) -> Figures:
    latency = Latency(rate=2.1, p50=4.0, p95=7.5)
    return Figures(
        about="one policy",
        bylaw=Rates(settings="32 at once", rounds=(2.0, 3.0, 4.0), memory=1_900_000_000, latency=latency),
        llama_server=Rates(
            settings="-np 16", rounds=(1.5,), memory=900_000_000, latency=latency, others={"-np 8": 1.25}
        ),
        sequential=Rates(settings="alone", rounds=(0.75,)) if alone else None,
        ceilings=(4.0, 4.0, 4.0),
        speed=Speed(settings="-no-kvu", sequences=32, prompt=1000.4, decode=297.0),
    )


RESULT = {
    "machine": {"device": "a CPU", "backend": "CPU", "cores": 2, "memory_gb": 25.0, "llama_cpp_python": "0.3.36"},
    "model": {"file": "small.gguf", "bytes": 458_000_000, "layers": 8, "tokens": 201_088},
    "reply_tokens": 64,
    "workloads": {"one_policy": figures().as_json(), "clean": figures(alone=False).as_json()},
}


def test_a_workload_is_told_as_rates_and_ratios() -> None:
    """The four rates stand side by side, medians of their rounds, and JSON takes all of it."""
    row = figures().as_json()
    rates = {name: row[name] for name in ("bylaw", "sequential", "llama_server", "ceiling")}
    assert rates == {"bylaw": 3.0, "sequential": 0.75, "llama_server": 1.5, "ceiling": 4.0}
    assert (row["share_of_ceiling"], row["times_llama_server"], row["times_sequential"]) == (0.75, 2.0, 4.0)
    assert row["detail"]["bylaw"]["latency"] == {"rate": 2.1, "p50": 4.0, "p95": 7.5}
    assert json.loads(json.dumps(row)) == row


def test_the_share_of_the_ceiling_is_taken_round_by_round() -> None:
    """A machine that gets slower from round to round slows the yardstick, too, and the spread of both is told."""
    slower = replace(
        figures(),
        bylaw=Rates(settings="", rounds=(3.6, 2.7, 1.8, 0.9)),
        ceilings=(4.0, 3.0, 2.0, 1.0),
    )
    row = slower.as_json()
    assert row["share_of_ceiling"] == 0.9
    assert row["spread"] == {"bylaw": 1.2, "llama_server": 0.0, "ceiling": 1.2}


def test_five_rounds_at_least() -> None:
    """But of clean traffic, where a quick run has the time for two long ones."""
    assert min(QUICK.rounds, QUICK.answer_rounds, FULL.rounds, FULL.answer_rounds, FULL.clean_rounds) == 5
    assert QUICK.clean_rounds * QUICK.clean >= 5 * QUICK.messages


def test_a_side_that_was_not_measured_is_null() -> None:
    """Nothing is made up for a peer that did not run."""
    row = figures(alone=False).as_json()
    assert row["sequential"] is None
    assert row["times_sequential"] is None
    assert "sequential" not in row["detail"]


def test_the_tables_hold_the_figures() -> None:
    """Each workload is a row of its own table."""
    expected = "| {} | 3.00 | 1.50 | {} | 4.00 | 75% | 2.00 | {} |"
    assert first_table(RESULT).splitlines()[2:] == [expected.format("one_policy", "0.75", "4.00")]
    assert second_table(RESULT).splitlines()[2:] == [expected.format("clean", "-", "-")]


def test_a_page_gets_its_figures_between_the_marks(tmp_path: Path) -> None:
    """What stands around the marks stays, and putting the same figures in again changes nothing."""
    result, target = tmp_path / "engine.json", tmp_path / "engine.md"
    result.write_text(json.dumps(RESULT))
    target.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert table_main([str(result), "--into", str(target)]) == 0
    once = target.read_text()
    assert once == f"before\n{BEGIN}\n\n{page(RESULT)}\n\n{END}\nafter\n"
    assert put_into(once, page(RESULT)) == once
    assert "`-np 8` 1.25" in once


def test_the_page_says_how_far_rounds_lie_apart() -> None:
    """Of three rounds from 2.0 to 4.0 as far as their median; a result from before that was reported has dashes."""
    assert "| one_policy | 3 | 67% | 0% | 0% |" in page(RESULT)
    old = json.loads(json.dumps(RESULT))
    for row in old["workloads"].values():
        del row["spread"]
    assert "| one_policy | 3 | - | - | - |" in page(old)


def test_a_page_without_marks_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says which marks are missing."""
    result, target = tmp_path / "engine.json", tmp_path / "engine.md"
    result.write_text(json.dumps(RESULT))
    target.write_text("no marks\n")
    assert table_main([str(result), "--into", str(target)]) == 1
    assert capsys.readouterr().err.splitlines() == [f"the page has no {BEGIN} ... {END}"]
    assert target.read_text() == "no marks\n"


def test_missing_peers_are_named_with_the_script_that_builds_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The benchmark ends with one line and measures nothing."""
    assert main(["--peers", str(tmp_path), "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"{tmp_path} has no llama-server and no llama-batched-bench: build them once with "
        f"benchmarks/peers/build.sh {tmp_path}\n"
    )


def test_peers_that_are_there_are_taken(tmp_path: Path) -> None:
    """One of the two is not enough."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/llama-server").touch()
    with pytest.raises(MissingPeers, match="has no llama-batched-bench:"):
        check_programs(tmp_path)
    (tmp_path / "bin/llama-batched-bench").touch()
    check_programs(tmp_path)


def test_the_command_line_says_the_settings() -> None:
    """Settings are what llama-server is told, word by word."""
    settings = ServerSettings(slots=8, swa_full=False, unified=True, cache_ram=0, cache_reuse=64, repack=False)
    assert str(settings) == "-np 8 -c 10240 -ub 512 -fa on --no-repack -kvu --cache-ram 0 --cache-reuse 64"


def test_a_gpu_gets_more_at_once_and_no_settings_for_a_cpu() -> None:
    """Slots and messages grow with Bylaw's sequences; flash attention is on, and weights lie as the card wants them."""
    machine = Machine(model=Path("m"), peers=Path("p"), threads=2, gpu_layers=99, sequences=64)
    plan = for_machine(FULL, machine)
    assert all(setting.flash and setting.repack for setting in plan.server)
    assert max(setting.slots for setting in plan.server) == 128
    assert plan.messages == 4 * FULL.messages
    assert len(plan.bench) == len(set(plan.bench)) == 2


def test_a_cpu_keeps_the_plan() -> None:
    """Without a wish for more at once nothing is scaled."""
    machine = Machine(model=Path("m"), peers=Path("p"), threads=2, gpu_layers=0)
    assert for_machine(QUICK, machine) == QUICK
