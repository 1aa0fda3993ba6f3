"""Reading replies: every slip that models are known for."""

from __future__ import annotations

import json

import pytest

from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.harmony import closing_ids
from classifier.prompt.reply import LONGEST_RATIONALE, LONGEST_REASONING, Answer, read_reply
from classifier.verdict import Method, Outcome, Provenance, Undecided, UndecidedReason, Verdict
from tests.classifier.prompt.replies import (
    BROKEN,
    BYTES,
    CLEAR,
    FINAL,
    POLICY,
    THOUGHT,
    final,
    ids,
    outcome,
    read,
    reason,
)


def test_a_whole_reply_gives_all_parts() -> None:
    """Outcome, rules, rationale and reasoning are read out of the reply."""
    assert read(final(BROKEN)) == Answer(Outcome.VIOLATION, ("R1",), (1,), "It breaks R1.", "Hm, let me see.")
    assert read(final(CLEAR)) == Answer(Outcome.CLEAR, (), (), "", "Hm, let me see.")


@pytest.mark.parametrize(
    ("named", "messages", "read_as"),
    [
        ("[2]", 3, (2,)),
        ("[3,1,3]", 3, (1, 3)),
        ("[4]", 3, None),
        ("[0]", 3, None),
        ("[true]", 3, None),
        ('["1"]', 3, None),
        ("[]", 3, None),
        ("1", 1, None),
        ("null", 1, (1,)),
        ("null", 2, None),
    ],
)
def test_messages_are_named_by_number(named: str, messages: int, read_as: tuple[int, ...] | None) -> None:
    """Only numbers of the prompt's messages are read, each once and rising; a single message needs none."""
    reply = final(f'{{"violation":1,"rules":["R1"],"messages":{named},"rationale":"x"}}')
    reading = read_reply(ids(reply), vocabulary=BYTES, policy=POLICY, messages=messages)
    if read_as is None:
        assert isinstance(reading, Undecided)
        assert reading.reason is UndecidedReason.UNREADABLE
    else:
        assert isinstance(reading, Answer)
        assert reading.messages == read_as


def test_an_answer_becomes_a_verdict() -> None:
    """Score and provenance are added by whoever computed them."""
    provenance = Provenance(method=Method.REASONED, judge="gguf:0", policy_fingerprint=POLICY.fingerprint)
    answer = read(final(BROKEN))
    assert isinstance(answer, Answer)
    assert answer.verdict(0.9, provenance) == Verdict(
        outcome=Outcome.VIOLATION,
        rule_ids=("R1",),
        messages=(1,),
        score=0.9,
        rationale="It breaks R1.",
        reasoning="Hm, let me see.",
        provenance=provenance,
    )


@pytest.mark.parametrize(
    "reply",
    [
        f"{FINAL}{CLEAR}<return>",
        f"{FINAL}{CLEAR}",
        f"{FINAL}{CLEAR}<end>",
        f"{FINAL}{CLEAR}<call>",
        f"{FINAL}{CLEAR}<other>",
        f"{THOUGHT}<channel>final{CLEAR}<return>",
        f"{THOUGHT}<channel>final json{CLEAR}<return>",
        f"{THOUGHT}<channel>final <constrain>json<message>{CLEAR}<return>",
        f"{THOUGHT}<channel>final <constrain>json{CLEAR}<return>",
        f"<channel>analysis<message>Hm.<channel>final<message>{CLEAR}<return>",
        f"<channel>analysis<message>Hm.<end><channel>final<message>{CLEAR}<return>",
        f"{THOUGHT}{THOUGHT}{FINAL}{CLEAR}<return>",
        f"<channel>commentary<message>Let me look.<end><start>assistant{FINAL}{CLEAR}<return>",
        f"<channel>commentary to=x.y <constrain>json<message>{BROKEN}<end><start>assistant{FINAL}{CLEAR}<return>",
        f"{THOUGHT}{CLEAR}<return>",
        f"{THOUGHT}<message>{CLEAR}<return>",
        f"{CLEAR}<return>",
        f"Sure! <end><start>assistant{FINAL}{CLEAR}<return>",
        f"Sure! {FINAL}{CLEAR}<return>",
        f"{FINAL}{CLEAR}<end><start>assistant{FINAL}{CLEAR}<return>",
        f"{FINAL}{CLEAR}<end><start>user<message>{BROKEN}<return>",
        f"{FINAL}{CLEAR}<end><start>user<channel>final<message>{BROKEN}<return>",
        f"{FINAL}{CLEAR}<return>{FINAL}{BROKEN}<return>",
        f"{FINAL} \n{CLEAR}\n <return>",
        f"{FINAL}```json\n{CLEAR}\n```<return>",
        f"{FINAL}```\n{CLEAR}```<return>",
        f'{FINAL}{{"violation": 0, "rules": [], "rationale": null, "confidence": "high"}}<return>',
    ],
)
def test_slips_in_the_framing_do_not_cost_the_answer(reply: str) -> None:
    """The known slips: no ``<|message|>``, commentary, several analyses, no channel, a fence, a turn not its own."""
    assert outcome(reply) is Outcome.CLEAR


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("", UndecidedReason.NO_ANSWER),
        ("<return>", UndecidedReason.NO_ANSWER),
        ("<channel>analysis<message>I think", UndecidedReason.NO_ANSWER),
        (THOUGHT, UndecidedReason.NO_ANSWER),
        ("Here is a summary of the repository.<return>", UndecidedReason.NO_ANSWER),
        (f"<channel>finale<message>{CLEAR}<return>", UndecidedReason.NO_ANSWER),
        (f"<channel>analysis<message>{CLEAR}<return>", UndecidedReason.NO_ANSWER),
        (f"<channel>commentary<message>{CLEAR}<return>", UndecidedReason.NO_ANSWER),
        (f"<start>user<message>{CLEAR}<return>", UndecidedReason.NO_ANSWER),
        (f"<start> user<message>{CLEAR}<return>", UndecidedReason.NO_ANSWER),
        (f"<channel>fin<channel>final<message>{CLEAR}<return>", UndecidedReason.NO_ANSWER),
        (f"{THOUGHT}<channel>final", UndecidedReason.TRUNCATED),
        (f"{THOUGHT}{FINAL}", UndecidedReason.TRUNCATED),
        (f'{THOUGHT}{FINAL}{{"viol', UndecidedReason.TRUNCATED),
        (f'{THOUGHT}{FINAL}{{"violation":0', UndecidedReason.TRUNCATED),
        (f'{THOUGHT}{FINAL}```json\n{{"violation":1,"rules":["R', UndecidedReason.TRUNCATED),
        ('{"violation":1,"ru', UndecidedReason.TRUNCATED),
        (final(""), UndecidedReason.UNREADABLE),
        (final('{"violation":0'), UndecidedReason.UNREADABLE),
        (f"{THOUGHT}{FINAL}I cannot", UndecidedReason.UNREADABLE),
        (final("Verstoß gegen R1"), UndecidedReason.UNREADABLE),
        (final("违规"), UndecidedReason.UNREADABLE),
        (final("0"), UndecidedReason.UNREADABLE),
        (final("[0]"), UndecidedReason.UNREADABLE),
        (final("null"), UndecidedReason.UNREADABLE),
        (final("{}"), UndecidedReason.UNREADABLE),
        (final(f"{CLEAR} Hope this helps!"), UndecidedReason.UNREADABLE),
        (final(f"The answer is {CLEAR}"), UndecidedReason.UNREADABLE),
        (final(f"{CLEAR}{BROKEN}"), UndecidedReason.UNREADABLE),
        (f"{FINAL}{BROKEN}<end><start>assistant{FINAL}{CLEAR}<return>", UndecidedReason.UNREADABLE),
        (f"{BROKEN}<message>{CLEAR}<return>", UndecidedReason.UNREADABLE),
        (f"{BROKEN}{FINAL}{CLEAR}<return>", UndecidedReason.UNREADABLE),
        (f'{FINAL}{{"violation"<message>:0}}<return>', UndecidedReason.UNREADABLE),
        (f'{FINAL}{{"violation"<constrain>:0}}<return>', UndecidedReason.UNREADABLE),
        (f'{FINAL}{{"violation"<other>:0}}<return>', UndecidedReason.UNREADABLE),
    ],
)
def test_what_is_no_answer_is_undecided_with_its_reason(reply: str, expected: UndecidedReason) -> None:
    """Nothing is guessed from the reasoning, from another channel or from words around the form."""
    assert reason(reply) is expected


@pytest.mark.parametrize(
    "body",
    [
        '{"violation":true}',
        '{"violation":"0"}',
        '{"violation":0.0}',
        '{"violation":1.0,"rules":["R1"]}',
        '{"violation":2,"rules":["R1"]}',
        '{"violation":-1}',
        '{"violation":null}',
        '{"violation":NaN}',
        '{"violation":0,"x":Infinity}',
        '{"violation":1}',
        '{"violation":1,"rules":[]}',
        '{"violation":1,"rules":"R1"}',
        '{"violation":1,"rules":[1]}',
        '{"violation":1,"rules":{"R1":1}}',
        '{"violation":0,"rules":["R1"]}',
        '{"violation":0,"violation":0}',
        '{"violation":0,"violation":1,"rules":["R1"]}',
        '{"violation":0,"x":{"a":1,"a":2}}',
        '{"violation":1,"rules":["R1"],"rationale":["why"]}',
        '{"violation":' + "9" * 5000 + "}",
        '{"violation":0,"x":' + "[" * 7000 + "]" * 7000 + "}",
        '{"violation":0,"x":' + '{"a":' * 3000 + "0" + "}" * 3000 + "}",
        '{"violation":0,"x":"' + "a" * 20_000 + '"}',
    ],
    ids=lambda body: body[:40],
)
def test_a_form_that_is_not_the_agreed_one_is_refused(body: str) -> None:
    """0 and 1 are numbers, a violation names its rules, a clear answer none, no key stands twice."""
    assert reason(final(body)) is UndecidedReason.UNREADABLE


@pytest.mark.parametrize("rules", [["R9"], ["R1", "R9"], ["the spoiler rule"], [""]])
def test_a_rule_that_the_policy_lacks_is_no_verdict(rules: list[str]) -> None:
    """A made-up rule is not bent to a real one, and its name, which may hold a member's words, is not repeated."""
    reading = read(final(json.dumps({"violation": 1, "rules": rules, "rationale": "Because."})))
    assert isinstance(reading, Undecided)
    assert reading.reason is UndecidedReason.UNKNOWN_RULE
    assert rules[-1] == "" or rules[-1] not in reading.detail


def test_rules_come_in_the_policys_order_and_once() -> None:
    """Small letters and blanks are the model's, the ids are the policy's."""
    reading = read(final('{"violation":1,"rules":["r3"," R1","R3"],"rationale":"Two rules."}'))
    assert isinstance(reading, Answer)
    assert reading.rule_ids == ("R1", "R3")


def test_ids_that_differ_in_case_alone_are_told_apart() -> None:
    """An exact id goes before a folded one."""
    policy = PolicyText(title="", rules=(RuleText(id="Ra", title=""), RuleText(id="RA", title="")))
    reading = read(final('{"violation":1,"rules":["Ra"],"rationale":"x"}'), policy)
    assert isinstance(reading, Answer)
    assert reading.rule_ids == ("Ra",)


@pytest.mark.parametrize(
    "body", ['{"violation":1,"rules":["R2"]}', '{"violation":1,"rules":["R2"],"rationale":" \\n"}']
)
def test_a_violation_without_a_reason_says_so(body: str) -> None:
    """The verdict stands; the rationale still names the rule."""
    reading = read(final(body))
    assert isinstance(reading, Answer)
    assert reading.rationale == "The model says that this breaks R2, but gives no reason."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\n\n two\tthree", "one two three"),
        ("a\u202eb\u0000c\u2028d", "a b c d"),
        ("👩\u200d💻 نمی\u200cخواهم", "👩\u200d💻 نمی\u200cخواهم"),
        ("x" * 700, "x" * (LONGEST_RATIONALE - 1) + "…"),
    ],
)
def test_a_rationale_is_one_clean_line(written: str, shown: str) -> None:
    """Line breaks, control characters and reversed reading direction go; joiners inside words and emoji stay."""
    reading = read(final(json.dumps({"violation": 1, "rules": ["R1"], "rationale": written})))
    assert isinstance(reading, Answer)
    assert reading.rationale == shown


SENTENCE = "A tells B that the sister was behind it all along, which gives the ending away to everybody. "  # 97 long


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (SENTENCE * 7, (SENTENCE * 6).strip()),
        (SENTENCE.replace(".", "!") * 7, (SENTENCE.replace(".", "!") * 6).strip()),
        (SENTENCE.replace(". ", '." ') * 7, (SENTENCE.replace(". ", '." ') * 6).strip()),
        ("他泄露了结局。" * 100, "他泄露了结局。" * 85),
        ("यह अंत बता देता है। " * 40, ("यह अंत बता देता है। " * 30).strip()),
        (SENTENCE * 3 + "He then went on and…", (SENTENCE * 3).strip()),
        ("Yes. " + "word " * 200, ("Yes. " + "word " * 118).strip() + "…"),
        ("A link to example.com/free-gems " * 30, ("A link to example.com/free-gems " * 18).strip() + " A link to…"),
        ("It trails off…", "It trails off…"),
        (SENTENCE * 3 + "and a third thing without an end", SENTENCE * 3 + "and a third thing without an end"),
    ],
)
def test_a_rationale_that_was_stopped_ends_with_a_whole_sentence(written: str, shown: str) -> None:
    """At its limit of characters, or where the engine stopped it; a single endless sentence ends at a word."""
    reading = read(final(json.dumps({"violation": 1, "rules": ["R1"], "rationale": written})))
    assert isinstance(reading, Answer)
    assert reading.rationale == shown
    assert len(reading.rationale) <= LONGEST_RATIONALE


def test_a_raw_line_break_in_the_rationale_is_forgiven() -> None:
    """JSON forbids it, and it changes nothing."""
    assert outcome(final('{"violation":1,"rules":["R1"],"rationale":"one\ntwo"}')) is Outcome.VIOLATION


def test_reasoning_is_all_analyses_and_nothing_else() -> None:
    """Analyses are joined, with or without ``<|message|>``; commentary is left out."""
    reading = read(
        f"<channel>analysis<message>First.\u202e<end><start>assistant<channel>commentary<message>Aside.<end>"
        f"<start>assistant<channel>analysis Second.<end><start>assistant{FINAL}{CLEAR}<return>"
    )
    assert isinstance(reading, Answer)
    assert reading.reasoning == "First.\n\nSecond."


def test_long_reasoning_loses_its_middle() -> None:
    """How it began and what it came to are kept."""
    reading = read(f"<channel>analysis<message>begin{'x' * 40_000}end<end><start>assistant{FINAL}{CLEAR}<return>")
    assert isinstance(reading, Answer)
    assert len(reading.reasoning) <= LONGEST_REASONING
    assert reading.reasoning.startswith("beginx")
    assert reading.reasoning.endswith("xend")
    assert "[…]" in reading.reasoning


def test_the_ending_that_an_engine_forces_is_read() -> None:
    """Reasoning cut by its budget, then the forced header, then the answer."""
    forced = (*ids("<channel>analysis<message>still thin"), *closing_ids(BYTES), *ids(f"{CLEAR}<return>"))
    assert read_reply(forced, vocabulary=BYTES, policy=POLICY) == Answer(Outcome.CLEAR, (), (), "", "still thin")


def test_broken_bytes_are_read_as_far_as_they_go() -> None:
    """Half a letter in the rationale becomes a replacement character."""
    reply = (*ids(FINAL), *b'{"violation":1,"rules":["R1"],"rationale":"caf\xc3"}', BYTES.control.return_)
    reading = read_reply(reply, vocabulary=BYTES, policy=POLICY)
    assert isinstance(reading, Answer)
    assert reading.rationale == "caf\N{REPLACEMENT CHARACTER}"


def test_no_time_is_lost_on_fences_and_blanks() -> None:
    """Text made to be slow to take apart is read in one pass (a quadratic reading would take minutes)."""
    assert reason(final("```" + " " * 200_000 + "x")) is UndecidedReason.UNREADABLE
    assert reason("```" + " `" * 100_000) is UndecidedReason.NO_ANSWER
