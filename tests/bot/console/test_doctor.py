"""`bylaw doctor`: each thing in one line, with what to do about it; and nothing is changed by looking."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.console.checkup import Status, check_database, check_key, check_model
from bot.keys import new_key
from bot.settings import Settings

Bylaw = Callable[..., Any]


def by_name(outcome: Any) -> dict[str, dict[str, str]]:
    """The lines of `bylaw doctor --json`."""
    return {line["name"]: line for line in outcome.rows[0]["checks"]}


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings; what is given replaces what a healthy installation has."""

    def make(**given: Any) -> Settings:
        return Settings(**{"data_dir": tmp_path, **given})

    return make


def test_an_empty_machine_is_told_what_to_do(bylaw: Bylaw) -> None:
    """Token and model are missing, each line says how to get them, and no file is made."""
    outcome = bylaw("doctor", "--json")
    lines = by_name(outcome)
    assert (outcome.code, outcome.err) == (1, "")
    assert lines["token"]["status"] == lines["model"]["status"] == "fail"
    assert "https://discord.com/developers/applications" in lines["token"]["text"]
    assert "gpt-oss-safeguard-20b-MXFP4.gguf" in lines["model"]["text"]
    assert lines["database"]["status"] == lines["secret key"]["status"] == "ok"
    assert list(Path().iterdir()) == []


def test_people_get_one_line_for_each_thing(bylaw: Bylaw) -> None:
    """The words ok, warn and fail stand in front."""
    lines = bylaw("doctor").out.splitlines()
    assert all(line.split()[0] in {"ok", "warn", "fail"} for line in lines)
    assert len(lines) == 4


def test_a_misspelt_setting_is_noticed(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is close to a setting is told together with it."""
    monkeypatch.setenv("BYLAW_TOKN", "x")
    assert "BYLAW_TOKEN" in by_name(bylaw("doctor", "--json"))["settings"]["text"]


@pytest.mark.parametrize("address", ["sqlite:///other", "sqlite:///empty", "nonsense://"])
def test_a_database_that_cannot_be_used_is_told(settings_with: Callable[..., Settings], address: str) -> None:
    """Somebody else's file, an empty file and a bad address."""
    Path("other").write_text("no database, but long enough to be looked at " * 30)
    Path("empty").touch()
    line = asyncio.run(check_database(settings_with(database_url=address)))
    assert line.status is Status.FAIL
    assert line.text.endswith(".")


def test_an_upgraded_database_is_fine(bylaw: Bylaw) -> None:
    """After `bylaw db upgrade` it can be read."""
    bylaw("db", "upgrade")
    line = by_name(bylaw("doctor", "--json"))["database"]
    assert line["status"] == "ok"
    assert "servers set up: 0" in line["text"]


def test_a_key_is_looked_at(settings_with: Callable[..., Settings], tmp_path: Path) -> None:
    """In the settings, in the file, and a file that others can read."""
    assert check_key(settings_with(secret_key=new_key())).status is Status.OK
    assert check_key(settings_with(secret_key="nonsense")).status is Status.FAIL
    key = tmp_path / "secret.key"
    key.write_text(new_key())
    key.chmod(0o600)
    assert check_key(settings_with()).status is Status.OK
    key.chmod(0o644)
    assert "chmod 600" in check_key(settings_with()).text


def test_a_model_is_described(settings_with: Callable[..., Settings], tiny_model: Path) -> None:
    """Architecture, size, fingerprint, memory and GPU have a line each."""
    lines = {line.name: line for line in check_model(settings_with(model_path=tiny_model))}
    assert list(lines) == ["model", "fingerprint", "memory", "gpu"]
    assert "gpt-oss" in lines["model"].text
    assert lines["model"].status is lines["fingerprint"].status is lines["memory"].status is Status.OK


def test_too_little_memory_is_told(settings_with: Callable[..., Settings], tiny_model: Path) -> None:
    """A context that does not fit names the setting or asks for another machine."""
    from bot.console.checkup import memory_line

    gib = 1 << 30
    assert memory_line(2 * gib, free=4 * gib, total=8 * gib, on_gpu=False).status is Status.OK
    assert "BYLAW_CONTEXT_TOKENS" in memory_line(6 * gib, free=4 * gib, total=8 * gib, on_gpu=False).text
    assert "GPU" in memory_line(9 * gib, free=4 * gib, total=8 * gib, on_gpu=False).text
    assert memory_line(9 * gib, free=4 * gib, total=8 * gib, on_gpu=True).status is Status.WARN


@pytest.mark.parametrize("content", [b"", b"GGUF", b"\x00" * 1000])
def test_a_wrong_model_file_says_how_to_get_the_right_one(
    settings_with: Callable[..., Settings], tmp_path: Path, content: bytes
) -> None:
    """Missing, cut short or another kind of file."""
    path = tmp_path / "model.gguf"
    (missing,) = check_model(settings_with(model_path=path))
    path.write_bytes(content)
    (wrong,) = check_model(settings_with(model_path=path))
    for line in (missing, wrong):
        assert line.status is Status.FAIL
        assert "gpt-oss-safeguard-20b-MXFP4.gguf" in line.text


def test_the_lite_judge_is_a_choice_that_is_named(settings_with: Callable[..., Settings]) -> None:
    """Without a model by the operator's own wish: a remark, no failure."""
    (line,) = check_model(settings_with(judge="lite"))
    assert line.status is Status.WARN


def test_the_heartbeat_tells_the_living_from_the_dead(bylaw: Bylaw) -> None:
    """No file, a fresh one, and an old one."""
    assert "bylaw run" in bylaw("doctor", "--heartbeat").complaint
    Path("data").mkdir()
    beat = Path("data/heartbeat")
    beat.touch()
    outcome = bylaw("doctor", "--heartbeat")
    assert (outcome.code, outcome.err) == (0, "")
    before = beat.stat().st_mtime - 600
    os.utime(beat, (before, before))
    outcome = bylaw("doctor", "--heartbeat")
    assert outcome.code == 1
    assert "restart" in outcome.complaint
