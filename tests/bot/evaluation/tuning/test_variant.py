"""Variants as data, how they are asked, how rows are split and how many each round has."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.sets.row import LabelledRow
from bot.evaluation.tuning.asking import AskedUnder
from bot.evaluation.tuning.halving import FEWEST_ROWS, judgements_of, rows_of_rounds
from bot.evaluation.tuning.split import Side, Split, in_order
from bot.evaluation.tuning.variant import RulesACall, Variant, checkout_variants, read_variants
from classifier import (
    Content,
    JudgeRequest,
    LabelledExample,
    Message,
    Outcome,
    PolicyText,
    PromptVariant,
    RuleText,
    Undecided,
    UndecidedReason,
    Verdict,
)
from classifier.scripted import ScriptedJudge, clear, violation

POLICY = PolicyText(
    title="Made up",
    rules=tuple(
        RuleText(id=f"R{n}", title="x", examples=(LabelledExample(text="x", violates=True),)) for n in (1, 2, 3)
    ),
)
REQUEST = JudgeRequest(policy=POLICY, content=Content(target=Message(text="x")))
TWO = '[[variants]]\nname = "a"\n[[variants]]\nname = "b"\neffort = "high"\n'


def row(number: int, *, flagged: bool = False, cluster: str = "") -> LabelledRow:
    """A row."""
    content = Content(target=Message(text=str(number)))
    return LabelledRow(
        number=number, id=number, content=content, labels={"flagged": flagged}, cluster=cluster or str(number)
    )


def test_the_variants_of_the_checkout_can_be_tried() -> None:
    """The wording of the bot comes first; each other one differs from it in something."""
    path = checkout_variants()
    assert path is not None
    found = read_variants(path)
    assert (found.variants[0].name, found.prompt_of(found.variants[0])) == ("standard", None)
    assert {each.wording for each in found.variants} == {"standard", *found.wordings}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", '"variants" is missing'),
        ('[[variants]]\nname = "a"\n', '"variants" needs at least 2'),
        ("[[", "is not TOML"),
        (TWO + '[[variants]]\nname = "a"\n', "two variants are named a"),
        (TWO + '[[variants]]\nname = "c"\n', "a and c ask in the same way"),
        (TWO + '[[variants]]\nname = "c"\nwording = "w"\n', "there is no wording w"),
        (TWO + '[[variants]]\nname = "c"\neffort = "huge"\n', '"variants.2.effort" must be'),
        (TWO + '[[variants]]\nname = "../c"\n', "variants.2.name"),
        (TWO + '[wordings.standard]\nanswer = "x"\n', "standard is the wording of the bot"),
        (TWO + '[wordings.w]\nanswer = "Say yes."\n', 'wording w: "answer" must contain this form of an answer'),
        (TWO + '[wordings.w]\nmood = "x"\n', "wordings.w.mood"),
    ],
)
def test_a_file_that_cannot_be_tried_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    """That names the place."""
    path = tmp_path / "variants.toml"
    path.write_text(text)
    with pytest.raises(CannotEvaluate) as problem:
        read_variants(path)
    assert says in str(problem.value)
    assert "\n" not in str(problem.value).replace(str(path), "").split("is not TOML")[0]


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """As is a folder."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(CannotEvaluate, match="cannot be read"):
            read_variants(path)


def test_without_examples_the_judge_sees_none() -> None:
    """The rules stay."""
    seen = Variant(name="a", examples=False).policy(POLICY)
    assert [(rule.id, rule.examples) for rule in seen.rules] == [("R1", ()), ("R2", ()), ("R3", ())]
    assert Variant(name="a").policy(POLICY) is POLICY


async def test_one_rule_a_call_finds_what_any_rule_finds() -> None:
    """Rules, tokens and seconds together, in the policy's order; no verdict where one is missing and none is broken."""

    def script(request: JudgeRequest) -> Verdict | Undecided:
        (rule,) = request.policy.rules
        assert request.variant == PromptVariant(user_closing="\nWell?")
        return said[rule.id]

    asked = AskedUnder(ScriptedJudge(script), PromptVariant(user_closing="\nWell?"), RulesACall.ONE)
    costly = replace(clear(score=0.3).provenance, prompt_tokens=10, reply_tokens=1, seconds_computed=0.5)
    none = Undecided(reason=UndecidedReason.UNREADABLE)
    said: dict[str, Verdict | Undecided] = {
        "R1": violation("R1", score=0.6),
        "R2": replace(clear(score=0.3), provenance=costly),
        "R3": violation("R3", score=0.9),
    }
    found = await asked.judge(REQUEST)
    assert isinstance(found, Verdict)
    assert (found.rule_ids, found.score, found.messages) == (("R1", "R3"), 0.9, (1,))
    assert (found.provenance.prompt_tokens, found.provenance.seconds_computed) == (10, 0.5)
    assert found.provenance.policy_fingerprint == POLICY.fingerprint
    said["R2"] = none
    assert isinstance(await asked.judge(REQUEST), Verdict)
    said.update(R1=clear(), R3=clear(score=0.4))
    assert await asked.judge(REQUEST) == none
    said["R2"] = clear()
    calm = await asked.judge(REQUEST)
    assert isinstance(calm, Verdict)
    assert (calm.outcome, calm.score) == (Outcome.CLEAR, 0.4)


async def test_all_rules_a_call_is_one_question() -> None:
    """In the variant's wording; the wording of the bot is none."""
    judge = ScriptedJudge()
    await AskedUnder(judge, None, RulesACall.ALL).judge(REQUEST)
    assert judge.requests == [REQUEST]


def test_near_copies_are_on_one_side() -> None:
    """Rows of a cluster stay together, and about the wished share is held out."""
    split = Split(held_out=0.3)
    sides = Counter(split.side_of(row(n)) for n in range(4_000))
    assert 0.27 < sides[Side.HELD_OUT] / 4_000 < 0.33
    assert len({split.side_of(row(n, cluster="same")) for n in range(50)}) == 1


@given(flags=st.lists(st.booleans(), max_size=60))
def test_every_beginning_has_its_share_of_violations(flags: list[bool]) -> None:
    """Give or take one; all rows are there once, in the same order each time."""
    rows = [row(n, flagged=flagged) for n, flagged in enumerate(flags)]
    ordered = in_order(rows, "flagged")
    assert sorted(each.number for each in ordered) == list(range(len(rows)))
    assert ordered == in_order(rows[::-1], "flagged")
    for length in range(1, len(rows) + 1):
        seen = sum(each.labels["flagged"] for each in ordered[:length])
        assert abs(seen - length * sum(flags) / len(flags)) <= 1


@given(variants=st.integers(1, 64), rows=st.integers(1, 5_000))
def test_rounds_grow_to_all_rows(variants: int, rows: int) -> None:
    """None is tiny, the last one has all, and all of it costs less than judging everything by everybody."""
    counts = rows_of_rounds(variants=variants, rows=rows)
    assert list(counts) == sorted(counts)
    assert counts[-1] == rows
    assert min(counts) >= min(rows, FEWEST_ROWS)
    assert judgements_of(variants=variants, rows=rows) <= variants * rows
