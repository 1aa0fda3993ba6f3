"""The contract behind rules that moderators name: kept with the decision, found again, counted, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import CaseKind, CaseState, Decision, NewCase
from bot.moderation.cases.ground import Ground, NamedRule
from bot.moderation.lookups.audit_search import BOT, AuditKind, AuditQuery
from bot.moderation.lookups.search import CaseQuery

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]

HERE, OMAR, RITA = 1, 77, 78
R2 = NamedRule(
    policy_id=5, policy_name="Spam", version_id=50, version_number=3, id="R2", title="Adverts", severity="high"
)
NAMED = Ground(rule=R2, words="third time")
OTHER = Ground(words="off topic all day")
in_databases = pytest.mark.parametrize("stores", ["sqlite", "sqlite in memory", "postgresql"], indirect=True)


def decision(stores: Stores, state: CaseState = CaseState.VIOLATION, who: int = OMAR) -> Decision:
    """A moderator decides now."""
    return Decision(state=state, moderator_id=who, at=stores.clock())


async def reported(stores: Stores, case_factory: NewCases) -> int:
    """A case about a report, which no judge brought."""
    new = case_factory(kind=CaseKind.REPORT, rules=(), policy_id=0, version_id=0, policy_name="Member report")
    case, _ = await stores.cases.open(new)
    return int(case.number)


async def audit_of(stores: Stores) -> list[tuple[str, str]]:
    """What happened last, the newest first."""
    return [(entry.action.value, entry.detail) for entry in await stores.audit.entries(HERE, limit=2)]


async def test_a_decision_comes_with_its_ground(stores: Stores, case_factory: NewCases) -> None:
    """Read back as it was named, with an entry beside the decision's."""
    number = await reported(stores, case_factory)
    case, written = await stores.cases.decide(HERE, number, decision(stores), NAMED)
    assert (written, case.ground) == (True, NAMED)
    assert case == await stores.cases.get(HERE, number)
    assert ([rule.id for rule in case.rules], case.source, case.needs_ground) == (["R2"], R2, False)
    assert await audit_of(stores) == [("rule_named", "policy 5 version 3: R2"), ("case_decided", "violation")]


async def test_the_first_decision_keeps_its_ground(stores: Stores, case_factory: NewCases) -> None:
    """The second changes nothing of it."""
    number = await reported(stores, case_factory)
    await stores.cases.decide(HERE, number, decision(stores), OTHER)
    case, written = await stores.cases.decide(HERE, number, decision(stores, who=RITA), NAMED)
    assert (written, case.ground, case.rules) == (False, OTHER, ())


async def test_a_rule_is_named_later(stores: Stores, case_factory: NewCases) -> None:
    """In place of another ground; not in an open case, and not where the judge named one."""
    number = await reported(stores, case_factory)
    assert (await stores.cases.name_rule(HERE, number, NAMED, moderator_id=RITA))[1] is False
    await stores.cases.decide(HERE, number, decision(stores), OTHER)
    case, named = await stores.cases.name_rule(HERE, number, NAMED, moderator_id=RITA)
    assert (named, case.ground, case.decision.moderator_id) == (True, NAMED, OMAR)
    judged, _ = await stores.cases.open(case_factory())
    await stores.cases.decide(HERE, judged.number, decision(stores))
    case, named = await stores.cases.name_rule(HERE, judged.number, NAMED, moderator_id=RITA)
    assert (named, case.ground, [rule.id for rule in case.rules]) == (False, None, ["R1"])


async def test_reopening_takes_the_ground_back(stores: Stores, case_factory: NewCases) -> None:
    """A reversed decision keeps it: it says what the case was about."""
    first, second = await reported(stores, case_factory), await reported(stores, case_factory)
    for number in (first, second):
        await stores.cases.decide(HERE, number, decision(stores), NAMED)
    case, _ = await stores.cases.reopen(HERE, first, moderator_id=RITA, reason="a mistake")
    assert (case.ground, case.needs_ground) == (None, True)
    case, _ = await stores.cases.overrule(HERE, second, decision(stores, CaseState.NOT_A_VIOLATION, RITA))
    assert (case.state, case.ground) == (CaseState.NOT_A_VIOLATION, NAMED)


async def test_the_words_go_with_the_texts(stores: Stores, case_factory: NewCases) -> None:
    """After the retention time; the rule stays, and that there was another reason."""
    first, second = await reported(stores, case_factory), await reported(stores, case_factory)
    await stores.cases.decide(HERE, first, decision(stores), NAMED)
    await stores.cases.decide(HERE, second, decision(stores), OTHER)
    stores.clock.forward(days=1)
    await stores.cases.purge_texts(HERE, before=stores.clock())
    grounds = [(await stores.cases.get(HERE, number)).ground for number in (first, second)]
    assert grounds == [replace(NAMED, words=None), Ground()]


@in_databases
async def test_named_rules_are_found_and_counted(stores: Stores, case_factory: NewCases) -> None:
    """By rule and policy, apart from the verdicts: nobody agreed with a judge there. Not once they are taken back."""
    since = stores.clock() - timedelta(hours=1)
    number = await reported(stores, case_factory)
    await stores.cases.decide(HERE, number, decision(stores), NAMED)
    for query in (CaseQuery(rule_id="r2"), CaseQuery(policy_id=5), CaseQuery(rule_id="R2", policy_id=5)):
        (line,) = (await stores.search.find(HERE, query)).lines
        assert (line.number, [rule.title for rule in line.rules]) == (number, ["Adverts"])
    (found,) = await stores.stats.rules(HERE, since=since)
    assert (found.policy_name, found.rule_id, found.title, found.total, found.named) == ("Spam", "R2", "Adverts", 0, 1)
    assert await stores.stats.rules(HERE, since=since, policy_id=6) == ()
    await stores.cases.reopen(HERE, number, moderator_id=RITA, reason="a mistake")
    assert (await stores.search.find(HERE, CaseQuery(rule_id="R2"))).lines == ()
    assert await stores.stats.rules(HERE, since=since) == ()


@in_databases
async def test_the_log_is_searched(stores: Stores, case_factory: NewCases) -> None:
    """By person and kind, page by page in both directions, of this server alone."""
    for _ in range(3):
        number = await reported(stores, case_factory)
        await stores.cases.decide(HERE, number, decision(stores), OTHER)
    await stores.cases.open(case_factory(guild_id=2))
    query = AuditQuery(person_id=OMAR, kind=AuditKind.DECISIONS)
    found = await stores.audit_search.find(HERE, query, limit=4)
    named, decided = AuditAction.RULE_NAMED, AuditAction.CASE_DECIDED
    assert [each.entry.action for each in found] == [named, decided, named, decided]
    older = await stores.audit_search.find(HERE, query, older_than=found[-1].id, limit=4)
    assert [each.entry.subject for each in older] == ["case:1", "case:1"]
    assert await stores.audit_search.find(HERE, query, newer_than=older[0].id, limit=4) == found
    by_bot = await stores.audit_search.find(HERE, AuditQuery(person_id=BOT))
    assert [each.entry.subject for each in by_bot] == ["case:3", "case:2", "case:1"]
    assert await stores.audit_search.find(HERE, AuditQuery(until=stores.clock() - timedelta(days=1))) == ()
    assert await stores.audit_search.find(HERE, query, older_than=10**30, limit=1) == found[:1]


async def test_words_that_come_to_an_old_case_go_as_well(stores: Stores, case_factory: NewCases) -> None:
    """Its texts were purged before; what a moderator writes then is purged on the next turn."""
    await stores.cases.open(case_factory(kind=CaseKind.REPORT, rules=()))
    stores.clock.forward(days=30)
    before = stores.clock() - timedelta(days=1)
    assert await stores.cases.purge_texts(HERE, before=before) == 1
    assert await stores.cases.purge_texts(HERE, before=before) == 0
    decision = Decision(state=CaseState.VIOLATION, moderator_id=5, at=stores.clock())
    await stores.cases.decide(HERE, 1, decision, OTHER)
    assert await stores.cases.purge_texts(HERE, before=before) == 1
    case = await stores.cases.get(HERE, 1)
    assert case.ground == Ground()
