"""The operator's settings: where they come from, what is refused, and that nothing secret shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.allowed_values import allowed
from bot.serving.settings import ServeSettings
from bot.settings import SECRETS, JudgeChoice, Settings, SettingsError, load_settings, settings_table, unknown_names
from classifier import Effort

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"


@pytest.fixture(autouse=True)
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine and no ``.env`` of this folder reaches a test."""
    for name in os.environ:
        if name.upper().startswith("BYLAW_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refusal(**given: object) -> str:
    """What `load_settings` says about these values."""
    with pytest.raises(SettingsError) as error:
        load_settings(**given)
    return str(error.value)


def test_nothing_has_to_be_set() -> None:
    """Without any setting there are sound defaults: the model judges, texts are kept a month."""
    settings = load_settings()
    assert (settings.judge, settings.effort, settings.retention_days) == (JudgeChoice.LLAMA, Effort.LOW, 30)
    assert settings.token is None
    assert settings.database == "sqlite+aiosqlite:///data/bylaw.sqlite3"


def test_the_database_moves_with_the_data_folder(tmp_path: Path) -> None:
    """Who sets a folder and nothing else finds the database in it."""
    assert load_settings(data_dir=tmp_path).database == f"sqlite+aiosqlite:///{tmp_path}/bylaw.sqlite3"
    assert load_settings(data_dir=tmp_path, database_url="sqlite://").database == "sqlite://"


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``.env`` is read, the environment overrules it, and values given in code overrule both."""
    (tmp_path / ".env").write_text("BYLAW_RETENTION_DAYS=7\nBYLAW_EFFORT=HIGH\nBYLAW_THREADS=3\n")
    monkeypatch.setenv("BYLAW_EFFORT", "medium")
    settings = load_settings(threads=5)
    assert (settings.retention_days, settings.effort, settings.threads) == (7, Effort.MEDIUM, 5)


def test_another_file_can_be_named_and_none_can_be(tmp_path: Path) -> None:
    """Tests and tools can read another ``.env``, or none at all."""
    (tmp_path / ".env").write_text("BYLAW_THREADS=3\n")
    (tmp_path / "other").write_text("BYLAW_THREADS=4\n")
    assert load_settings(_env_file=tmp_path / "other").threads == 4
    assert load_settings(_env_file=None).threads is None


def test_names_of_others_in_the_file_are_left_alone(tmp_path: Path) -> None:
    """A ``.env`` that serves several programs is no error."""
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\nBYLAW_RETENTION_DAY=7\nBYLAW_TOKEN=\n")
    settings = load_settings()
    assert (settings.retention_days, settings.token) == (30, None)


def test_a_misspelled_name_in_code_is_refused() -> None:
    """A typo in a call is found at once."""
    assert refusal(retention_day=7) == "BYLAW_RETENTION_DAY is no setting; did you mean BYLAW_RETENTION_DAYS?"


def test_a_misspelled_name_in_the_environment_is_pointed_out() -> None:
    """What looks like a setting and is none can be told to the operator, with the likely one."""
    names = ["BYLAW_RETENTION_DAY", "BYLAW_XQ", "HOME", "BYLAW_TOKEN", "bylaw_effort"]
    assert unknown_names(names) == (
        "BYLAW_RETENTION_DAY is no setting; did you mean BYLAW_RETENTION_DAYS?",
        "BYLAW_XQ is no setting: `bylaw settings` lists all that there are.",
    )
    assert unknown_names() == ()


def test_a_misspelled_name_in_the_file_is_pointed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typo in ``.env`` has as little effect as one in the environment, and is told as well."""
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\nBYLAW_TOKN=x\nBYLAW_EFFORT=high\n")
    monkeypatch.setenv("BYLAW_THREAD", "3")
    assert [remark.split()[0] for remark in unknown_names()] == ["BYLAW_THREAD", "BYLAW_TOKN"]
    (tmp_path / ".env").write_bytes(b"BYLAW_TOKN=\xff\xfe\n")
    assert [remark.split()[0] for remark in unknown_names()] == ["BYLAW_THREAD"]


def test_settings_do_not_change() -> None:
    """They are read once; restart for others."""
    with pytest.raises(ValidationError):
        load_settings().retention_days = 7  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "must_be"),
    [
        ("judge", "gpt", '"llama", "lite" or "remote"'),
        ("remote_mode", "ids", '"auto", "tokens", "chat" or "bylaw"'),
        ("remote_family", "llama", '"auto", "gpt-oss" or "generic"'),
        ("remote_timeout_seconds", "0", "a number above 0 and up to 86400"),
        ("remote_connect_seconds", "601", "a number above 0 and up to 600"),
        ("effort", "max", '"low", "medium" or "high"'),
        ("context_tokens", "many", "a whole number from 512 to 131072"),
        ("context_tokens", "12", "a whole number from 512 to 131072"),
        ("gpu_layers", "-2", "a whole number of -1 or more"),
        ("gpu_split", "3;1", "numbers with commas between them, not all of them 0, such as 3,1"),
        ("gpu_split", "0,0", "numbers with commas between them, not all of them 0, such as 3,1"),
        ("gpu_split", "1,-1", "numbers with commas between them, not all of them 0, such as 3,1"),
        ("gpu_split", "1,nan", "numbers with commas between them, not all of them 0, such as 3,1"),
        ("threads", "0", "a whole number from 1 to 512"),
        ("deadline_seconds", "nan", "a number above 0 and up to 86400"),
        ("deadline_seconds", "0", "a number above 0 and up to 86400"),
        ("sequences", "0", "a whole number from 1 to 256"),
        ("cache_tokens", "100", "a whole number of 512 or more"),
        ("batch_tokens", "many", "a whole number from 32 to 16384"),
        ("think_from", "0", "a number above 0 and up to 1"),
        ("think_from", "1.5", "a number above 0 and up to 1"),
        ("queue_size", "0", "a whole number from 1 to 1000000"),
        ("server_queue_size", "0", "a whole number from 1 to 1000000"),
        ("hang_seconds", "1", "a number from 10 to 86400"),
        ("retention_days", "0", "a whole number from 1 to 365"),
        ("retention_days", "1e99", "a whole number from 1 to 365"),
        ("retention_days", "", None),
        ("log_level", "loud", '"debug", "info", "warning" or "error"'),
        ("log_json", "perhaps", '"true" or "false"'),
        ("shard_count", "0", "a whole number from 1 to 16384"),
        ("sync_guild_id", "my server", "an id that Discord gave, such as 123456789012345678"),
    ],
)
def test_a_bad_value_is_one_line(name: str, value: str, must_be: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says which setting, what was given and what is allowed, whatever the setting; empty is unset."""
    monkeypatch.setenv(f"BYLAW_{name.upper()}", value)
    if must_be is None:
        assert load_settings() == load_settings(_env_file=None)
    else:
        assert refusal() == f'BYLAW_{name.upper()} is "{value}"; it must be {must_be}.'


def test_shares_of_several_gpus_are_numbers_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces and fractions are fine, a 0 leaves a card out, and nothing is said where there is nothing."""
    assert load_settings().gpu_split is None
    monkeypatch.setenv("BYLAW_GPU_SPLIT", "3, 1.5,0")
    assert load_settings().gpu_split == (3.0, 1.5, 0.0)


def test_a_long_value_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line stays a line."""
    monkeypatch.setenv("BYLAW_THREADS", "9" * 5000)
    assert len(refusal()) < 200


@pytest.mark.parametrize("value", [f"Bot {TOKEN}", "tökén"])
def test_a_bad_secret_is_told_without_its_value(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says what a token looks like and never repeats it."""
    monkeypatch.setenv("BYLAW_TOKEN", value)
    said = refusal()
    assert said.startswith("BYLAW_TOKEN cannot be used: give the token alone")
    assert value not in said
    assert TOKEN not in said


def test_every_setting_of_numbers_and_words_can_say_what_is_allowed() -> None:
    """A new setting is told as well as the old ones: it has words for what it may be, or takes any path or text."""
    paths, texts = {"backup_dir", "data_dir", "model_path"}, {"metrics_host", "remote_urls", "remote_model"}
    silent = {name for name, field in Settings.model_fields.items() if allowed(field.annotation) is None}
    assert silent == paths | texts | SECRETS


def test_every_bad_setting_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mistakes are told at once."""
    monkeypatch.setenv("BYLAW_JUDGE", "gpt")
    monkeypatch.setenv("BYLAW_THREADS", "all")
    assert [line.split()[0] for line in refusal().splitlines()] == ["BYLAW_JUDGE", "BYLAW_THREADS"]


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    """A binary ``.env`` is named, not thrown."""
    (tmp_path / ".env").write_bytes(b"BYLAW_TOKEN=\xff\xfe\n")
    assert refusal().startswith("The file .env cannot be read")


def test_a_folder_in_place_of_the_file_is_one_line(tmp_path: Path) -> None:
    """Docker makes a folder where a file to mount is missing: its settings are not silently left out."""
    (tmp_path / ".env").mkdir()
    assert refusal() == ("The file .env cannot be read: it is a folder. Remove it, or write a text file instead.")


def test_nothing_secret_shows() -> None:
    """Token, key and password appear in no printed form of the settings."""
    settings = load_settings(
        token=f" {TOKEN}\n", secret_key="first,second", database_url="postgresql://u:geh%20eim@h/d"
    )
    printed = f"{settings!r} {settings!s} {settings.token}"
    assert all(secret not in printed for secret in (TOKEN, "first", "geh%20eim", "geh eim"))
    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN
    assert set(settings.secrets()) == {TOKEN, "first", "second", "geh%20eim", "geh eim"}
    assert load_settings(token="  ").secrets() == ()


def test_a_path_may_begin_with_a_tilde() -> None:
    """``~`` is the home folder, as in a shell."""
    assert load_settings(data_dir="~/bylaw", model_path="~/m.gguf").data_dir == Path.home() / "bylaw"


def test_every_setting_is_described() -> None:
    """The table for the manual has a line for each setting, with a meaning and without a line break."""
    lines = settings_table().splitlines()
    assert len(lines) == 2 + len(Settings.model_fields)
    own_last = sorted(Settings.model_fields, key=lambda name: name in ServeSettings.model_fields)
    for name, line in zip(own_last, lines[2:], strict=True):
        setting, default, meaning = (cell.strip() for cell in line.strip("|").split("|"))
        assert setting == f"`BYLAW_{name.upper()}`"
        assert default == "" or default.startswith("`")
        assert meaning.endswith(".")


def test_the_table_can_be_printed() -> None:
    """``python -m bot.settings`` prints what the manual shows."""
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-m", "bot.settings"], capture_output=True, text=True, cwd=root, check=True
    )
    assert (result.stdout.rstrip("\n"), result.stderr) == (settings_table(), "")
