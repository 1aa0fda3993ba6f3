"""What docs/troubleshooting.md quotes is there: lines of the log and of doctor, texts, metrics, settings, commands."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", PAGE)
SYMPTOMS = (
    "No cards",
    "The GPU is idle",
    "Commands are missing",
    "Members get no notice",
    "The judge is behind",
    "The database is locked or away",
    "Appeals do not open",
)


@cache
def texts() -> str:
    """Every text in the code, one a line."""
    return "\n".join(
        " ".join(node.value.split())
        for folder in ("bot", "classifier")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def checks() -> frozenset[tuple[str, str]]:
    """(how it is, name) of every line that doctor can write."""
    found = set()
    for path in (ROOT / "bot/console").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                made = ast.unparse(node.func)
                names = ("warn", "fail") if made in {"warn", "fail", "(warn if others_work else fail)"} else ()
                found |= {(made if made in names else name, str(node.args[0].value)) for name in names}
    return frozenset(found)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"\*\*Log:\*\*\s+`([^`]+)`", PAGE))))
def test_a_line_of_the_log_is_one_that_is_written(line: str) -> None:
    """Somebody who searches the log for it finds it."""
    logged = [text for text in texts().splitlines() if text.startswith(line)]
    assert logged, line


@pytest.mark.parametrize("text", sorted(set(re.findall(r"“([^”]+)”", PAGE))))
def test_a_text_is_said_so(text: str) -> None:
    """By the bot on Discord, or by a command."""
    assert " ".join(text.split()) in texts()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"\*\*Doctor:\*\*\s+`([^`]+)`", PAGE))))
def test_a_line_of_doctor_is_one_that_it_writes(line: str) -> None:
    """With that state and name."""
    state, name = line.split(" ", 1)
    assert (state, name) in checks()


def test_every_setting_metric_and_alert_exists() -> None:
    """By its name."""
    settings = {f"BYLAW_{name.upper()}" for name in Settings.model_fields}
    named = {found for code in CODE for found in re.findall(r"BYLAW_[A-Z_]+", code)}
    assert named
    assert named <= settings
    metrics = {code for code in CODE if re.fullmatch(r"bylaw_[a-z_]+", code)}
    listed = set(re.findall(r"`(bylaw_[a-z_]+)`", (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")))
    assert metrics
    assert metrics <= listed
    alerts = yaml.safe_load((ROOT / "docs/monitoring/alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    assert {code for code in CODE if re.fullmatch(r"Bylaw[A-Za-z]+", code)} <= {alert["alert"] for alert in alerts}


def test_every_command_on_discord_exists() -> None:
    """As the table of who may use it names them."""
    table = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(/[a-z -]+)`", table, flags=re.MULTILINE))
    named = {code for code in CODE if code.startswith("/")}
    groups = {command.split()[0] for command in known}
    assert len(named) > 10
    assert named <= known | groups


def test_every_symptom_has_its_section_and_the_links_lead_to_one() -> None:
    """By what somebody sees."""
    titles = re.findall(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    assert set(SYMPTOMS) <= set(titles)
    anchors = {title.lower().replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", PAGE)) <= anchors


@pytest.mark.parametrize("page", ["troubleshooting", "upkeep"])
def test_links_to_sections_of_other_pages_lead_there(page: str) -> None:
    """A page that was rewritten loses its anchors."""
    text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
    for name, anchor in re.findall(r"\]\(([a-z]+)\.md#([a-z-]+)\)", text):
        other = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", other, flags=re.MULTILINE)
        assert anchor in {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}, (
            name,
            anchor,
        )
