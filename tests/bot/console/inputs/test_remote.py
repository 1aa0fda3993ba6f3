"""Commands that ask the judge on other machines: what they need, and what they say when they do not get it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.model_server import MODEL, ModelServer
from tests.fakes.model_servers import serving_beside

Bylaw = Callable[..., Any]
SECRET = "sk-very-secret"
ROW = b'{"id": 1, "text": "hello"}\n'


@pytest.fixture
def server(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A server that takes token ids, as the settings name it."""
    with serving_beside(tiny_model, "llama") as server:
        monkeypatch.setenv("BYLAW_REMOTE_URLS", f" {server.url}/v1, ")
        monkeypatch.setenv("BYLAW_MODEL_PATH", str(tiny_model))
        monkeypatch.setenv("BYLAW_JUDGE", "remote")
        yield server


def lines_of(outcome: Any) -> dict[str, tuple[str, str]]:
    return {line["name"]: (line["status"], line["text"]) for line in outcome.rows[0]["checks"]}


def test_a_row_is_judged_there(bylaw: Bylaw, server: ModelServer, policy_file: Path) -> None:
    """By the setting or by the option, with the same columns as from any judge."""
    given = ("classify", "--policy", policy_file)
    for more in ((), ("--judge", "remote")):
        outcome = bylaw(*given, *more, stdin=ROW)
        assert outcome.code == 0, outcome.err
        (row,) = outcome.rows
        assert row["outcome"] in ("clear", "violation", "undecided")
        assert row["method"] in ("reasoned", "cut", "no_reasoning", None)
    assert "/completion" in {path for path, _ in server.asked}


def test_no_address(bylaw: Bylaw, policy_file: Path) -> None:
    """The line names the setting and shows how an address looks."""
    outcome = bylaw("classify", "--judge", "remote", "--policy", policy_file, stdin=ROW)
    assert (outcome.code, outcome.out) == (2, "")
    assert "BYLAW_REMOTE_URLS" in outcome.complaint
    assert "http://localhost:8000" in outcome.complaint


def test_a_model_file_and_servers_contradict_each_other(bylaw: Bylaw, policy_file: Path) -> None:
    """As for the lite judge, in one line."""
    outcome = bylaw("classify", "--judge", "remote", "--policy", policy_file, "--model", "m.gguf", stdin=ROW)
    assert outcome.code == 2
    assert "--judge remote uses no model file" in outcome.complaint


def test_a_server_that_is_away(bylaw: Bylaw, policy_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command does not wait for it; the key is in no line."""
    monkeypatch.setenv("BYLAW_REMOTE_URLS", "http://127.0.0.1:9")
    monkeypatch.setenv("BYLAW_REMOTE_KEY", SECRET)
    outcome = bylaw("classify", "--judge", "remote", "--policy", policy_file, stdin=ROW)
    assert outcome.code == 1
    assert "http://127.0.0.1:9 cannot be reached" in outcome.complaint
    assert SECRET not in outcome.err + outcome.out


def test_doctor_describes_each_server(bylaw: Bylaw, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it serves and how it is asked; a second one that is away is a warning beside one that works."""
    lines = lines_of(bylaw("doctor", "--json"))
    status, text = lines["server"]
    assert status == "ok"
    assert f"{server.url}: {MODEL}@" in text
    assert "token ids" in text
    assert "injection" not in lines
    assert "privacy" not in lines
    assert "model" not in lines
    monkeypatch.setenv("BYLAW_REMOTE_URLS", f"{server.url},http://127.0.0.1:9")
    shown = bylaw("doctor", "--json").rows[0]["checks"]
    assert [line["status"] for line in shown if line["name"] == "server"] == ["ok", "warn"]


def test_doctor_says_that_chat_guarantees_less(
    bylaw: Bylaw, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator who must choose chat knows what it costs."""
    answer = {"choices": [{"message": {"content": '{"violation":0}'}, "finish_reason": "stop"}]}
    server.chat = lambda body: answer
    monkeypatch.setenv("BYLAW_REMOTE_MODE", "chat")
    status, text = lines_of(bylaw("doctor", "--json"))["injection"]
    assert status == "warn"
    assert "asked through the chat API" in text


def test_doctor_fails_without_a_server(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """And warns about what anybody on the way could read."""
    monkeypatch.setenv("BYLAW_JUDGE", "remote")
    assert lines_of(bylaw("doctor", "--json"))["servers"][0] == "fail"
    monkeypatch.setenv("BYLAW_REMOTE_URLS", "http://localhost:9,http://bylaw-test.invalid:9")
    monkeypatch.setenv("BYLAW_REMOTE_CONNECT_SECONDS", "2")
    lines = lines_of(bylaw("doctor", "--json"))
    assert lines["server"][0] == "fail"
    assert lines["privacy"][0] == "warn"
    assert "bylaw-test.invalid" in lines["privacy"][1]


def test_a_bot_with_an_address_that_is_none_does_not_start(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is not repeated: it may hold a password."""
    monkeypatch.setenv("BYLAW_TOKEN", "a.b.c")
    monkeypatch.setenv("BYLAW_JUDGE", "remote")
    monkeypatch.setenv("BYLAW_REMOTE_URLS", f"http://me:{SECRET}@gpu1")
    outcome = bylaw("run")
    assert outcome.code == 2
    assert "BYLAW_REMOTE_KEY" in outcome.complaint
    assert SECRET not in outcome.err


def test_a_run_of_an_evaluation_names_its_model(bylaw: Bylaw, policy_file: Path, server: ModelServer) -> None:
    """Else a run could go on with another model."""
    Path("rows.jsonl").write_text('{"id": 1, "text": "hello", "violation": true}\n')
    outcome = bylaw("eval", "run", "rows.jsonl", "--policy", policy_file, "--out", "run")
    assert outcome.code == 2
    assert "BYLAW_REMOTE_MODEL is not set" in outcome.err
