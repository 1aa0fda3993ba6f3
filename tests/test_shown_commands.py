"""Every command that a page or a text of the bot shows is one that `bylaw` understands, written in the one way."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator

import pytest

from bot.cli import main
from tests.test_docs import PAGES, ROOT

#: ``bylaw`` as a command, not as part of a path, a name of an image or a volume; up to where the shell goes on.
_COMMAND = re.compile(r"(?<![\w./:=-])bylaw((?: +[^\s`|<>;&#)]+)*)")
_GOES_ON = re.compile(r"\\\n\s*")
_OTHER_PROGRAMS = re.compile(r"\b(docker|sqlite3|pip|git) ")


def commands_in(code: str) -> Iterator[tuple[str, ...]]:
    """The arguments of each ``bylaw`` in a piece of code."""
    for line in _GOES_ON.sub(" ", code).splitlines():
        command = line.split("exec bylaw ", 1)[-1]  # docker compose exec SERVICE COMMAND
        if _OTHER_PROGRAMS.search(command):
            continue
        for found in _COMMAND.finditer(command.split(" # ")[0]):
            words = shlex.split(found[1].replace("[", "").replace("]", ""), comments=True)
            if words and re.match(r"^(-|[a-z])", words[0]):
                yield tuple(word for word in words if word != "...")


def code_of(page: str) -> Iterator[str]:
    """What a page shows as code: blocks, whether fenced or indented, then what stands between single marks."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    yield from blocks
    rest = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"^    (\S.*)$", rest, flags=re.MULTILINE)
    yield from (piece.replace("\n", " ") for piece in re.findall(r"`([^`]+)`", rest))


def shown_in_pages() -> set[tuple[str, tuple[str, ...]]]:
    """Each command with the page that shows it."""
    return {
        (page.relative_to(ROOT).as_posix(), command)
        for page in PAGES
        for code in code_of(page.read_text(encoding="utf-8"))
        for command in commands_in(code)
    }


def shown_in_texts() -> set[tuple[str, tuple[str, ...]]]:
    """Each command between marks in a string of the code: help, errors, and what the bot says in Discord."""
    return {
        (path.relative_to(ROOT).as_posix(), command)
        for folder in ("bot", "classifier", "guild_policies")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for piece in re.findall(r"`+(bylaw [^`]+)`+", node.value)
        for command in commands_in(" ".join(piece.split()))
    }


SHOWN = sorted(shown_in_pages() | shown_in_texts())


def test_there_are_commands_to_look_at() -> None:
    """In pages of several folders and in texts of the bot."""
    places = {place for place, _ in SHOWN}
    assert {"README.md", "docs/operators.md", "docs/privacy.md", "bot/console/commands/keys.py"} <= places
    assert len(SHOWN) > 60


@pytest.mark.parametrize(
    ("place", "command"), SHOWN, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_shown_command_parses(place: str, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The command and its options are there; words in place of values are not looked at."""
    value = ("value",) if command[-1].startswith("--") else ()  # shown without the value that it may take
    assert main([*command, *value, "--help"]) == 0, f"{place}: {capsys.readouterr().err}"


@pytest.mark.parametrize("arguments", [("evil", "run"), ("classify", "--polcy", "x"), ("keys", "rotat"), ("--vrsion",)])
def test_a_command_that_is_none_would_be_found(arguments: tuple[str, ...]) -> None:
    """Help does not hide a wrong word before it."""
    assert main([*arguments, "--help"]) == 2


def test_there_is_one_way_to_write_it() -> None:
    """``bylaw``, wherever it is installed; the README and the operators' page say once how a shell finds it."""
    texts = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
    assert [name for name, text in texts.items() if ".venv/bin/bylaw" in text or "python -m bot " in text] == []
    told = {name: text.count("source .venv/bin/activate") for name, text in texts.items()}
    assert {name: count for name, count in told.items() if count} == {"README.md": 1, "docs/operators.md": 1}
