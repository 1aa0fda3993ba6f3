"""Requests and judgements over a network: the same at both ends, and refused in one line when they are not."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from classifier.content import Content, Message, Part, PartKind, Standing
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit, Way
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt_variant import PromptVariant
from classifier.remote.json_form import (
    NotReadable,
    judgement_object,
    read_fit,
    read_judgement,
    read_policy_text,
    read_request,
    request_object,
)
from classifier.scripted import clear, violation
from classifier.verdict import Undecided, UndecidedReason

POLICY = PolicyText(
    title="Trading",
    purpose="Keep it fair.",
    definitions=("An account is a login.",),
    rules=(
        RuleText(
            id="R1",
            title="Selling",
            breaks_it="offering it",
            examples=(LabelledExample(text="buy mine", violates=True),),
            patterns=("(?i)sell",),
        ),
        RuleText(id="R2", title="Begging", does_not="asking how"),
    ),
    guidance=(("About R1", "Old ones count."),),
    when_unclear="Allow it.",
    language="German",
)
FULL = JudgeRequest(
    policy=POLICY,
    content=Content(
        target=Message(author="B", text="ünï 😀 \u202e", parts=(Part(kind=PartKind.FILE, text="a file"),), plain="uni"),
        context=(Message(text="before", standing=Standing.ANSWERED, forwarded=True),),
        conversation=(Message(text="first"),),
    ),
    effort=Effort.HIGH,
    way=Way.PROBE_THEN_REASON,
    think_from=0.4,
    lane=Lane.AGAIN,
    server=2**62,
    deadline_s=3.5,
    variant=PromptVariant(answer="otherwise", does_not_first=True),
)


def over_the_wire(value: object) -> object:
    return json.loads(json.dumps(value))


def test_a_request_arrives_as_it_was_sent() -> None:
    """With everything that it holds, and a policy of the same fingerprint."""
    read = read_request(over_the_wire(request_object(FULL)))
    assert read == FULL
    assert read.policy.fingerprint == POLICY.fingerprint


@pytest.mark.parametrize(
    "judgement",
    [
        violation(["R1", "R2"], messages=(2, 1), reasoning="Hm."),
        clear(score=0.0),
        Undecided(reason=UndecidedReason.THINKING_CUT, detail="a line"),
    ],
)
def test_a_judgement_arrives_as_it_was_sent(judgement: object) -> None:
    """A verdict with its provenance, or the reason why there is none."""
    assert read_judgement(over_the_wire(judgement_object(judgement))) == judgement  # type: ignore[arg-type]


def test_a_policy_and_its_room_arrive_as_they_were_sent() -> None:
    """What preparing a policy sends there and back."""
    assert read_policy_text(over_the_wire(asdict(POLICY))) == POLICY
    assert read_fit(over_the_wire(asdict(PolicyFit(tokens=5, most=9)))) == PolicyFit(tokens=5, most=9)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"deadline_s": 0}, "deadline_s"),
        ({"deadline_s": float("nan")}, "deadline_s"),
        ({"deadline_s": 1e9}, "deadline_s"),
        ({"think_from": float("inf")}, "think_from"),
        ({"think_from": -0.1}, "think_from"),
        ({"server": 2**63}, "server"),
        ({"lane": "zanzibar"}, "lane"),
        ({"content": {"target": {"text": 5}}}, "content.target.text"),
        ({"policy": {"title": "zanzibar", "rules": []}}, "policy"),
        ({"policy": "zanzibar"}, "policy"),
    ],
)
def test_what_is_no_request_is_refused(changed: dict[str, object], named: str) -> None:
    """The line names the field and repeats nothing of it."""
    with pytest.raises(NotReadable) as refusal:
        read_request(request_object(FULL) | changed)
    assert named in str(refusal.value)
    assert "zanzibar" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_utf8_cannot_carry_is_read_as_everywhere() -> None:
    """JSON can carry half a character; it is replaced, as where Discord sends one."""
    read = read_request(json.loads(json.dumps(request_object(FULL)).replace("before", "\\ud800")))
    assert read.content.context[0].text == "\ufffd"


@pytest.mark.parametrize("value", [None, 5, "clear", [], {}, {"reason": "zanzibar"}, {"outcome": "clear"}])
def test_what_is_no_judgement_is_refused(value: object) -> None:
    """A missing or half an answer never becomes a verdict."""
    with pytest.raises(NotReadable):
        read_judgement(value)


def test_a_verdict_that_contradicts_itself_is_refused() -> None:
    """A violation of no rule, or a score that is none."""
    for changed in ({"rule_ids": []}, {"score": 2.0}):
        with pytest.raises(NotReadable):
            read_judgement(judgement_object(violation("R1")) | changed)
