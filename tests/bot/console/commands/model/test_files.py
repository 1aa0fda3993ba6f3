"""`bylaw model`: the weights arrive and the next step is printed; a file is called what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]
REPO = "--repo=someone/model-GGUF", "--file=model.gguf"


@pytest.fixture
def published(hub, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    """A hub that publishes the tiny model, as the environment names it."""
    hub.content = tiny_model.read_bytes()
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    return hub


def test_the_model_is_pulled_and_the_setting_printed(bylaw: Bylaw, published, tmp_path: Path) -> None:
    """Where it is, that it is the right one, and the line for .env."""
    outcome = bylaw("model", "pull", *REPO, "--folder", tmp_path / "weights")
    path = tmp_path / "weights/model.gguf"
    assert (outcome.code, outcome.err) == (0, "")
    assert path.read_bytes() == published.content
    first, second, third = outcome.out.splitlines()
    assert first.startswith(f"{path} downloaded: 0.2 MB, sha256 {hashlib.sha256(published.content).hexdigest()}")
    assert (second, third) == ("Put this line into .env:", f"BYLAW_MODEL_PATH={path}")
    assert "was there already" in bylaw("model", "pull", *REPO, "--folder", tmp_path / "weights").out


def test_the_folder_of_the_compose_file_is_the_default(bylaw: Bylaw, published) -> None:
    """./models, with an absolute path in the answer; programs get one object."""
    outcome = bylaw("model", "pull", *REPO, "--revision", "main", "--json")
    (found,) = outcome.rows
    assert found["path"] == str(Path("models/model.gguf").resolve())
    assert found["size_bytes"] == len(published.content)
    assert found["sha256"] == hashlib.sha256(published.content).hexdigest()
    assert (found["repo"], found["file"], found["already_there"]) == ("someone/model-GGUF", "model.gguf", False)
    assert len(found["revision"]) == 40


def test_a_model_in_two_files_is_pulled_checked_and_loaded(
    bylaw: Bylaw, published, split_model: tuple[Path, ...], tmp_path: Path
) -> None:
    """By the name of any part; the setting names the first, and a part that is missing later is named."""
    first, second = split_model
    published.file, published.content, published.others = first.name, first.read_bytes(), {}
    published.others[second.name] = second.read_bytes()
    given = (REPO[0], f"--file={second.name}", "--folder", tmp_path / "weights")
    path = tmp_path / "weights" / first.name
    lines = bylaw("model", "pull", *given).out.splitlines()
    assert [line.partition(" ")[0] for line in lines[:2]] == [str(path), str(path.with_name(second.name))]
    assert lines[-1] == f"BYLAW_MODEL_PATH={path}"
    (found,) = bylaw("model", "pull", *given, "--json").rows
    assert (found["path"], found["already_there"]) == (str(path), True)
    assert found["size_bytes"] == sum(part.stat().st_size for part in split_model)
    assert [part["file"] for part in found["parts"]] == [first.name, second.name]
    checks = by_name(bylaw("model", "check", path, "--json"))
    assert f"{first.name} and 1 more part, gpt-oss" in checks["model"]["text"]
    assert "of all 2 parts" in checks["fingerprint"]["text"]
    assert checks["load"]["status"] == "ok"
    path.with_name(second.name).unlink()
    outcome = bylaw("model", "check", "--model", path)
    assert outcome.code == 2
    assert f"part 2 is missing: put {second.name} beside it" in outcome.complaint


def test_what_cannot_be_had_is_one_line(bylaw: Bylaw, published) -> None:
    """Another file; and the default repository, which this hub does not have."""
    outcome = bylaw("model", "pull", REPO[0], "--file=other.gguf")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.complaint.endswith("has no file other.gguf: choose one of model.gguf.")
    assert "lmstudio-community/gpt-oss-safeguard-20b-GGUF" in bylaw("model", "pull").complaint
    assert not Path("models").exists()


def test_a_wrong_checksum_is_one_line(bylaw: Bylaw, published) -> None:
    """And no file of that name is left."""
    published.sha256 = "0" * 64
    outcome = bylaw("model", "pull", *REPO)
    assert outcome.code == 1
    assert "was deleted" in outcome.complaint
    assert list(Path("models").iterdir()) == []


def test_a_published_file_that_is_no_model_is_told(bylaw: Bylaw, published) -> None:
    """Its checksum is right, but Bylaw cannot use it."""
    published.content = b"GGUF, but not really"
    complaint = bylaw("model", "pull", *REPO).complaint
    assert "downloaded as published, but Bylaw cannot use it" in complaint


def test_stopped_by_hand_it_says_that_it_goes_on(bylaw: Bylaw, published, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("classifier.llama.model_file.weights.pull", stop)
    outcome = bylaw("model", "pull", *REPO)
    assert outcome.code == 130
    assert "it resumes" in outcome.complaint


def by_name(outcome: Any) -> dict[str, dict[str, str]]:
    """The lines of a report."""
    return {line["name"]: line for line in outcome.rows[0]["checks"]}


def test_a_good_file_is_checked_and_loaded(bylaw: Bylaw, tiny_model: Path) -> None:
    """What it is, its checksum, what fits, and that llama.cpp takes it."""
    outcome = bylaw("model", "check", tiny_model, "--json")
    lines = by_name(outcome)
    assert list(lines) == ["model", "fingerprint", "llama.cpp", "gpu", "memory", "vocabulary", "load"]
    assert outcome.code == 0
    assert hashlib.sha256(tiny_model.read_bytes()).hexdigest() in lines["fingerprint"]["text"]
    assert lines["vocabulary"]["text"].startswith("736 tokens")
    assert lines["load"]["status"] == "ok"
    assert "llama.cpp with tiny.gguf" in lines["load"]["text"]


def test_the_model_of_the_settings_is_checked_when_none_is_named(
    bylaw: Bylaw, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the bot would take it, without loading where that is not wanted."""
    monkeypatch.setenv("BYLAW_MODEL_PATH", str(tiny_model))
    outcome = bylaw("model", "check", "--no-load")
    assert outcome.code == 0
    assert [line.split()[1] for line in outcome.out.splitlines()][-1] == "vocabulary"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "there is no model file"), (b"GGUF", "is incomplete"), (b"x" * 100, "not a GGUF model file")],
)
def test_a_file_that_is_no_model_is_input_that_cannot_be_taken(
    bylaw: Bylaw, tmp_path: Path, content: bytes | None, words: str
) -> None:
    """Missing, cut short, or something else."""
    path = tmp_path / "it.gguf"
    if content is not None:
        path.write_bytes(content)
    outcome = bylaw("model", "check", "--model", path)
    assert outcome.code == 2
    assert words in outcome.complaint


def test_no_file_at_all_is_told(bylaw: Bylaw) -> None:
    """Neither an argument nor a setting; the way to one is named."""
    outcome = bylaw("model", "check")
    assert outcome.code == 2
    assert "bylaw model pull" in outcome.complaint


def test_a_model_that_does_not_fit_is_not_loaded(
    bylaw: Bylaw, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container with next to no memory; the report says so and the exit code too."""
    monkeypatch.setattr("classifier.llama.device.devices.container_room", lambda _: 1000)
    outcome = bylaw("model", "check", tiny_model, "--json")
    lines = by_name(outcome)
    assert outcome.code == 1
    assert lines["memory"]["status"] == "fail"
    assert "load" not in lines


def test_a_model_that_does_not_load_is_told(bylaw: Bylaw, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole by its header, and yet refused."""
    from bot.console.screen.errors import UserError

    async def refuse(*_: object) -> None:
        raise UserError("the engine stopped while loading the file")

    monkeypatch.setattr("bot.console.inputs.judge._start_model", refuse)
    outcome = bylaw("model", "check", tiny_model, "--json")
    assert outcome.code == 1
    assert by_name(outcome)["load"]["status"] == "fail"
