"""`bylaw policy wobble`: which verdicts change under layouts that mean the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseState, Decision
from bot.settings import Settings
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from bot.wiring.stores import open_stores
from classifier import Judge, Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation
from tests.bot.storage.rows import opened_case

Bylaw = Callable[..., Any]
NOW = datetime.now(UTC)


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    """Twenty-five texts: every fifth one tells of the ship."""
    path = tmp_path / "rows.jsonl"
    lines = [
        {"id": f"m{number}", "text": "the ship" if number % 5 == 0 else "hello", "violation": number % 5 == 0}
        for number in range(25)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def judged_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[JudgeRequest], Judgement]], None]:
    """Has a script judge."""

    def use(script: Callable[[JudgeRequest], Judgement]) -> None:
        @asynccontextmanager
        async def opened(*_: object) -> AsyncIterator[Judge]:
            yield ScriptedJudge(script)

        monkeypatch.setattr("bot.console.inputs.judge.open_judge", opened)

    return use


def needs_the_ship(request: JudgeRequest) -> Judgement:
    """Flags the ship only where the example about the ship is in the policy."""
    known = any("ship" in example.text for rule in request.policy.rules for example in rule.examples)
    return violation("R1") if known and "ship" in request.content.target.text else clear()


def test_an_example_that_a_rule_hangs_on_is_named(
    bylaw: Bylaw, policy_file: Path, decisions: Path, judged_by: Callable[..., None]
) -> None:
    """With the ids of what flips; what it takes is said first, apart from the result."""
    judged_by(needs_the_ship)
    outcome = bylaw("policy", "wobble", policy_file, "--rows", decisions)
    assert outcome.code == 0
    assert outcome.err == "bylaw: 25 texts under 5 layouts: 175 judgements.\n"
    assert outcome.out.splitlines() == [
        "R1 depends on example 2: without it, 5 of 25 changed.",
        "  R1 depends on example 2: m0, m5, m10, m15, m20",
    ]


def test_programs_read_every_layout(
    bylaw: Bylaw, policy_file: Path, decisions: Path, judged_by: Callable[..., None]
) -> None:
    """As JSON, the unchanged one first."""
    judged_by(needs_the_ship)
    found = bylaw("policy", "wobble", policy_file, "--rows", decisions, "--json").rows[0]
    assert (found["texts"], found["noise"], found["stopped"]) == (25, 0, False)
    assert [(each["change"], each["example"], len(each["flipped"])) for each in found["layouts"]] == [
        ("nothing", None, 0),
        ("examples_reversed", None, 0),
        ("example_left_out", 1, 0),
        ("example_left_out", 2, 5),
        ("example_left_out", 3, 0),
        ("example_left_out", 4, 0),
    ]


def test_the_cost_can_be_had_alone_and_bounded(
    bylaw: Bylaw, policy_file: Path, decisions: Path, judged_by: Callable[..., None]
) -> None:
    """Nothing is judged; fewer texts and layouts cost less, and the sample is the same every time."""

    def nobody(request: JudgeRequest) -> Judgement:
        raise AssertionError(request)

    judged_by(nobody)
    given = ["--rows", decisions, "--texts", 7, "--layouts", 2, "--dry-run", "--json"]
    first = bylaw("policy", "wobble", policy_file, *given)
    assert first.rows[0]["judgements"] == 7 * (1 + 1 + 2)
    assert bylaw("policy", "wobble", policy_file, *given).out == first.out


def test_what_was_judged_before_the_judge_went_away_is_shown(
    bylaw: Bylaw, policy_file: Path, decisions: Path, judged_by: Callable[..., None]
) -> None:
    """Whole layouts only, and one line says why it ended."""
    asked = 0

    def leaves(request: JudgeRequest) -> Judgement:
        nonlocal asked
        asked += 1
        gone = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is closed")
        return needs_the_ship(request) if asked <= 80 else gone

    judged_by(leaves)
    outcome = bylaw("policy", "wobble", policy_file, "--rows", decisions, "--json")
    assert outcome.code == 1
    assert outcome.err.splitlines()[1] == (
        "bylaw: The judge stopped answering (the judge is closed). The results so far are shown above."
    )
    assert [each["change"] for each in outcome.rows[0]["layouts"]] == ["nothing", "examples_reversed"]
    assert outcome.rows[0]["stopped"] is True


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("", "has no rows"),
        ('{"id": 1, "text": "a", "violation": true}\n{\n', "line 2 is not JSON"),
        ('{"id": 1, "text": "a"}\n', 'line 1 needs either "labels"'),
        ('{"id": 1, "text": "a", "violation": 1}\n', "line 1 needs a"),
        ('{"id": 1, "text": "a", "violation": true}\n' * 2, "line 2 has an id that an earlier line has"),
    ],
)
def test_a_file_that_cannot_be_judged_is_one_line(
    bylaw: Bylaw, policy_file: Path, tmp_path: Path, rows: str, says: str
) -> None:
    """Before anything is judged."""
    path = tmp_path / "bad.jsonl"
    path.write_text(rows)
    outcome = bylaw("policy", "wobble", policy_file, "--rows", path)
    assert outcome.code == 2
    assert says in outcome.complaint


@pytest.fixture
def server(bylaw: Bylaw) -> None:
    """A policy in server 1 with a pin and a decided case, in the installation of this folder."""
    assert bylaw("db", "upgrade").code == 0
    key = new_key()
    Path("data/secret.key").touch(mode=0o600)
    Path("data/secret.key").write_text(f"{key}\n")

    async def fill() -> None:
        settings = Settings(data_dir=Path("data"), secret_key=key, judge="lite", _env_file=None)
        async with open_stores(settings, Cipher((key.encode(),)), now=lambda: NOW) as stores:
            policy = await stores.policies.create(guild_id=1, name="Spoilers", text="# x", actor_id=9)
            assert policy.id == 1
            await stores.pins.add(guild_id=1, policy_id=1, text="the ship of the pin", rule_id="R1", actor_id=9)
            await stores.policies.create(guild_id=1, name="Empty", text="# x", actor_id=9)
        engine = create_engine("sqlite:///data/bylaw.sqlite3")
        case = await opened_case(engine, Cipher((key.encode(),)), text="the ship of the case")
        store = SqlCaseStore(engine, now=lambda: NOW, cipher=Cipher((key.encode(),)))
        await store.decide(1, case.number, Decision(state=CaseState.VIOLATION, moderator_id=9, at=NOW))
        async with engine.begin() as connection:
            await connection.exec_driver_sql("update cases set policy_id = 1, opened_at = ?", (str(NOW)[:26],))
        await engine.dispose()

    asyncio.run(fill())


@pytest.mark.usefixtures("server")
def test_pins_and_cases_of_a_server_can_be_judged(
    bylaw: Bylaw, policy_file: Path, judged_by: Callable[..., None]
) -> None:
    """From the installation's own database; only their numbers are shown."""
    judged_by(needs_the_ship)
    outcome = bylaw("policy", "wobble", policy_file, "--guild", 1, "--name", "spoilers")
    assert outcome.out.splitlines()[-1] == "  R1 depends on example 2: pin 1, case 1"
    assert "of the" not in outcome.out
    assert (
        "no policy of that name" in bylaw("policy", "wobble", policy_file, "--guild", 2, "--name", "spoilers").complaint
    )
    assert "Nothing is pinned" in bylaw("policy", "wobble", policy_file, "--guild", 1, "--name", "empty").complaint


@pytest.mark.parametrize(
    "given", [[], ["--guild", "1"], ["--name", "x"], ["--rows", "r", "--guild", "1", "--name", "x"]]
)
def test_which_texts_is_said_once(bylaw: Bylaw, policy_file: Path, given: list[str]) -> None:
    """Rows of a file or a policy of a server; without a database one line says so."""
    assert "Name the texts to judge: either --rows" in bylaw("policy", "wobble", policy_file, *given).complaint
    missing = bylaw("policy", "wobble", policy_file, "--guild", 1, "--name", "x")
    assert missing.code == 1
    assert "database" in missing.complaint


def test_progress_counts_up_to_the_cost(bylaw: Bylaw, policy_file: Path, decisions: Path) -> None:
    """It ends at the number of judgements that was told before."""
    dry = bylaw("policy", "wobble", policy_file, "--rows", decisions, "--judge", "lite", "--dry-run", "--json")
    outcome = bylaw("policy", "wobble", policy_file, "--rows", decisions, "--judge", "lite", "--progress")
    count = dry.rows[0]["judgements"]
    assert outcome.code == 0
    assert outcome.err.splitlines()[-1] == f"bylaw: texts judged: {count:,} of {count:,}"


def test_lite_can_be_asked_too(bylaw: Bylaw, policy_file: Path, decisions: Path) -> None:
    """It goes by examples, so leaving one out can matter; order never does."""
    found = bylaw("policy", "wobble", policy_file, "--rows", decisions, "--judge", "lite", "--json").rows[0]
    flipped = {each["change"]: each["flipped"] for each in found["layouts"]}
    assert flipped["examples_reversed"] == flipped["nothing"] == []
