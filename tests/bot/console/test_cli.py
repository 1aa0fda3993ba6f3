"""The door: one line for every error, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer

from bot import cli
from bot.console.screen.errors import BadInput, UserError

Bylaw = Callable[..., Any]


def app_that(does: Callable[[], object]) -> typer.Typer:
    """An application whose one command does this."""
    app = typer.Typer()
    app.callback()(lambda: None)
    app.command("act")(does)
    return app


def raising(error: BaseException) -> Callable[[], object]:
    """A command that fails like this."""

    def act() -> None:
        raise error

    return act


@pytest.fixture
def failing(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], Any]:
    """Runs a command that raises."""

    def run(error: BaseException) -> Any:
        monkeypatch.setattr(cli, "application", lambda: app_that(raising(error)))
        return bylaw("act")

    return run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'. Try: bylaw --help"),
        (["classify"], "Missing option '--policy'. Try: bylaw classify --help"),
        (["classify", "--policy", "p.md", "--judge", "remote"], "'remote' is not one of 'lite', 'llama'"),
        (["classify", "--policy", "p.md", "--effort", "enormous"], "'enormous' is not one of"),
        (["policy", "lint"], "Missing argument 'FILE.md'"),
        (["policy", "lint", "a.md", "--loud"], "No such option"),
        (["sandbox", "--port", "80"], "--port"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(bylaw: Bylaw, arguments: list[str], says: str) -> None:
    """What cannot be understood exits with 2 and says what to type instead."""
    outcome = bylaw(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.complaint.startswith("bylaw: ")
    assert says in outcome.complaint
    assert "Value error" not in outcome.complaint


@pytest.mark.parametrize("group", [[], ["policy"], ["db"]])
def test_without_a_command_the_help_is_shown(bylaw: Bylaw, group: list[str]) -> None:
    """`bylaw` alone, and each group alone, say what there is."""
    outcome = bylaw(*group)
    assert (outcome.code, outcome.err) == (0, "")
    assert "Usage: bylaw" in outcome.out


def test_version(bylaw: Bylaw) -> None:
    """The version is one line."""
    outcome = bylaw("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("bylaw ")


def test_errors_for_users_keep_to_one_line(failing: Callable[[BaseException], Any]) -> None:
    """Line breaks and terminal codes in an error's text never reach the terminal as such."""
    outcome = failing(BadInput("two\nlines and \x1b[31mcolour"))
    assert outcome.code == 2
    assert outcome.complaint == "bylaw: two lines and \\x1b[31mcolour"


def test_failures_exit_with_one(failing: Callable[[BaseException], Any]) -> None:
    """What failed for another reason than its input exits with 1."""
    assert failing(UserError("the disk is full")).code == 1


def test_the_unexpected_names_its_kind_alone(failing: Callable[[BaseException], Any]) -> None:
    """An error of ours shows neither a traceback nor its text, which could hold anything."""
    outcome = failing(ZeroDivisionError("a member wrote this"))
    assert outcome.code == 1
    assert "ZeroDivisionError" in outcome.complaint
    assert "BYLAW_LOG_LEVEL=debug" in outcome.complaint
    assert "member" not in outcome.complaint


def test_debugging_shows_the_traceback_without_secrets(
    failing: Callable[[BaseException], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for it gets the traceback; a token in it is struck out."""
    monkeypatch.setenv("BYLAW_LOG_LEVEL", "debug")
    outcome = failing(
        ZeroDivisionError("token MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx.Gabcde.abcdefghijklmnopqrstuvwxyz0123456789")
    )
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "Gabcde" not in outcome.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_ctrl_c_is_quiet(failing: Callable[[BaseException], Any], error: BaseException) -> None:
    """Ctrl-C ends with the exit code that shells expect, and without a word."""
    outcome = failing(error)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


def test_an_exit_code_of_a_command_is_kept(failing: Callable[[BaseException], Any]) -> None:
    """A command that exits by itself decides on the code."""
    assert failing(typer.Exit(3)).code == 3
    assert failing(SystemExit(4)).code == 4
    assert failing(SystemExit("words")).code == 1


def started(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """A `python -m bot` process with pipes."""
    pipe = subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments], stdin=pipe, stdout=pipe, stderr=pipe, env=environment, **options
    )


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`bylaw settings | head -1` prints its line and nothing on standard error."""
    with started("settings") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 1


def test_a_terminal_of_few_letters_is_no_error() -> None:
    """Where the terminal knows ASCII alone, other letters are named."""
    with started("--help", env={"PYTHONIOENCODING": "ascii", "TERM": "dumb", "PYTHONUTF8": "0"}) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"Usage" in out
    assert err == b""


def test_help_loads_nothing_heavy() -> None:
    """`bylaw --help` answers without Discord's library, the database and the model."""
    heavy = {"discord", "sqlalchemy", "alembic", "llama_cpp", "numpy", "pydantic", "simcord", "cryptography"}
    code = (
        "import sys\nfrom bot.cli import main\nmain(['--help'])\n"
        f"print(sorted({heavy!r} & {{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr.strip() == "[]"
