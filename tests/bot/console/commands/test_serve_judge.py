"""`bylaw serve-judge` refuses in one line what cannot work, before anything is started."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.serving import local

Bylaw = Callable[..., Any]
KEY = "a-key-for-the-tests-of-serving"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that bots give."""
    monkeypatch.setenv("BYLAW_SERVE_KEY", KEY)


def test_it_needs_a_key(bylaw: Bylaw) -> None:
    """The line says how to make one and where else it belongs."""
    outcome = bylaw("serve-judge", "--judge", "lite")
    assert outcome.code == 2
    assert "BYLAW_SERVE_KEY is not set" in outcome.complaint
    assert "BYLAW_REMOTE_KEY" in outcome.complaint


@pytest.mark.parametrize("name", ["BYLAW_SERVE_KEY", "BYLAW_SERVE_TOOL_KEYS"])
def test_a_key_that_can_be_guessed_is_refused(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without repeating it."""
    monkeypatch.setenv(name, "hunter2")
    outcome = bylaw("serve-judge", "--judge", "lite")
    assert outcome.code == 2
    assert name in outcome.complaint
    assert "hunter2" not in outcome.complaint


@pytest.mark.usefixtures("key")
def test_it_needs_a_model(bylaw: Bylaw, tmp_path: Path) -> None:
    """None is named, or the file is missing."""
    assert "BYLAW_MODEL_PATH" in bylaw("serve-judge").complaint
    outcome = bylaw("serve-judge", "--model", tmp_path / "none.gguf")
    assert outcome.code == 2
    assert "none.gguf" in outcome.complaint


@pytest.mark.usefixtures("key")
def test_it_needs_ray(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says how to install it."""
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    outcome = bylaw("serve-judge", "--judge", "lite")
    assert outcome.code == 1
    assert 'pip install "bylaw[ray]"' in outcome.complaint


@pytest.mark.usefixtures("key")
def test_a_port_in_use_is_told(bylaw: Bylaw) -> None:
    """And what to do about it, before Ray is started."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'bylaw[ray]'")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = bylaw("serve-judge", "--judge", "lite", "--port", str(port))
    assert outcome.code == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in outcome.complaint
