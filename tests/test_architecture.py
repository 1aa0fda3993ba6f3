"""The import line holds: bot -> guild_policies -> classifier, and each library stays behind its own door."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "classifier", "guild_policies", "migrations")
CODE = (*PACKAGES, "benchmarks")
MAX_LINES = 400
MAX_FILES = 15
LISTS = {"guild_policies/lint", "migrations/versions"}  # lists of rules and of steps, a file each

#: What each layer is made of, top to bottom. A file imports from its own folder and from folders on lines below it,
#: never from above or beside. "." means the files at the layer's root that no line names.
ORDER = {
    "bot/moderation": (
        "setup",
        "disclosure",
        "members",
        "appeals lookups",
        "judging",
        "mending pictures",
        "raids",
        "review trials",
        "cascade",
        "cards policies",
        "messages",
        "cases",
        "servers",
    ),
    "bot/cogs": (
        ".",
        "servers members",
        "raids",
        "appeals lookups review trials",
        "cards policies messages judging",
        "interactions",
        "channels languages",
    ),
    "bot/storage": ("transfer", "privacy", "members lookups policies", "cases servers", "audit", "database", "tables"),
    "bot/evaluation": ("reports", "figures tuning", "runs", "sets", "."),
    "bot/console": (".", "commands", "checkup", "inputs", "screen"),
    "bot/sandbox": (".", "frame actions", "views", "world"),
    "classifier": ("remote", "llama lite", "prompt", "."),
    "classifier/remote": ("client", "servers", "."),
    "classifier/llama": ("engine client", "device", "model_file", "."),
    "guild_policies": ("store lint templates", ".", "text", "policy sentences"),
    "benchmarks": (
        ".",
        "engine chaos cascade cluster evaluation growth lite",
        "loopback peers",
        "workload",
        "random_model",
        "random_vocabulary",
    ),
}

#: Endings of class names that could mean anything, and the files that may use them: each for the one meaning that the
#: glossary in docs/design.md gives.
VAGUE = {"Part": {"classifier/content.py"}, "Desk": set[str](), "Room": set[str]()}


def python_files(*folders: str) -> list[Path]:
    """Every Python file below these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """A file's syntax tree, node by node."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, at the top or inside a function, with the names taken from packages."""
    names: list[str] = []
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layout"
            assert node.module
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


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


def test_pictures_are_decoded_in_one_place() -> None:
    """What members post is hostile: Pillow opens it in bot/pictures/ alone; elsewhere it only draws our own plots."""
    files = [path for path in python_files(*PACKAGES) if (ROOT / "bot/pictures") not in path.parents]
    assert offenders(files, ("PIL", "imagehash"), allowed=("bot/cogs/lookups/numbers/stats_plot.py",)) == []
    forbidden = ("discord", "sqlalchemy", "bot.storage", "bot.cogs", "bot.settings", "bot.app")
    assert offenders(python_files("bot/pictures"), forbidden) == []


def test_guild_policies_uses_only_the_door_of_the_classifier() -> None:
    """guild_policies/ takes value types from `classifier` itself, and nothing from bot/."""
    names = {name for path in python_files("guild_policies") for name in imports_of(path)}
    reaching_in = {name for name in names if name.startswith("classifier.") and name.split(".")[1].islower()}
    assert reaching_in == set()
    assert offenders(python_files("guild_policies"), ("bot", "discord", "apscheduler", "migrations")) == []


def test_an_evaluation_knows_no_server() -> None:
    """bot/evaluation/ imports neither Discord nor SQL, and nothing of the rest of the bot but the escaping of text."""
    forbidden = (
        "discord",
        "sqlalchemy",
        "apscheduler",
        "guild_policies",
        "bot.console",
        "bot.moderation",
        "bot.storage",
    )
    assert offenders(python_files("bot/evaluation"), (*forbidden, "bot.cogs", "bot.settings", "bot.app")) == []


def test_sql_stays_in_the_stores() -> None:
    """SQLAlchemy is imported by the two store packages only."""
    store = "guild_policies/store"
    allowed = tuple(f"{store}/{name}.py" for name in ("tables", "rows", "periods", "sql"))
    files = [path for path in python_files("bot", "guild_policies") if (ROOT / "bot/storage") not in path.parents]
    assert offenders(files, ("sqlalchemy", "aiosqlite", "asyncpg", "alembic"), allowed=allowed) == []


def test_moderation_is_in_our_own_words() -> None:
    """bot/moderation/ knows neither Discord nor storage nor the clockwork."""
    forbidden = ("discord", "sqlalchemy", "apscheduler", "bot.storage", "bot.cogs", "bot.app", "bot.settings")
    assert offenders(python_files("bot/moderation"), forbidden) == []


def test_metrics_only_count() -> None:
    """bot/metrics/ reads moderation's values, and is asked for by none of the layers but storage, for its port."""
    forbidden = (
        "discord",
        "sqlalchemy",
        "apscheduler",
        "bot.storage",
        "bot.cogs",
        "bot.app",
        "bot.settings",
        "bot.log",
    )
    assert offenders(python_files("bot/metrics"), forbidden) == []
    assert offenders(python_files("bot/moderation", "bot/cogs"), ("bot.metrics", "prometheus_client")) == []
    inside = [path for path in python_files("bot/storage") if path != ROOT / "bot/storage/lookups/totals.py"]
    assert offenders(inside, ("bot.metrics",)) == []


def test_discord_stays_at_its_edge() -> None:
    """discord is imported by bot/cogs/, the composition root and the programs that start or simulate it."""
    files = [path for path in python_files("bot") if (ROOT / "bot/cogs") not in path.parents]
    allowed = tuple(
        path.relative_to(ROOT).as_posix()
        for path in files
        if {ROOT / "bot/console", ROOT / "bot/sandbox", ROOT / "bot/simulation"} & set(path.parents)
        or path in {ROOT / "bot/app.py", ROOT / "bot/wiring/cogs.py"}
    )
    assert offenders(files, ("discord", "simcord"), allowed=allowed) == []


def test_the_simulated_server_knows_no_page_and_nothing_else_knows_the_sandbox() -> None:
    """bot/sandbox/ is built on bot/simulation/, and only the command that opens it imports it."""
    assert offenders(python_files("bot/simulation"), ("bot.sandbox", "bot.console", "aiohttp")) == []
    outside = [path for path in python_files("bot") if ROOT / "bot/sandbox" not in path.parents]
    assert offenders(outside, ("bot.sandbox",), allowed=("bot/console/commands/sandbox.py",)) == []
    assert offenders(python_files("bot/sandbox"), ("bot.console", "bot.storage", "sqlalchemy")) == []


def test_one_file_makes_what_is_judged() -> None:
    """So every path attributes a proxy's copy to its member: nobody reports or decides about their own words."""
    allowed = ("bot/cogs/interactions/read_message.py",)
    made = ("bot.cogs.interactions.translate.message_seen",)
    assert offenders(python_files(*CODE), made, allowed=allowed) == []


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
    if module.startswith(("bot.sandbox.", "bot.simulation.")):
        continue  # they need the extra "sandbox"; their own tests import them
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


def places(layer: str) -> dict[str, int]:
    """The line of the order on which each folder or file of a layer is."""
    return {name: line for line, names in enumerate(ORDER[layer]) for name in names.split()}


def place_of(layer: str, name: str) -> str:
    """Where the order has a folder or file of the layer: under its own name, or with the rest of the layer's root."""
    return name if name in places(layer) else "."


@pytest.mark.parametrize("layer", ORDER)
def test_every_folder_of_a_layer_is_in_its_order(layer: str) -> None:
    """The order names each folder of a layer, and nothing that is gone."""
    packages = {path.parent.name for path in (ROOT / layer).glob("*/*.py")}
    modules = {path.stem for path in (ROOT / layer).glob("*.py")}
    assert packages <= set(places(layer))
    assert set(places(layer)) - {"."} <= packages | modules


@pytest.mark.parametrize("layer", ORDER)
def test_a_layer_is_a_stack_without_a_circle(layer: str) -> None:
    """A file imports from its own folder and from folders on lines below, never from above or beside."""
    prefix, order = f"{layer.replace('/', '.')}.", places(layer)
    found = {path: path.relative_to(ROOT / layer).parts[0].removesuffix(".py") for path in python_files(layer)}
    wrong = []
    for path, first in found.items():
        own = place_of(layer, first)
        for name in imports_of(path):
            other = place_of(layer, name.removeprefix(prefix).split(".")[0])
            if name.startswith(prefix) and path.name != "__init__.py" and other != own and order[other] <= order[own]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_a_folder_is_seen_at_a_glance() -> None:
    """No folder holds more files than a newcomer takes in."""
    files = Counter(path.parent.relative_to(ROOT).as_posix() for path in python_files(*CODE))
    assert {folder: count for folder, count in files.items() if count > MAX_FILES and folder not in LISTS} == {}


def test_every_folder_says_what_it_is() -> None:
    """Each package opens with a sentence about what it is for."""
    folders = {path.parent for path in python_files(*CODE)} - {ROOT / "migrations/versions"}
    doors = [folder / "__init__.py" for folder in sorted(folders)]
    assert [door for door in doors if not door.is_file() or not ast.get_docstring(ast.parse(door.read_text()))] == []


def test_only_tests_are_named_like_tests() -> None:
    """Nothing outside tests/ is named ``test_*`` or ``*_test``: pytest and people would look for tests there."""
    names = [path.stem for path in python_files(*CODE)]
    assert [name for name in names if name.startswith("test_") or name.endswith("_test")] == []


def test_no_shipped_code_imports_a_test() -> None:
    """What is installed does without tests/."""
    assert offenders(python_files(*CODE), ("tests",)) == []


def test_a_vague_word_has_one_meaning() -> None:
    """A class is called Part, Desk or Room for the one meaning that the glossary gives, or not at all."""
    wrong = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in python_files(*CODE)
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef)
        for word, homes in VAGUE.items()
        if node.name.endswith(word) and path.relative_to(ROOT).as_posix() not in homes
    ]
    assert wrong == []


def is_table(value: ast.expr | None) -> bool:
    """Is this a collection that is written out, or a call around one?"""
    if isinstance(value, ast.Call):
        return bool(value.args) and is_table(value.args[-1])
    return isinstance(value, ast.List | ast.Tuple | ast.Dict | ast.Set)


@pytest.mark.parametrize("folder", [*CODE, "tests"])
def test_the_formatter_lays_out_all_but_tables_of_data(folder: str) -> None:
    """``fmt: skip`` is for tables whose columns people read; code that spreads too far has too many arguments."""
    mark, wrong = "# fmt: " + "skip", []
    for path in python_files(folder):
        lines = path.read_text(encoding="utf-8").splitlines()
        marked = {number for number, line in enumerate(lines, 1) if line.rstrip().endswith(mark)}
        if marked:
            assigned = [node for node in nodes_of(path) if isinstance(node, ast.Assign | ast.AnnAssign)]
            tables = {node.end_lineno for node in assigned if is_table(node.value)}
            called = [each for node in nodes_of(path) for each in getattr(node, "decorator_list", ())]
            tables |= {each.end_lineno for each in called if is_table(each)}
            wrong += [f"{path.relative_to(ROOT)}:{number}" for number in sorted(marked - tables)]
    assert wrong == []
