"""The files that start Bylaw with the machine: whole, and as closed as the page says."""

from __future__ import annotations

import configparser
import plistlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.console.screen.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
UNIT, FOR_NVIDIA, LAUNCHD = (ROOT / "deploy" / name for name in ("bylaw.service", "bylaw-nvidia.conf", "bylaw.plist"))
PAGES = ROOT / "docs/install"
SYSTEMD = shutil.which("systemd-analyze")
WITH_SYSTEMD = pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed (Debian: systemd)")


def unit(path: Path) -> configparser.ConfigParser:
    """A unit file; where a key comes several times, its last value."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def test_the_unit_runs_what_the_pages_install() -> None:
    """The program, the user and the folder are those that the pages make."""
    service = unit(UNIT)["Service"]
    program = Path(service["ExecStart"].split()[0])
    for page in ("nvidia.md", "cpu.md", "remote.md"):
        text = (PAGES / page).read_text(encoding="utf-8")
        assert f"PREFIX={program.parents[1]}" in text
        assert f"useradd --system --home-dir {service['WorkingDirectory']} " in text
        assert f" {service['User']}\n" in text
        assert "deploy/bylaw.service /etc/systemd/system/bylaw.service\n" in text


def test_a_setting_that_cannot_be_used_is_not_tried_again() -> None:
    """The exit code for it is the one that the unit names; any other failure is a reason to start again."""
    service = unit(UNIT)["Service"]
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == str(BadInput("").exit_code)


def test_the_bot_has_time_to_close() -> None:
    """Ten seconds for the bot, then ten and three for the model's process, then a rest."""
    assert int(unit(UNIT)["Service"]["TimeoutStopSec"]) >= 30
    assert plistlib.loads(LAUNCHD.read_bytes())["ExitTimeOut"] >= 30


def systemd(command: str, folder: Path) -> str:
    """What systemd's own tool says about the unit in this folder."""
    assert SYSTEMD is not None
    done = subprocess.run(
        [SYSTEMD, *shlex.split(command), str(folder / "bylaw.service")],
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def installed_unit(tmp_path: Path) -> Path:
    """The unit in a folder of its own, with a program that is there."""
    text = UNIT.read_text(encoding="utf-8").replace("/opt/bylaw/bin/bylaw run", "/bin/true run")
    (tmp_path / "bylaw.service").write_text(text)
    return tmp_path


def with_drop_in(folder: Path) -> Path:
    (folder / "bylaw.service.d").mkdir()
    shutil.copy(FOR_NVIDIA, folder / "bylaw.service.d" / "nvidia.conf")
    return folder


@WITH_SYSTEMD
@pytest.mark.parametrize("nvidia", [False, True])
def test_systemd_finds_nothing_wrong(installed_unit: Path, nvidia: bool) -> None:
    """Every key and value is known, with the drop-in, too."""
    folder = with_drop_in(installed_unit) if nvidia else installed_unit
    said = systemd("verify", folder)
    assert [line for line in said.splitlines() if "bylaw" in line] == []
    (folder / "bylaw.service").write_text("[Service]\nExecStart=/bin/true\nProtectSytem=strict\n")
    assert "ProtectSytem" in systemd("verify", folder)  # so a wrong key would be seen


@WITH_SYSTEMD
@pytest.mark.parametrize("nvidia", [False, True])
def test_it_is_as_closed_as_the_pages_say(installed_unit: Path, nvidia: bool) -> None:
    """The exposure that systemd computes is at most the figure that the pages give."""
    pages = " ".join((PAGES / "nvidia.md").read_text(encoding="utf-8").split())
    said = re.search(r"rates its exposure \*\*([\d.]+)\*\* .*?; ([\d.]+) with `bylaw-nvidia.conf`", pages)
    assert said is not None
    folder = with_drop_in(installed_unit) if nvidia else installed_unit
    found = re.search(r"exposure level for bylaw.service: ([\d.]+)", systemd("security --offline=true", folder))
    assert found is not None
    assert float(found[1]) <= float(said[2] if nvidia else said[1])


def test_launchd_starts_it_again_unless_it_was_stopped() -> None:
    """After a failure, and not in a loop; at full speed, and with files for this user only."""
    agent = plistlib.loads(LAUNCHD.read_bytes())
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["ThrottleInterval"] >= 10
    assert agent["ProcessType"] == "Interactive"
    assert oct(agent["Umask"]) == "0o77"


def test_launchd_runs_what_the_page_installs(tmp_path: Path) -> None:
    """The shell line works where the page puts the program, and its log goes where the page looks."""
    page = (PAGES / "apple-silicon.md").read_text(encoding="utf-8")
    assert 'PREFIX="$HOME/bylaw/program"' in page
    assert "tail -f ~/Library/Logs/bylaw.log" in page
    program = tmp_path / "bylaw/program/bin/bylaw"
    program.parent.mkdir(parents=True)
    (tmp_path / "Library/Logs").mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$PWD $@" >&2\n')
    program.chmod(0o755)
    shell, *arguments = plistlib.loads(LAUNCHD.read_bytes())["ProgramArguments"]
    subprocess.run([shell, *arguments], env={"HOME": str(tmp_path)}, check=True)
    assert (tmp_path / "Library/Logs/bylaw.log").read_text() == f"{tmp_path}/bylaw run\n"
