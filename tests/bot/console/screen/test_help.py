"""`--help` of every command: what it takes is as somebody types it, and a flag takes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from bot.cli import application
from bot.console.screen.help import Command

Bylaw = Callable[..., Any]


def every_command() -> list[tuple[str, ...]]:
    """Each command and each group, as it is typed; `bylaw` itself is empty."""

    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield path
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*path, name))

    return list(walk(typer.main.get_command(application()), ()))


def option_lines(text: str) -> dict[str, str]:
    """What follows the name of each option on its line."""
    found = re.finditer(r"^│ \*? *(?P<name>--[a-z-]+)(?: +(?:-h|--no-[a-z-]+))?(?P<rest>.*)│$", text, re.MULTILINE)
    return {line["name"]: line["rest"] for line in found}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no line of help is broken."""
    monkeypatch.setenv("COLUMNS", "250")


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_help_is_one_letter_away(bylaw: Bylaw, command: tuple[str, ...]) -> None:
    """``-h`` and ``--help`` show the same."""
    long, short = bylaw(*command, "--help"), bylaw(*command, "-h")
    assert (short.code, short.err) == (0, "")
    assert short.out == long.out
    assert f"Usage: {' '.join(('bylaw', *command))} [OPTIONS]" in short.out


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_help_shows_what_is_typed(bylaw: Bylaw, command: tuple[str, ...]) -> None:
    """No names of Python types, no formulas and no braces around arguments."""
    text = bylaw(*command, "--help").out
    assert not re.search(r"<(str|bool|int|float|path|list)\b|\blist\[|<=x|x>=|\{[A-Z]", text), text


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_a_flag_takes_nothing(bylaw: Bylaw, command: tuple[str, ...]) -> None:
    """Its line goes on with the sentence about it; every other option says what it takes, in a word or a list."""
    lines = option_lines(bylaw(*command, "--help").out)
    context = typer.Context(Command(name="any"))
    inner: Any = typer.main.get_command(application())
    for name in command:
        inner = inner.commands[name]
    options = [each for each in inner.get_params(context) if each.param_type_name == "option" and not each.hidden]
    assert lines.keys() == {each.opts[0] for each in options}
    for each in options:
        takes = re.match(r" +(?P<takes>[A-Z]+\S*|<[^>]+>) {2,}", lines[each.opts[0]])
        assert bool(takes) == (not each.is_flag), lines[each.opts[0]]


def test_numbers_show_their_bounds(bylaw: Bylaw) -> None:
    """From where to where, or from where on; an id of Discord's has none to show."""
    assert "<1024 to 65535>" in bylaw("sandbox", "-h").out
    assert "<1 or more>" in bylaw("eval", "run", "-h").out
    assert re.search(r"--guild +ID +The server", bylaw("server", "export", "-h").out)


def test_policy_and_model_have_one_name_each(bylaw: Bylaw) -> None:
    """A command that takes one policy or one model takes it as `--policy` or `--model`; arguments are the same."""
    named = {"--policy": "FILE.md", "--model": "FILE.gguf"}
    for command in every_command():
        text = bylaw(*command, "--help").out
        for option, file in named.items():
            if re.search(rf"^│ \*? *{re.escape(file)} ", text, re.MULTILINE):
                assert f"Same as {option} {file}." in text, command
                assert option_lines(text)[option].split()[0] == file, command


def test_an_argument_that_may_be_left_out_is_in_brackets(bylaw: Bylaw) -> None:
    """In the line that says how to use a command."""
    assert "Usage: bylaw eval run [OPTIONS] [DATA...]" in bylaw("eval", "run", "-h").out
    assert "Usage: bylaw policy diff [OPTIONS] OLD.md NEW.md" in bylaw("policy", "diff", "-h").out
