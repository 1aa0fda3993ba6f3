"""The commands of docs/upkeep.md are run as they are printed, section by section, each in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, update

from bot.keys import Cipher, new_key
from bot.storage.database.engine import create_engine
from bot.storage.tables.cases import case_numbers, cases
from tests.bot.storage.rows import opened_case
from tests.databases.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/upkeep.md").read_text(encoding="utf-8")
GUILD = 123456789012345678
SHOWN = "postgresql+asyncpg://bylaw:password@db/"
BLOCK = re.compile(r"<!-- run(?:: (?P<where>\w+))? -->\n```sh\n(?P<commands>.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Commands that the page shows, and where they are run: `elsewhere` is another installation."""

    section: str
    where: str
    commands: str


def blocks() -> list[Block]:
    """Every block of the page that is marked."""
    return [
        Block(section=section.partition("\n")[0], where=found["where"] or "", commands=found["commands"])
        for section in PAGE.split("\n## ")[1:]
        for found in BLOCK.finditer(section)
    ]


SECTIONS = {block.section for block in blocks() if block.where != "postgresql"}
ON_POSTGRES = [block for block in blocks() if block.where == "postgresql"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a shell has where the environment of the bot is active, and none of this machine's settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BYLAW_", "PG"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{clean.get('PATH', '')}"
    return {**clean, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(folder), **more}


def run(folder: Path, commands: str, **more: str) -> str:
    """Run the lines of a block in one shell that stops at the first that fails; what they print."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
async def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A bot's folder with a case in the server of the page."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (tmp_path / ".env").write_text("BYLAW_JUDGE=lite\n")
    (tmp_path / ".env").chmod(0o600)
    key = new_key()
    (data / "secret.key").write_text(f"{key}\n")
    (data / "secret.key").chmod(0o600)
    shutil.copy(migrated_sqlite, data / "bylaw.sqlite3")
    await keep_a_case(f"sqlite:///{data / 'bylaw.sqlite3'}", key, GUILD)
    return tmp_path


async def keep_a_case(address: str, key: str, guild_id: int) -> None:
    """One case of the server, encrypted with this key."""
    engine = create_engine(address)
    await opened_case(engine, Cipher((key.encode(),)))
    async with engine.begin() as connection:
        for table in (cases, case_numbers):
            await connection.execute(update(table).values(guild_id=guild_id))
    await engine.dispose()


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_the_commands_of_a_section_work_as_printed(section: str, folder: Path) -> None:
    """One block after the other, as somebody would who follows the page."""
    if section == "Upgrade":
        run(folder, "bylaw db downgrade 0013")
    for block in blocks():
        if block.section == section and block.where != "postgresql":
            more = {"BYLAW_DATA_DIR": "elsewhere"} if block.where == "elsewhere" else {}
            run(folder, block.commands, **more)
    if section == "Moving a server":
        assert "1 in cases" in run(folder, "bylaw db check", BYLAW_DATA_DIR="elsewhere")


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="PostgreSQL's client programs are not installed")
@pytest.mark.parametrize("block", ON_POSTGRES, ids=lambda block: block.section)
async def test_the_commands_for_postgresql_work_as_printed(block: Block, folder: Path, postgres: Postgres) -> None:
    """On a server of the test's own, whose address takes the place of the page's."""
    async with postgres.migrated() as address:
        url = make_url(address)
        server = f"postgresql+asyncpg://{url.username}@{url.host}:{url.port}/"
        commands = block.commands.replace(f"{SHOWN}bylaw ", f"{server}{url.database} ").replace(SHOWN, server)
        names = {"PGHOST": str(url.host), "PGPORT": str(url.port), "PGUSER": str(url.username)}
        more = {**names, "BYLAW_DATABASE_URL": f"{server}{url.database}"}
        try:
            await asyncio.to_thread(run, folder, commands, **more)
        finally:
            connection = await asyncpg.connect(address)
            await connection.execute("DROP DATABASE IF EXISTS bylaw_restored")
            await connection.close()


def test_the_page_has_something_to_run_in_every_section_with_commands() -> None:
    """A mark that is misspelled would run nothing."""
    assert {"Backups", "Restoring a backup", "Upgrade", "Moving a server"} <= SECTIONS
    assert len(ON_POSTGRES) == 2
    assert {block.where for block in blocks()} == {"", "elsewhere", "postgresql"}
    assert PAGE.count("<!-- run") == len(blocks())
