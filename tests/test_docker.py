"""The image is built from what was tested, file by file, and compose keeps it within limits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.console.inputs.container import MARK

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
#: Each entry: a requirement, then its hashes.
ENTRIES = [entry for entry in re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE) if not entry.startswith("#")]
LOCKED = {canonicalize_name(entry.name): entry for entry in (Requirement(each.split(" \\")[0]) for each in ENTRIES)}


def constraints() -> dict[str, str]:
    """The exact version of each package."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_file_has_a_hash() -> None:
    """And nothing else is in the file: no address, no option."""
    assert len(ENTRIES) > 40
    for entry in ENTRIES:
        first, *hashes = (line.strip().removesuffix(" \\") for line in entry.splitlines())
        assert hashes, first
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), first
    assert "://" not in LOCK


def test_the_versions_are_those_that_were_tested() -> None:
    """What is not in constraints.txt is for other systems than those that the tests run on."""
    tested = constraints()
    for name, requirement in LOCKED.items():
        if name in tested:
            assert str(requirement.specifier) == f"=={tested[name]}"
        else:
            assert requirement.marker is not None, name
            assert not requirement.marker.evaluate(
                {
                    "sys_platform": "linux",
                    "python_version": "3.12",
                    "python_full_version": "3.12.0",
                    "platform_machine": "x86_64",
                }
            )


def test_everything_that_the_bot_needs_is_there() -> None:
    """A new dependency in pyproject.toml is missed here before it is missed in the image."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = [
        *project["dependencies"],
        *(name for extra in ("llama", "otel", "pictures", "postgres") for name in extras[extra]),
    ]
    wanted = [Requirement(name) for name in names]
    for requirement in wanted:
        locked = LOCKED[canonicalize_name(requirement.name)]
        (pinned,) = locked.specifier
        assert requirement.specifier.contains(pinned.version), requirement


def test_the_image_is_built_from_it() -> None:
    """Dependencies with their hashes, then our own code without any."""
    installs = re.findall(r"pip install (.+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert installs == ["--require-hashes --requirement requirements.lock", "--no-deps ."]
    assert "!requirements.lock" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_the_image_says_that_it_is_ours() -> None:
    """By that variable `bylaw doctor` knows that paths of the host do not count."""
    last_stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    (environment,) = re.findall(r"^ENV (PATH=(?:.*\\\n)*.*)", last_stage, flags=re.MULTILINE)
    assert f"{MARK}=1" in environment.split()


def test_compose_keeps_the_container_within_limits() -> None:
    """Memory, processes, what it may write to, and what it may become."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["bylaw"]
    assert service["mem_limit"] == "${CONTAINER_MEMORY:-24g}"
    assert service["pids_limit"] == 512
    assert service["read_only"] is True
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert service["logging"] == {"driver": "local"}  # which drops old lines
    assert service["stop_grace_period"] == "30s"
    assert all("size=" in each for each in service["tmpfs"])


def test_a_hung_bot_is_seen() -> None:
    """Docker asks the bot's own heartbeat, with compose and without."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["bylaw"]
    asks = ["bylaw", "doctor", "--heartbeat"]
    assert service["healthcheck"]["test"] == ["CMD", *asks]
    assert f"CMD {json.dumps(asks)}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_dockerfile_passes_the_linter() -> None:
    """hadolint finds nothing but what the file itself gives a reason for."""
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.is_file():
        pytest.skip("hadolint is not installed (dependency group lint)")
    done = subprocess.run([hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_list_of_packages_is_whole(tmp_path: Path) -> None:
    """`make sbom` names each package of the lock with its version and hashes, and Bylaw itself."""
    pytest.importorskip("cyclonedx_py", reason="needs cyclonedx-bom (dependency group audit)")
    made = tmp_path / "sbom.json"
    recipe = subprocess.run(["make", "-n", "sbom"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    (options,) = re.findall(r"cyclonedx-py (.*?) --output-file", recipe.replace("\\\n", " "), flags=re.DOTALL)
    command = [sys.executable, "-m", "cyclonedx_py", *options.split(), "--output-file", str(made)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    listed = json.loads(made.read_text())
    assert {canonicalize_name(each["name"]): each["version"] for each in listed["components"]} == {
        name: next(iter(entry.specifier)).version for name, entry in LOCKED.items()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = listed["metadata"]["component"]
    assert (about["name"], about["version"]) == ("bylaw", project["version"])
