"""The value types at the classifier's door: verdicts, policies, contents, the small vocabulary."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.content import Content, Message, clean_text
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.verdict import Method, Outcome, Provenance, Verdict

PROVENANCE = Provenance(method=Method.SCRIPTED, judge="test", policy_fingerprint="0")
RULE = RuleText(id="R1", title="One")


@pytest.mark.parametrize(
    ("outcome", "rule_ids", "score"),
    [
        (Outcome.VIOLATION, (), 0.9),
        (Outcome.CLEAR, ("R1",), 0.1),
        (Outcome.CLEAR, (), 1.1),
        (Outcome.VIOLATION, ("R1",), -0.1),
        (Outcome.CLEAR, (), float("nan")),
    ],
)
def test_a_verdict_that_contradicts_itself_cannot_be_made(
    outcome: Outcome, rule_ids: tuple[str, ...], score: float
) -> None:
    """A violation names a rule, a clear verdict none, a score must be between 0 and 1."""
    with pytest.raises(ValueError, match=r"must name at least one rule|between 0 and 1"):
        Verdict(outcome=outcome, rule_ids=rule_ids, score=score, rationale="", provenance=PROVENANCE)


def test_a_policy_without_a_rule_cannot_be_made() -> None:
    """There would be nothing to break."""
    with pytest.raises(ValueError, match="at least one rule"):
        PolicyText(title="Empty", rules=())


def test_a_policy_with_one_id_twice_cannot_be_made() -> None:
    """A verdict could not say which rule it means."""
    with pytest.raises(ValueError, match="the same id"):
        PolicyText(title="Twice", rules=(RULE, replace(RULE, title="Two")))


def test_a_fingerprint_names_what_a_judge_reads() -> None:
    """Equal texts have one fingerprint, on every machine; any other text has another."""
    policy = PolicyText(title="A", rules=(RULE,))
    assert policy.fingerprint == PolicyText(title="A", rules=(RuleText(id="R1", title="One"),)).fingerprint
    assert policy.fingerprint == "a016eb94ce3bba17f13eec0756bc1ea537c65ce917b381bc62045a8cb3acf86f"
    others = [
        replace(policy, title="B"),
        replace(policy, purpose="p"),
        replace(policy, definitions=("d",)),
        replace(policy, guidance=(("h", "t"),)),
        replace(policy, when_unclear="w"),
        replace(policy, title="\ud800"),
        replace(policy, rules=(replace(RULE, does_not="d"),)),
        replace(policy, rules=(replace(RULE, patterns=("p",)),)),
        replace(policy, rules=(replace(RULE, examples=(LabelledExample(text="x", violates=True),)),)),
        replace(policy, rules=(replace(RULE, examples=(LabelledExample(text="x", violates=False),)),)),
    ]
    assert len({each.fingerprint for each in [policy, *others]}) == len(others) + 1


@given(st.text(st.characters(codec=None)))
def test_a_message_can_always_be_written_as_utf8(text: str) -> None:
    """Lone surrogates are replaced, everything else stays as it is."""
    message = Message(author=text, text=text)
    message.text.encode()
    message.author.encode()
    assert clean_text(message.text) == message.text
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert message.text == text


def test_surrogates_that_form_a_pair_become_their_character() -> None:
    """JSON may bring an emoji as two halves."""
    assert Content(target=Message(text="\ud83d\ude00 \ud83d")).target.text == "😀 \N{REPLACEMENT CHARACTER}"


@given(st.text(), st.lists(st.integers()))
def test_the_small_vocabulary_keeps_the_ports_promises(text: str, ids: list[int]) -> None:
    """Text comes back, makes no control token, and odd ids decode to nothing."""
    vocabulary = ByteVocabulary()
    encoded = vocabulary.encode(text)
    assert vocabulary.decode(encoded) == text.encode()
    assert vocabulary.control.every.isdisjoint(encoded)
    assert vocabulary.decode([*ids, *vocabulary.control.every]) == bytes(token for token in ids if 0 <= token < 256)
