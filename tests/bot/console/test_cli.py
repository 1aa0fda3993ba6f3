"""The door: one line for every error, and never a traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
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
        (["classify"], "Missing option: --policy FILE.md. Try: bylaw classify --help"),
        (
            ["classify", "--policy", "p.md", "--judge", "gpt"],
            '--judge is "gpt"; it must be "lite", "llama" or "remote". Try: bylaw classify --help',
        ),
        (["classify", "--policy", "p.md", "--effort", "enormous"], 'it must be "low", "medium" or "high".'),
        (["classify", "--policy"], "Option '--policy' requires an argument."),
        (["policy", "diff"], "Missing argument: OLD.md. Try: bylaw policy diff --help"),
        (["policy", "lint", "a.md", "b.md"], "Too many arguments: b.md. Try: bylaw policy lint --help"),
        (["policy", "lint", "a.md", "--loud"], "There is no option --loud. Try: bylaw policy lint --help"),
        (["sandbox", "--prt", "8080"], "There is no option --prt; did you mean --port? Try: bylaw sandbox --help"),
        (["sandbox", "--port", "80"], '--port is "80"; it must be a whole number from 1024 to 65535.'),
        (["sandbox", "--port", "eighty"], '--port is "eighty"; it must be a whole number from 1024 to 65535.'),
        (["model", "bench", "--seconds", "0"], '--seconds is "0"; it must be a number from 1 to 3600.'),
        (
            ["privacy", "export", "--user", "abc"],
            '--user is "abc"; it must be an id that Discord gave, such as 123456789012345678.',
        ),
        (["privacy", "erase", "--user", "1", "--guild", "-1"], '--guild is "-1"; it must be an id that Discord gave'),
        (
            ["policy", "backtest", "--policy", "a", "--decisions", "b", "--threshold", "nan"],
            '--threshold is "nan"; it must be a number from 0 to 1.',
        ),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(bylaw: Bylaw, arguments: list[str], says: str) -> None:
    """What cannot be understood exits with 2 and says what was given, what is allowed, and where help is."""
    outcome = bylaw(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.complaint.startswith("bylaw: ")
    assert says in outcome.complaint
    assert "Value error" not in outcome.complaint
    assert "Input should" not in outcome.complaint


def options_with_values() -> list[tuple[str, ...]]:
    """Each option of each command that takes no free text, as it is typed up to its value."""

    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*path, name))
        for param in command.params:
            if param.param_type_name == "option" and param.type_descriptor.annotation not in (
                str,
                Path,
                bool,
                list[str],
                list[Path],
            ):
                yield (*path, param.opts[0])

    return list(walk(typer.main.get_command(cli.application()), ()))


@pytest.mark.parametrize("option", options_with_values(), ids=" ".join)
def test_every_option_says_what_it_takes(bylaw: Bylaw, option: tuple[str, ...]) -> None:
    """A new option with numbers or words to choose from is told like the others."""
    outcome = bylaw(*option, "no such value")
    assert outcome.code == 2
    assert outcome.complaint.startswith(f'bylaw: {option[-1]} is "no such value"; it must be ')


#: These print no data: the bot itself, pages and services that run until Ctrl-C, and a script for a shell.
WITHOUT_JSON = {"run", "sandbox", "serve-judge", "completion"}


def test_every_command_that_prints_data_has_json() -> None:
    """A new command gets `--json`, or a reason above."""

    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield " ".join(path), {option for param in command.params for option in param.opts}
        for name, each in (inner or {}).items():
            yield from walk(each, (*path, name))

    options = dict(walk(typer.main.get_command(cli.application()), ()))
    assert {name for name, each in options.items() if "--json" not in each} == WITHOUT_JSON


def test_a_misspelled_setting_is_told_by_every_command(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting without effect is pointed out, and the command goes on."""
    monkeypatch.setenv("BYLAW_RETENTON_DAYS", "3")
    outcome = bylaw("keys", "new")
    assert outcome.code == 0
    assert outcome.complaint == "bylaw: BYLAW_RETENTON_DAYS is no setting; did you mean BYLAW_RETENTION_DAYS?"


def test_no_token_is_repeated(bylaw: Bylaw) -> None:
    """Whoever pastes a token into the wrong place does not find it in the terminal's history of errors."""
    token = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQX.ZnCjm1XVW7vRze4b7Cq4se7kKWs"
    assert token not in bylaw("sandbox", "--port", token).complaint


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


def test_ctrl_c_is_quiet_from_the_start() -> None:
    """Somebody changes their mind while the libraries are still being loaded."""
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from bot.cli import main\n"
        "sys.exit(main(['settings']))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_an_exit_code_of_a_command_is_kept(failing: Callable[[BaseException], Any]) -> None:
    """A command that exits by itself decides on the code."""
    assert failing(typer.Exit(3)).code == 3
    assert failing(SystemExit(4)).code == 4
    assert failing(SystemExit("words")).code == 1


def started(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """A `python -m bot` process with pipes."""
    pipe = subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **options.pop("env", {})}
    streams = {"stdin": pipe, "stdout": pipe, "stderr": pipe, **options}
    return subprocess.Popen([sys.executable, "-m", "bot", *arguments], env=environment, **streams)


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`bylaw settings | head -1` prints its line and nothing on standard error."""
    with started("settings") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    """What is sent to a file on a full disk ends with a line that says so, and exit code 1."""
    with Path("/dev/full").open("wb") as full, started("settings", stdout=full) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.startswith(b"bylaw: Writing failed (No space left on device): make room")
    assert err.count(b"\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_remarks_that_cannot_be_written_end_nothing() -> None:
    """Where standard error takes nothing, the command still does its work and exits as it would."""
    with (
        Path("/dev/full").open("wb") as full,
        started("keys", "new", stderr=full, env={"BYLAW_NONSENSE": "1"}) as process,
    ):
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(out.strip()) == 44


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_end_nothing(closed: str) -> None:
    """A program that somebody starts without standard output or standard error works without them."""
    command = f"{shlex.quote(sys.executable)} -m bot settings {closed}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")


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
