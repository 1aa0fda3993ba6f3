"""The dashboard, the alert rules and their page agree with the metrics that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from prometheus_client.core import Metric

from bot.metrics.backups import BackupMetrics
from bot.metrics.monitoring import Monitoring
from bot.metrics.readiness import Readiness
from bot.metrics.totals import Totals
from bot.metrics.work import WorkMetrics
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks
from classifier.llama.client.load import JudgeLoad

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/monitoring"
PAGE = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
(GROUP,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
ALERTS: list[dict[str, Any]] = GROUP["rules"]
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: `apt-get install prometheus`")

#: What Grafana needs of a dashboard that somebody imports.
TEXT, OBJECT = {"type": "string", "minLength": 1}, {"type": "object"}
SOURCE = {"type": "object", "properties": {"type": {"const": "prometheus"}, "uid": {"const": "${datasource}"}}}
CORNERS = {each: {"type": "integer", "minimum": 0} for each in ("x", "y", "w", "h")}
PANEL = {
    "type": "object",
    "required": ["id", "type", "title", "description", "gridPos", "datasource", "targets", "fieldConfig", "options"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "type": {"enum": ["stat", "timeseries"]},
        "title": TEXT,
        "description": TEXT,
        "gridPos": {"type": "object", "required": list(CORNERS), "properties": CORNERS},
        "datasource": {**SOURCE, "required": ["type", "uid"]},
        "targets": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["expr", "refId"]}},
        "fieldConfig": OBJECT,
        "options": OBJECT,
    },
}
SCHEMA = {
    "type": "object",
    "required": ["title", "uid", "schemaVersion", "panels", "templating", "time"],
    "properties": {
        "title": TEXT,
        "uid": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
        "schemaVersion": {"type": "integer", "minimum": 36},
        "panels": {"type": "array", "minItems": 1, "items": PANEL},
        "templating": {"type": "object", "required": ["list"]},
    },
    "not": {"required": ["id"]},  # a number of somebody's own Grafana
}


class CountedOnce:
    """A database with something in it."""

    async def totals(self) -> Totals:
        """One of each."""
        return Totals(servers=1, cases={"open": 1}, cards_waiting=1, appeals={"open": 1})


class NoCopyYet:
    """Copies are scheduled, and none could be made."""

    last = None
    failing = True


@pytest.fixture
async def metrics() -> list[Metric]:
    """Everything that a bot with a model can show."""
    monitoring = Monitoring(Readiness)
    work = WorkMetrics(
        tally=Tally(),
        marks=Watermarks(MemoryWatermarkStore()),
        totals=CountedOnce(),
        load=lambda: JudgeLoad(waiting=0, at_work=0, places=1, up=True),
        now=lambda: datetime(2026, 1, 31, tzinfo=UTC),
    )
    await work.count()
    monitoring.watch(work)
    monitoring.watch(BackupMetrics(NoCopyYet()))
    return list(monitoring.registry.collect())


def names(families: list[Metric]) -> set[str]:
    """The names of all series."""
    return {sample.name for family in families for sample in family.samples}


def used(query: str) -> set[str]:
    """The metrics that a query reads."""
    return set(re.findall(r"\b(?:bylaw|process)_[a-z_]+", re.sub(r'"[^"]*"', "", query)))


def promtool(*arguments: str, **options: Any) -> str:
    """Run it; what it says."""
    result = subprocess.run([str(PROMTOOL), *arguments], capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    """No number of somebody's own, every panel with a title, a help text and the data source that is chosen."""
    Draft202012Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(DASHBOARD)] == []
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_no_two_panels_overlap() -> None:
    """And none is wider than the page, which has 24 columns."""
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(each["x"] + each["w"] <= 24 for each in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@pytest.mark.parametrize("query", [*QUERIES, *(alert["expr"] for alert in ALERTS)])
def test_a_query_reads_metrics_that_there_are(query: str, metrics: list[Metric]) -> None:
    """A name that is wrong shows nothing, and fires never."""
    missing = used(query) - names(metrics)
    assert missing == set()
    assert used(query) or "up{" in query


def test_every_metric_is_on_the_dashboard_or_in_an_alert(metrics: list[Metric]) -> None:
    """But for what belongs to another series, or is told in the page only."""
    shown = set().union(*(used(query) for query in (*QUERIES, *(alert["expr"] for alert in ALERTS))))
    left = {name for name in names(metrics) if name.startswith("bylaw_")} - shown
    assert {each for each in left if not each.endswith(("_created", "_sum", "_count", "_info"))} == set()


def test_the_page_lists_every_metric(metrics: list[Metric]) -> None:
    """And none that is gone."""
    listed = set(re.findall(r"^\| `(bylaw_[a-z_]+)", PAGE, flags=re.MULTILINE))
    endings = {"counter": "_total", "info": "_info"}
    ours = [family for family in metrics if family.name.startswith("bylaw_")]
    assert listed == {family.name + endings.get(family.type, "") for family in ours}


def test_the_page_says_what_to_do_about_each_alert() -> None:
    """In the order of the file."""
    assert re.findall(r"^\| `(Bylaw[A-Za-z]+)`", PAGE, flags=re.MULTILINE) == [alert["alert"] for alert in ALERTS]


def test_an_alert_has_what_people_need() -> None:
    """How urgent it is, and a sentence."""
    for alert in ALERTS:
        assert alert["labels"]["severity"] in {"critical", "warning"}
        assert alert["annotations"]["summary"].endswith(".")
        assert re.fullmatch(r"[0-9]+m", alert["for"])


@needs_promtool
def test_promtool_takes_the_alerts_and_they_fire(tmp_path: Path) -> None:
    """Each fires when it should, and none does while all is well."""
    for file in (FOLDER / "alerts.yaml", ROOT / "tests/monitoring/alert_cases.yaml"):
        shutil.copy(file, tmp_path)
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", str(tmp_path / "alerts.yaml"))
    assert "SUCCESS" in promtool("test", "rules", str(tmp_path / "alert_cases.yaml"))


@needs_promtool
def test_promtool_takes_every_query_of_the_dashboard(tmp_path: Path) -> None:
    """With Grafana's own variables filled in."""
    filled = [query.replace("$__rate_interval", "5m").replace("$job", ".*") for query in QUERIES]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(filled)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    assert f"{len(QUERIES)} rules found" in promtool("check", "rules", str(file))


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    """So that promtool has something to say about all of them."""
    cases = yaml.safe_load((ROOT / "tests/monitoring/alert_cases.yaml").read_text(encoding="utf-8"))["tests"]
    tests = [each for case in cases for each in case["alert_rule_test"]]
    every = {alert["alert"] for alert in ALERTS}
    for fires in (True, False):
        assert {each["alertname"] for each in tests if bool(each["exp_alerts"]) is fires} == every
