"""A newcomer's wrong inputs: each is one line that says what was given and what to do, and nothing is made of it."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]
NO_DATABASE = "run this in the bot's folder, or set BYLAW_DATA_DIR"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, policy_file: Path) -> Path:
    """Files of all the wrong kinds, beside one good policy."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("hello\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\xff\xfe")
    (tmp_path / "empty.md").touch()
    (tmp_path / "good.jsonl").write_text('{"id": 1, "text": "a", "violation": true}\n')
    (tmp_path / "deep.json").write_text("[" * 200_000)
    (tmp_path / "rows.csv").write_text("id,text,flagged\n1,hello,maybe\n")
    (tmp_path / "twice.csv").write_text("id,text,flagged\n1,a,1\n1,b,0\n")
    (tmp_path / "bare.jsonl").write_text('{"id": 1, "text": "a", "labels": {}}\n')
    assert policy_file.parent == tmp_path
    return tmp_path


def names(folder: Path) -> list[str]:
    """What is in a folder, at any depth."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("classify --policy folder", "folder is a folder: name a file in it."),
        ("classify --policy none.md", "none.md does not exist: check the path."),
        ("classify --policy picture.png", "picture.png cannot be judged as it is. Line 1: "),
        ("classify --policy empty.md", "empty.md cannot be judged as it is. Line 1: The policy is empty."),
        ("classify policy.md", "Missing option: --policy FILE.md."),
        ("plan", "Missing option: --messages-per-day. Try: bylaw plan --help"),
        ("classify --policy policy.md --model none.gguf", "there is no model file none.gguf: download "),
        ("classify --policy policy.md --model folder", "folder is a folder: give the GGUF file in it."),
        ("classify --policy policy.md --model text.txt", "text.txt is not a GGUF model file"),
        ("classify --policy policy.md --judge lite --model text.txt", "--judge lite uses no model"),
        ("prompt --policy policy.md", "Give the message with either --text TEXT or --text-file FILE"),
        ("prompt --policy policy.md --text-file picture.png", "picture.png is not UTF-8 text: save it as UTF-8."),
        ("prompt --policy policy.md --text hi --model none.gguf", "there is no model file none.gguf: download "),
        ("model check", "set BYLAW_MODEL_PATH to it, or add --model FILE.gguf."),
        ("model bench", "set BYLAW_MODEL_PATH to it, or add --model FILE.gguf."),
        ("model check a.gguf --model b.gguf", "The model is named twice, as b.gguf and as a.gguf: name it once, with"),
        ("model bench a.gguf --model b.gguf", "The model is named twice"),
        ("model check --model=~nobody-here/a.gguf", "there is no model file ~nobody-here/a.gguf"),
        ("policy lint", "No policy is named: add --policy FILE.md."),
        ("policy lint policy.md --policy policy.md", "The policy is named twice, as policy.md and as policy.md: name"),
        ("policy lint --policy=~nobody-here/a.md", "~nobody-here/a.md does not exist: check the path."),
        ("policy wobble --rows rows.csv", "No policy is named: add --policy FILE.md."),
        (
            "policy wobble --policy policy.md --guild 99999999999999999999 --name x",
            '--guild is "99999999999999999999"; it must be an id that Discord gave',
        ),
        ("model check text.txt", "text.txt is not a GGUF model file"),
        ("policy lint folder", "folder is a folder: name a file in it."),
        ("policy diff policy.md", "Missing argument: NEW.md."),
        ("policy diff policy.md picture.png", "picture.png: "),
        ("policy backtest --policy policy.md --decisions folder", "folder is a folder: name a file in it."),
        ("policy backtest --policy policy.md --decisions empty.md", "empty.md has no decisions"),
        ("policy backtest --policy policy.md --decisions text.txt", "text.txt: line 1 is not JSON: write "),
        ("eval run rows.csv --policy policy.md", "Missing option: --out DIR."),
        ("eval run none.csv --policy policy.md --out o", "none.csv does not exist: check the path."),
        ("eval run --all none --out o", "none does not exist: check the path."),
        ("eval run rows.csv --policy policy.md --out o", 'rows.csv: line 2 has a label "flagged" that is none of 1,'),
        ("eval run twice.csv --policy policy.md --out o", "line 3 has an id that an earlier line has"),
        ("eval run bare.jsonl --policy policy.md --out o", 'bare.jsonl has no row with a label: write "labels"'),
        ("eval run rows.csv --policy policy.md --out o --cards folder", "folder holds no set card"),
        ("eval run rows.csv --out o --cards none", "none is no folder: name one with set cards (*.toml)."),
        ("eval tune good.jsonl --policy policy.md --out o --variants none", "none cannot be read (No such file"),
        ("eval tune good.jsonl --policy policy.md --out o --variants picture.png", "picture.png is not UTF-8 text"),
        (
            "plan --messages-per-day 5 --bench deep.json",
            "deep.json does not hold what `bylaw model bench --json` prints",
        ),
        ("eval report folder", "folder holds no run"),
        ("eval report text.txt", "text.txt holds no run"),
        ("db backup copy.sqlite3", NO_DATABASE),
        ("db backup", "Missing argument: FILE."),
        ("keys rotate", NO_DATABASE),
        ("keys discard-texts", "look for a backup of secret.key first, then add --yes."),
        ("keys discard-texts --yes", NO_DATABASE),
        ("privacy export --user @ana", '--user is "@ana"; it must be an id that Discord gave'),
        ("privacy export --user 5", NO_DATABASE),
        ("privacy erase --user 5", "then add --yes."),
        ("run", "BYLAW_TOKEN is not set"),
        ("doctor --heartbeat", "No bot runs with the data folder data"),
        ("doctor --jsn", "There is no option --jsn; did you mean --json?"),
        ("help", "No such command 'help'. Try: bylaw --help"),
    ],
)
def test_one_line_and_nothing_is_made(bylaw: Bylaw, folder: Path, command: str, says: str) -> None:
    """The line says what to do; no file, no folder, no key and no database comes of it."""
    before = names(folder)
    outcome = bylaw(*command.split())
    assert outcome.code in {1, 2}
    assert says in outcome.complaint
    assert not any(word in outcome.complaint for word in ("Input should", "Value error", "Field required", "Errno"))
    assert outcome.complaint[-1] in ".?p"  # a sentence, or the command to try: `bylaw ... --help`
    assert names(folder) == before


@pytest.mark.parametrize(
    "command",
    [
        "doctor",
        "settings",
        "keys new",
        "policy lint policy.md",
        "policy diff policy.md policy.md",
        "classify --policy policy.md",
        "--version",
        "-h",
    ],
)
def test_looking_makes_nothing(bylaw: Bylaw, folder: Path, command: str) -> None:
    """What only reads leaves a folder as it was."""
    before = names(folder)
    bylaw(*command.split())
    assert names(folder) == before


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BYLAW_DATA_DIR", "text.txt", 'BYLAW_DATA_DIR is "text.txt", which is a file; it must be a folder.'),
        ("BYLAW_DATABASE_URL", "nonsense", "write it like sqlite:///data/bylaw.sqlite3 or postgresql://user:password@"),
        ("BYLAW_DATABASE_URL", "mysql://a:geheim@b/c", "names a database that Bylaw does not know: use sqlite or"),
        ("BYLAW_DATABASE_URL", "sqlite:///folder", "folder is a folder: name a database file in BYLAW_DATABASE_URL."),
        ("BYLAW_RETENTION_DAYS", "abc", 'BYLAW_RETENTION_DAYS is "abc"; it must be a whole number from 1 to 365.'),
        ("BYLAW_JUDGE", "gpt", 'BYLAW_JUDGE is "gpt"; it must be "llama", "lite" or "remote".'),
    ],
)
def test_a_wrong_setting_is_one_line(
    bylaw: Bylaw, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """Whatever is wrong about it; passwords are not repeated."""
    monkeypatch.setenv(name, value)
    before = names(folder)
    outcome = bylaw("db", "upgrade")
    assert outcome.code in {1, 2}
    assert says in outcome.complaint
    assert "geheim" not in outcome.complaint
    assert names(folder) == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "data/secret.key is a folder: put the key file there instead."),
        ("", "data/secret.key holds no key: put your key there."),
        ("nonsense\n", "data/secret.key holds something that is not a Fernet key"),
    ],
)
def test_a_key_file_that_is_none_is_one_line(bylaw: Bylaw, content: str | None, says: str) -> None:
    """The same for whoever reads the database and for `doctor`."""
    assert bylaw("db", "upgrade").code == 0
    key = Path("data/secret.key")
    if content is None:
        key.mkdir()
    else:
        key.touch(mode=0o600)
        key.write_text(content)
    for command in (("privacy", "export", "--user", "5"), ("keys", "rotate")):
        outcome = bylaw(*command)
        assert outcome.code == 1
        assert says in outcome.complaint
    assert says in bylaw("doctor").out


def test_discarding_nothing_makes_no_key(bylaw: Bylaw) -> None:
    """Where no text is encrypted, none can be lost."""
    assert bylaw("db", "upgrade").code == 0
    outcome = bylaw("keys", "discard-texts", "--yes")
    assert (outcome.code, outcome.out) == (0, "Every text can be decrypted: nothing was deleted.\n")
    assert not Path("data/secret.key").exists()


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_of_another_country_is_read(bylaw: Bylaw, separator: str) -> None:
    """Spreadsheets separate columns by semicolons or tabs, too."""
    lines = ("id,text,flagged", "7,the killer is the cook,1", '8,"well, hello",0')
    text = "\n".join(lines).replace("well, hello", "well hello").replace(",", separator)
    Path("sheet.csv").write_text(text + "\n")
    outcome = bylaw("eval", "run", "sheet.csv", "--policy", "policy.md", "--out", "o")
    assert outcome.code == 0
    assert "judged 2 rows now" in outcome.out


def test_judges_and_efforts_come_in_any_case(bylaw: Bylaw) -> None:
    """As they do in the settings."""
    given = b'{"id": 1, "text": "hello"}\n'
    assert bylaw("classify", "--policy", "policy.md", "--judge", "LITE", "--effort", "High", stdin=given).code == 0


def test_a_port_that_is_taken_is_told(bylaw: Bylaw) -> None:
    """With its number, and what to do."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = bylaw("sandbox", "--port", port)
    assert outcome.code == 1
    assert f"Port {port} on 127.0.0.1 cannot be used (Address already in use)" in outcome.complaint


def test_a_backup_does_not_replace_what_is_no_copy(bylaw: Bylaw, folder: Path) -> None:
    """A folder, another file, and the database itself stay."""
    assert bylaw("db", "upgrade").code == 0
    for target in ("folder", "text.txt", "data/bylaw.sqlite3"):
        outcome = bylaw("db", "backup", target)
        assert outcome.code == 1
        assert "name another file" in outcome.complaint
    assert (folder / "text.txt").read_text() == "hello\n"
    with closing(sqlite3.connect("data/bylaw.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


@pytest.mark.parametrize(
    "command",
    [
        "policy lint pipe",
        "policy diff policy.md pipe",
        "classify --policy pipe",
        "classify --policy policy.md --model pipe",
        "prompt --policy policy.md --text-file pipe",
        "policy backtest --policy policy.md --decisions pipe",
        "eval run pipe --policy policy.md --out o",
        "plan --messages-per-day 100 --bench pipe",
        "model check pipe",
        "db restore pipe",
    ],
)
def test_nobody_waits_for_a_pipe_that_nobody_writes_to(bylaw: Bylaw, folder: Path, command: str) -> None:
    """What is no regular file is refused before it is opened."""
    os.mkfifo(folder / "pipe")
    outcome = bylaw(*command.split())
    assert outcome.code in (1, 2)
    assert "regular file" in outcome.complaint or "There is no file pipe" in outcome.complaint
