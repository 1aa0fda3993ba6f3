"""Which shards a process takes: what may be written, and what cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.keys import KEY_FILE, KeyTrouble
from bot.settings import Settings, SettingsError, load_settings
from bot.shards import ShardRange, in_words
from bot.wiring.keys import open_keys
from tests.databases.postgres import Postgres

POSTGRES = "postgresql://u:geheim@h/d"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing comes from this machine's own settings."""
    for name in [name for name in os.environ if name.startswith("BYLAW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def load(monkeypatch: pytest.MonkeyPatch, ids: str, count: str = "16", database: str = POSTGRES) -> Settings:
    """Settings from the environment, as an operator writes them."""
    for name, value in (("SHARD_IDS", ids), ("SHARD_COUNT", count), ("DATABASE_URL", database)):
        monkeypatch.setenv(f"BYLAW_{name}", value)
    return load_settings()


@pytest.mark.parametrize(
    ("text", "ids"),
    [("0", (0,)), ("0-3,8", (0, 1, 2, 3, 8)), (" 8 , 0 - 3 ", (0, 1, 2, 3, 8)), ("5,5,4-5", (4, 5)), ("15", (15,))],
)
def test_shards_are_numbers_and_ranges(text: str, ids: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """In any order, with spaces, each counted once."""
    assert load(monkeypatch, text).shards == ShardRange(ids, 16)


@pytest.mark.parametrize("text", ["-1", "3-1", "a", "0,,1", "0;1", "0-", "16384", "0-99999", "٣", "0-1-2", ","])
def test_anything_else_is_one_line(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows what was given and an example."""
    with pytest.raises(SettingsError) as error:
        load(monkeypatch, text)
    assert str(error.value) == (
        f'BYLAW_SHARD_IDS is "{text}"; it must be numbers of shards, with commas between them or as a range, such as '
        "0-3,8."
    )


@pytest.mark.parametrize(
    ("ids", "count", "database", "line"),
    [
        ("0", "", POSTGRES, "BYLAW_SHARD_IDS is set and BYLAW_SHARD_COUNT is not"),
        ("0,4", "4", POSTGRES, "BYLAW_SHARD_IDS names shard 4, but BYLAW_SHARD_COUNT is 4, so the shards are 0 to 3"),
        ("0", "2", "", "BYLAW_SHARD_IDS is set, but a SQLite file is for one process only"),
        ("0", "2", "sqlite:///x.sqlite3", "BYLAW_SHARD_IDS is set, but a SQLite file is for one process only"),
    ],
)
def test_shards_that_cannot_be_run_are_refused(
    ids: str, count: str, database: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without their number, beyond it, and over SQLite: one line each, without the database's password."""
    with pytest.raises(SettingsError) as error:
        load(monkeypatch, ids, count, database)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
    assert "geheim" not in str(error.value)


def test_an_empty_setting_means_all_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is without the setting, whatever the database is."""
    assert load(monkeypatch, "", "", "").shards is None


def test_every_server_is_on_one_shard() -> None:
    """Discord's formula, for ids as they are today."""
    ranges = [ShardRange((0, 2), 4), ShardRange((1,), 4), ShardRange((3,), 4)]
    for guild_id in range(10**18, 10**18 + (64 << 22), (1 << 22) + 7):
        assert [each.has(guild_id) for each in ranges].count(True) == 1
    assert ranges[2].has(7 << 22)


@pytest.mark.parametrize(
    ("ids", "words"), [((3,), "shard 3"), ((0, 1), "shards 0 and 1"), ((0, 1, 2), "shards 0, 1 and 2")]
)
def test_shards_in_words(ids: tuple[int, ...], words: str) -> None:
    """As a sentence names them."""
    assert in_words(ids) == words


async def test_processes_without_a_key_do_not_make_one_each(postgres: Postgres, tmp_path: Path) -> None:
    """On two machines each would encrypt with its own: the first start asks for one key in the settings."""
    async with postgres.migrated() as address:
        settings = Settings(
            data_dir=tmp_path, judge="lite", database_url=address, shard_count=2, shard_ids=(0,), _env_file=None
        )
        with pytest.raises(KeyTrouble, match="bylaw keys new"):
            await open_keys(settings)
    assert not (tmp_path / KEY_FILE).exists()
