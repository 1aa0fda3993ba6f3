"""The import line holds: bot -> guild_policies -> classifier, and each library stays behind its own door."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "classifier", "guild_policies", "migrations")
MAX_LINES = 400


def python_files(*folders: str) -> list[Path]:
    """Every Python file below these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, at the top or inside a function, with the names taken from packages."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layout"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(files: list[Path], forbidden: tuple[str, ...], *, allowed: tuple[str, ...] = ()) -> list[str]:
    """Files that import a forbidden module, as ``file imports module``."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        if path.relative_to(ROOT).as_posix() not in allowed
        for name in imports_of(path)
        if any(name == module or name.startswith(f"{module}.") for module in forbidden)
    ]


def test_the_classifier_knows_nothing_of_servers_or_discord() -> None:
    """classifier/ imports no package of ours and none of the application's libraries."""
    forbidden = ("bot", "guild_policies", "migrations", "discord", "sqlalchemy", "apscheduler", "pydantic_settings")
    assert offenders(python_files("classifier"), forbidden) == []


def test_only_the_engine_touches_llama_cpp() -> None:
    """llama_cpp is imported in classifier/llama/ and nowhere else."""
    files = [path for path in python_files(*PACKAGES) if (ROOT / "classifier/llama") not in path.parents]
    assert offenders(files, ("llama_cpp",)) == []


def test_guild_policies_uses_only_the_door_of_the_classifier() -> None:
    """guild_policies/ takes value types from `classifier` itself, and nothing from bot/."""
    names = {name for path in python_files("guild_policies") for name in imports_of(path)}
    reaching_in = {name for name in names if name.startswith("classifier.") and name.split(".")[1].islower()}
    assert reaching_in == set()
    assert offenders(python_files("guild_policies"), ("bot", "discord", "apscheduler", "migrations")) == []


def test_sql_stays_in_the_stores() -> None:
    """SQLAlchemy is imported by the two store packages only."""
    allowed = ("guild_policies/store/tables.py", "guild_policies/store/rows.py", "guild_policies/store/sql.py")
    files = [path for path in python_files("bot", "guild_policies") if (ROOT / "bot/storage") not in path.parents]
    assert offenders(files, ("sqlalchemy", "aiosqlite", "asyncpg", "alembic"), allowed=allowed) == []


def test_moderation_is_in_our_own_words() -> None:
    """bot/moderation/ knows neither Discord nor storage nor the clockwork."""
    forbidden = ("discord", "sqlalchemy", "apscheduler", "bot.storage", "bot.cogs", "bot.app", "bot.settings")
    assert offenders(python_files("bot/moderation"), forbidden) == []


def test_discord_stays_at_its_edge() -> None:
    """discord is imported by bot/cogs/, the composition root and the programs that start or simulate it."""
    files = [path for path in python_files("bot") if (ROOT / "bot/cogs") not in path.parents]
    allowed = tuple(
        path.relative_to(ROOT).as_posix()
        for path in files
        if {ROOT / "bot/console", ROOT / "bot/simulation"} & set(path.parents) or path.name == "app.py"
    )
    assert offenders(files, ("discord", "simcord"), allowed=allowed) == []


def test_cogs_hold_no_sql_and_no_stores() -> None:
    """bot/cogs/ calls services; it does not reach for the stores behind them."""
    assert offenders(python_files("bot/cogs"), ("bot.storage", "sqlalchemy", "guild_policies.store.sql")) == []


def test_one_file_imports_apscheduler() -> None:
    """The schedule is the only door to APScheduler."""
    assert offenders(python_files("bot"), ("apscheduler",), allowed=("bot/schedule.py",)) == []


def test_migrations_import_nothing_but_the_metadata() -> None:
    """A migration must mean the same next year: it imports no code of ours that can change."""
    forbidden = ("bot", "classifier", "guild_policies")
    assert offenders(python_files("migrations/versions"), forbidden) == []
    names = {name for name in imports_of(ROOT / "migrations/env.py") if name.split(".")[0] in forbidden}
    assert all(".tables" in name for name in names), names


@pytest.mark.parametrize("path", python_files(*PACKAGES, "benchmarks"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    """No file grows past the length at which it holds two ideas."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_importing_does_no_io() -> None:
    """Importing every module of ours writes no file, opens no connection and starts no process."""
    modules = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in python_files("bot", "classifier", "guild_policies")
        if path.name != "__main__.py"
    ]
    program = f"""
import importlib, sys
sys.dont_write_bytecode = True
def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event in ("socket.connect", "subprocess.Popen", "os.posix_spawn", "sqlite3.connect"):
        raise SystemExit(f"import did {{event}} {{args[:2]}}")
for module in {modules!r}:
    if module in ("bot.simulation.play", "bot.simulation.simulated_server", "bot.simulation.story"):
        continue  # they need the extra "sandbox"; test_demo imports them
    sys.addaudithook(watch) if module == {modules[0]!r} else None
    importlib.import_module(module)
assert "llama_cpp" not in sys.modules or any(name.startswith("classifier.llama.") for name in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


@pytest.mark.parametrize(("door", "kept_out"), [("classifier", "llama_cpp"), ("guild_policies", "sqlalchemy")])
def test_a_door_opens_without_its_heavy_parts(door: str, kept_out: str) -> None:
    """Importing a package does not load the heavy library behind one of its modules."""
    program = f"import sys, {door}; sys.exit({kept_out!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
