"""`bylaw case`, `bylaw verify` and `bylaw keys public`: from a notice's code to an outsider's check."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseKind, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.cases.reading import Reading
from bot.moderation.cases.receipt import statement_of
from bot.storage.audit.log import record_policy_change
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from bot.storage.members.receipts import SqlReceipts
from classifier.lite.judge import NAME
from guild_policies.store.sql import SqlPolicyStore
from tests.bot.storage.rows import NOON

Bylaw = Callable[..., Any]

POLICY = """# Spoilers
## Rules
### R1 Unmarked spoiler
Breaks it: telling how the film ends.
Examples:
- violates: "the butler did it and everybody knows it"
- allowed: "no details from me, go and see it"
"""
HERE = 1


@pytest.fixture
def code(bylaw: Bylaw) -> str:
    """Case 1 rests on a verdict and has a receipt, whose code this is; case 2 was reported and has none; case 3 is like
    the first one, with its texts deleted."""
    assert bylaw("db", "upgrade").code == 0
    key = new_key()
    Path("data/secret.key").touch(mode=0o600)
    Path("data/secret.key").write_text(f"{key}\n")

    async def fill() -> str:
        engine, cipher = create_engine("sqlite:///data/bylaw.sqlite3"), Cipher((key.encode(),))
        policies = SqlPolicyStore(engine, now=lambda: NOON, record=record_policy_change)
        policy = await policies.create(guild_id=HERE, name="Spoilers", text=POLICY, actor_id=9)
        version = await policies.publish(
            guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="1", actor_id=9
        )
        evidence = Evidence(
            channel_id=10,
            message_id=500,
            author_id=7,
            edit=0,
            text="the butler did it and everybody knows it",
            forwarded=False,
            posted_at=NOON,
            reading=Reading(titles=("general",)),
        )
        judged = Judged(
            policy_id=policy.id,
            policy_name="Spoilers",
            version_id=version.id,
            version_number=1,
            rules=(RuleBroken(id="R1", title="Unmarked spoiler", severity="medium"),),
            score=1.0,
            rationale="",
            reasoning=None,
            method="lite",
            judge=NAME,
            prompt_fingerprint=None,
        )
        cases = SqlCaseStore(engine, now=lambda: NOON, cipher=cipher)
        new = NewCase(guild_id=HERE, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged)
        case, _ = await cases.open(new)
        await cases.open(
            replace(
                new,
                kind=CaseKind.REPORT,
                evidence=replace(evidence, message_id=501),
                judged=replace(judged, score=None, rules=()),
            )
        )
        await cases.open(replace(new, evidence=replace(evidence, message_id=502, text=None)))
        receipts = SqlReceipts(engine, now=lambda: NOON, signer=cipher.signer)
        receipt = await receipts.issue(HERE, 1, statement_of(case, POLICY) or "")
        await engine.dispose()
        return receipt.code

    return asyncio.run(fill())


def test_an_outsider_checks_a_code(bylaw: Bylaw, code: str) -> None:
    """From the record alone, with the key that the instance publishes, without an installation."""
    made = bylaw("case", "record", "--case", "1/1", "--out", "record.json")
    assert (made.code, code in made.out) == (0, True)
    told = bylaw("case", "record", "--case", "1/1", "--out", "again.json", "--json").rows
    assert told == [{"file": "again.json", "code": code}]
    key = bylaw("keys", "public").out.strip()
    assert bylaw("keys", "public", "--json").rows == [{"public_keys": [key]}]
    Path("data/secret.key").unlink()
    found = bylaw("verify", code, "--record", "record.json", "--key", key, "--json")
    said = json.loads(found.out)
    assert (found.code, said["valid"], said["key_compared"]) == (0, True, True)
    claims = said["claims"]
    assert (claims["case"], claims["rules"], claims["version"]) == (1, ["R1"], 1)
    assert "butler did it" not in json.dumps(claims)
    shown = bylaw("verify", code.lower(), "--record", "record.json")
    assert shown.out.startswith("Valid")
    assert "compare it with the one that the instance publishes" in shown.out


def test_what_does_not_verify(bylaw: Bylaw, code: str) -> None:
    """Another code, another key, a changed statement, a file that is none: one line and an exit code."""
    bylaw("case", "record", "--case", "1/1", "--out", "record.json")
    other = code[:-1] + ("A" if code[-1] != "A" else "B")
    wrong = bylaw("verify", other, "--record", "record.json", "--json")
    assert (wrong.code, json.loads(wrong.out)["valid"], json.loads(wrong.out)["claims"]) == (1, False, {})
    assert "another receipt" in bylaw("verify", other, "--record", "record.json").complaint
    assert bylaw("verify", code, "--record", "record.json", "--key", "ab").code == 1
    text = Path("record.json").read_text().replace('\\"R1\\"', '\\"R2\\"')
    Path("changed.json").write_text(text)
    changed = bylaw("verify", code, "--record", "changed.json")
    assert (changed.code, "signature does not belong" in changed.complaint) == (1, True)
    for content in ("[]", "{", "{}", "[" * 100_000):
        Path("none.json").write_text(content)
        outcome = bylaw("verify", code, "--record", "none.json")
        assert (outcome.code, "none.json" in outcome.complaint) == (2, True), content[:9]
    assert bylaw("verify", code, "--record", "missing.json").code == 2


def test_a_record_needs_a_receipt_and_a_new_file(bylaw: Bylaw, code: str) -> None:
    """Nothing is overwritten, and what is missing is said."""
    assert "no receipt" in bylaw("case", "record", "--case", "1/2", "--out", "x.json").complaint
    assert not Path("x.json").exists()
    assert "no case 1/9" in bylaw("case", "record", "--case", "1/9", "--out", "x.json").complaint
    Path("there.json").write_text("mine")
    assert bylaw("case", "record", "--case", "1/1", "--out", "there.json").code == 2
    assert Path("there.json").read_text() == "mine"
    for case in ("1", "a/b", "1/", "/1", f"1/{2**63}", "١/1"):
        assert bylaw("case", "record", "--case", case, "--out", "x.json").code == 2, case


def test_the_code_outlives_a_new_key(bylaw: Bylaw, code: str) -> None:
    """Receipts are kept as they were signed; the earlier public key is still listed."""
    before = bylaw("keys", "public").out.split()
    assert bylaw("keys", "rotate").code == 0
    after = bylaw("keys", "public").out.split()
    assert (len(before), len(after), after[1:]) == (1, 2, before)
    assert bylaw("case", "record", "--case", "1/1", "--out", "record.json").code == 0
    assert bylaw("verify", code, "--record", "record.json", "--key", before[0]).code == 0


def test_a_case_is_judged_again(bylaw: Bylaw, code: str) -> None:
    """And it is said what is the same."""
    outcome = bylaw("case", "replay", "--case", "1/1", "--judge", "lite", "--json")
    said = json.loads(outcome.out)
    assert (said["same_prompt"], said["same_model"], said["same_verdict"]) == (True, True, True)
    assert said["then"]["rules"] == said["now"]["rules"] == ["R1"]
    shown = bylaw("case", "replay", "--case", "1/1", "--judge", "lite").out
    assert "Verdict: the same" in shown
    assert "butler" not in shown


def test_what_cannot_be_judged_again(bylaw: Bylaw, code: str) -> None:
    """One line that says why."""
    assert "rests on no verdict" in bylaw("case", "replay", "--case", "1/2", "--judge", "lite").complaint
    gone = bylaw("case", "replay", "--case", "1/3", "--judge", "lite", "--json")
    assert (gone.code, gone.out) == (1, "")
    assert "Its texts are gone" in gone.complaint
    assert "no case 1/9" in bylaw("case", "replay", "--case", "1/9", "--judge", "lite").complaint
