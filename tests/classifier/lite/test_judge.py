"""The lite judge: what it finds, what it leaves alone, and how it explains itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.content import Content, Message, Part, PartKind
from classifier.judge import JudgeRequest
from classifier.lite.judge import NAME, LiteJudge
from classifier.lite.recall import FOUND_OF_TEN
from classifier.policy_text import PolicyText, RuleText
from classifier.verdict import Method, Outcome, Undecided, UndecidedReason, Verdict
from tests.classifier.lite.house_rules import BANTER, FINE, INSULTS, POLICY, SCAMS, rule, verdict

SHARED = Path(os.environ.get("BYLAW_SHARED") or Path(__file__).resolve().parents[4] / "shared")


@pytest.mark.parametrize("text", [*SCAMS, *INSULTS])
async def test_its_own_violating_examples_are_violations(text: str) -> None:
    """Every example that breaks a rule is found, with that rule."""
    answer = await verdict(text)
    assert answer.rule_ids == (("R1",) if text in SCAMS else ("R2",))
    assert answer.score > 0.9


@pytest.mark.parametrize("text", [*FINE, *BANTER])
async def test_its_own_allowed_examples_are_clear(text: str) -> None:
    """Every example that the policy allows is clear."""
    answer = await verdict(text)
    assert answer.outcome is Outcome.CLEAR
    assert answer.score < 0.5
    assert text in answer.rationale


@pytest.mark.parametrize(
    ("text", "rule_id"),
    [
        ("FREE NITRO for everybody!! claim it here before it's gone dlscord-gift.example", "R1"),
        ("i doubled my crypto within one week, dm me and i'll show you", "R1"),
        ("Steam gives away $50 gift cards! log in using this link", "R1"),
        ("your account is going to be banned, verify with this bot", "R1"),
        ("hey, I accidentally reported you pls contact the discord admin", "R1"),
        ("frее nіtrо f o r  e v e r y o n e claim here before it runs out", "R1"),
        ("yоur ассоunt will bе bаnnеd, vеrifу it with this bоt", "R1"),
        ("you're so stupid, nobody wants you here, leave", "R2"),
        ("ｓｈｕｔ ｕｐ you u\u200bgly f4t p1g", "R2"),
        ("k i l l  y o u r s e l f", "R2"),
        ("ki11 y0urself", "R2"),
        ("kiiiilllll yourseeeelf", "R2"),
        ("lol ok. please kill yourself. thanks", "R2"),
        ("go spam her dms everyone until she quits", "R2"),
    ],
)
async def test_rewordings_and_disguises_are_found(text: str, rule_id: str) -> None:
    """Changed words, look-alike letters, spaced and stretched words come near enough to the example."""
    answer = await verdict(text)
    assert rule_id in answer.rule_ids


@pytest.mark.parametrize(
    "text",
    [
        "gg ez",
        "good morning everyone",
        "anyone up for ranked tonight?",
        "how do I claim the daily reward in the game?",
        "my account got hacked last year, use two factor auth",
        "you can do it yourself with a screwdriver",
        "kill the boss first, then the adds",
        "nobody plays that map any more",
        "I'm so stupid, forgot my keys again",
        "the new steam deck is cheap this week",
        "please contact me when the update is out",
        "😂😂😂",
        "ok",
        "https://example.org/guide",
        "Wann spielen wir heute?",
        "сегодня вечером играем?",
        "今日は何をしますか",
    ],
)
async def test_ordinary_chat_is_clear(text: str) -> None:
    """Sharing a few words with an example is not enough."""
    answer = await verdict(text)
    assert (answer.outcome, answer.rule_ids) == (Outcome.CLEAR, ())


async def test_real_chat_is_clear() -> None:
    """Of thousands of lines of technical chat hardly one is flagged under a policy that has nothing to do with them."""
    path = SHARED / "data/irc_benign_threads_dev.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is missing: set BYLAW_SHARED to the folder above the data folder with it")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [message["text"] for row in rows for message in row["messages"]]
    judge = LiteJudge()
    requests = (JudgeRequest(policy=POLICY, content=Content(target=Message(text=line))) for line in lines)
    answers = [await judge.judge(request) for request in requests]
    flagged = [answer for answer in answers if isinstance(answer, Verdict) and answer.outcome is Outcome.VIOLATION]
    assert len(flagged) / len(lines) < 0.002


@pytest.mark.parametrize(
    "text",
    [
        "what an idiot",
        "what an i d i o t",
        "what an 1d10t",
        "what an \u0456di\u043et",
        "ＩＤＩＯＴ",
        "an idi[o](<https://a.example>)t",
        "an id<:x:1>iot",
        "an<:x:1>idiot",
        "an idi<t:1:R>ot",
    ],
)
async def test_a_pattern_is_matched_on_the_text_and_on_its_folded_readings(text: str) -> None:
    """A pattern finds its word in disguise too, and the rationale quotes the pattern."""
    answer = await verdict(text)
    assert answer.rule_ids == ("R2",)
    assert answer.score >= 0.95
    assert r"(?i)\bidiot\b" in answer.rationale


async def test_all_broken_rules_are_named_in_the_policys_order() -> None:
    """A pattern of one rule and an example of another make two rules."""
    answer = await verdict("kill yourself, t.me/joinchat/abc")
    assert answer.rule_ids == ("R1", "R2")
    assert "R1 (Scams)" in answer.rationale
    assert "R2 (Insults)" in answer.rationale


async def test_an_allowed_example_is_clear_even_if_a_pattern_matches_it(policy_of: Callable[..., PolicyText]) -> None:
    """The policy's own word about this very text counts more than its pattern, and than a violating part of it."""
    allowed = ["Is buying gold allowed?", "someone told me: buy my gold", "!!!"]
    policy = policy_of(violates=["buy my gold"], allows=allowed, patterns=["(?i)gold"])
    assert (await verdict("is BUYING gold allowed", policy)).outcome is Outcome.CLEAR
    assert (await verdict('Someone told me "buy my gold"', policy)).outcome is Outcome.CLEAR
    assert (await verdict("gold!", policy)).outcome is Outcome.VIOLATION
    assert (await verdict("???", policy)).outcome is Outcome.CLEAR


@pytest.mark.parametrize("pattern", ["(", "(?<=a)b", r"(a)\1", "a{1001}", "\ud800", "[[:nope:]]"])
async def test_a_pattern_that_re2_cannot_read_is_left_out(
    policy_of: Callable[..., PolicyText], pattern: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Lint reports it; judging goes on with the others, and nothing is printed."""
    policy = policy_of(patterns=[pattern, "gold"])
    assert (await verdict("gold", policy)).rule_ids == ("R1",)
    assert (await verdict("silver", policy)).outcome is Outcome.CLEAR
    assert capfd.readouterr() == ("", "")


async def test_no_pattern_can_hang(policy_of: Callable[..., PolicyText]) -> None:
    """RE2 takes linear time for expressions that stop other engines for years."""
    started = time.process_time()
    await verdict("a" * 4000 + "!", policy_of(patterns=["(a+)+$", "(a|a)*b", "(.*){20}x"]))
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    "context", [(), ("kill yourself",), ("Free Nitro for everyone, claim here", "you idiot"), FINE]
)
async def test_context_never_matters(context: tuple[str, ...]) -> None:
    """Only the target is looked at."""
    assert (await verdict("good morning", context=context)).outcome is Outcome.CLEAR
    assert (await verdict("kill yourself", context=context)).rule_ids == ("R2",)


async def test_each_message_of_a_conversation_is_looked_at() -> None:
    """The messages that break rules are named by number, what came with a message included; the context is not."""
    content = Content(
        context=(Message(text="kill yourself"),),
        conversation=(Message(text="good morning"), Message(text="kill yourself")),
        target=Message(text="well", parts=(Part(kind=PartKind.POLL, text="you idiot"),)),
    )
    answer = await LiteJudge().judge(JudgeRequest(policy=POLICY, content=content))
    assert isinstance(answer, Verdict)
    assert (answer.rule_ids, answer.messages) == (("R2",), (2, 3))


async def test_one_sentence_in_a_very_long_text_is_found() -> None:
    """A text of many messages' length is looked through."""
    chatter = "we played until three and the bridge level still beats me, any tips for the second boss? "
    assert (await verdict(chatter * 20 + SCAMS[2] + " " + chatter * 20)).rule_ids == ("R1",)
    assert (await verdict(chatter * 1000)).outcome is Outcome.CLEAR
    assert (await verdict(chatter * 1000 + SCAMS[2])).rule_ids == ("R1",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀" * 10_000,
        "z" + "\u0316\u0300" * 2_000,
        "مرحبا بالعالم " * 280,
        "\u200b" * 4_000,
        "\u202e" + "abc" * 1_300,
        "```" * 1_300,
        "a. " * 1_300,
        "<@1> " * 800,
        "\ud800" * 100,
    ],
    ids=lambda text: f"{text[:4]!a}",
)
async def test_odd_texts_are_clear_and_quick(text: str) -> None:
    """Emoji walls, zalgo, right-to-left, invisible and broken text get a verdict in no time."""
    started = time.process_time()
    assert (await verdict(text)).outcome is Outcome.CLEAR
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("text", "policy", "because"),
    [
        (SCAMS[1], POLICY, f'the text is close to the example "{SCAMS[1]}", which breaks R1 (Scams)'),
        (FINE[1], POLICY, f'the text is the example "{FINE[1]}", which R1 (Scams) allows'),
        (f"{FINE[3]} ^^ lol", POLICY, f'the text is closest to the example "{FINE[3]}", which R1 (Scams) allows'),
        (f"{FINE[1]} ^^ lol", POLICY, "the text only quotes or reports what others wrote"),
        ("kill time", POLICY, 'the text is not close enough to the nearest example "kill yourself" of R2 (Insults)'),
        ("", POLICY, "the text matches no pattern and has no words to compare with an example"),
        (
            "hi",
            PolicyText(title="Bare", rules=(RuleText(id="R1", title=""),)),
            "the policy has no pattern and no example of a violation to compare with",
        ),
        ("gold", PolicyText(title="", rules=(rule("R7", " ", (), (), "gold"),)), 'matches the pattern "gold" of R7'),
    ],
)
async def test_every_rationale_says_what_it_went_by(text: str, policy: PolicyText, because: str) -> None:
    """It says that no reasoning model judged, and names the rule and the example or pattern."""
    answer = await verdict(text, policy)
    assert answer.rationale.startswith("Judged without the reasoning model: ")
    assert because in answer.rationale


@given(st.text(max_size=80))
async def test_a_rationale_repeats_nothing_that_a_member_wrote(text: str) -> None:
    """It quotes the policy alone, on one line of bounded length."""
    secret = "xqzw"
    answer = await verdict(f"{text} {secret}")
    assert secret not in answer.rationale
    assert "\n" not in answer.rationale
    assert len(answer.rationale) <= 600


async def test_long_examples_and_titles_are_shortened(policy_of: Callable[..., PolicyText]) -> None:
    """A rationale stays a sentence."""
    text = "this is a very long example " * 30
    answer = await verdict(text, policy_of(violates=[text]))
    assert answer.outcome is Outcome.VIOLATION
    assert len(answer.rationale) < 300
    assert "…" in answer.rationale


async def test_the_provenance_says_lite() -> None:
    """Method, judge and policy are on the verdict."""
    provenance = (await verdict("hello")).provenance
    assert (provenance.method, provenance.judge) == (Method.LITE, NAME)
    assert provenance.policy_fingerprint == POLICY.fingerprint
    assert provenance.prompt_fingerprint is None
    assert provenance.seconds_computed > 0


async def test_a_long_text_has_to_come_nearer_than_a_short_one() -> None:
    """Among many windows one is near to an example by chance; the very same words are found at any length."""
    reworded = "your account gets banned soon, verify with it"
    chatter = "we played until three and the bridge level still beats me, any tips for the second boss? "
    short, long = await verdict(reworded), await verdict(chatter * 60 + reworded)
    assert short.rule_ids == ("R1",)
    assert long.score < short.score
    assert (await verdict(chatter * 60 + SCAMS[3])).rule_ids == ("R1",)


@pytest.mark.parametrize(
    "text",
    [
        'he wrote "kill yourself", can a mod look at it?',
        "is this a scam? Free Nitro for everyone, claim here before it runs out: dlscord-gift.example",
        "> kill yourself\nplease don't talk like that",
        "someone told my sister kill yourself, what an awful place",
    ],
)
async def test_what_a_report_repeats_is_no_violation(text: str) -> None:
    """Neither by example nor by pattern; the rationale does not claim that there was nothing to compare."""
    answer = await verdict(text)
    assert (answer.outcome, answer.rule_ids) == (Outcome.CLEAR, ())


async def test_an_insult_beside_a_report_is_a_violation() -> None:
    """What a member says of their own counts, whatever they quote."""
    assert (await verdict('he said "hello there friend". you idiot')).rule_ids == ("R2",)
    assert (await verdict('"kill yourself"')).rule_ids == ("R2",)


async def test_patterns_that_cannot_be_joined_are_tried_one_by_one(policy_of: Callable[..., PolicyText]) -> None:
    """Two groups of one name make no single expression."""
    policy = policy_of(patterns=["(?P<what>gold)", "(?P<what>silver)"])
    assert (await verdict("gold", policy)).rule_ids == ("R1",)
    assert (await verdict("silver", policy)).rule_ids == ("R1",)
    assert (await verdict("copper", policy)).outcome is Outcome.CLEAR


async def test_after_closing_there_is_no_verdict() -> None:
    """A closed judge is unavailable."""
    judge = LiteJudge()
    await judge.close()
    answer = await judge.judge(JudgeRequest(policy=POLICY, content=Content(target=Message(text="hi"))))
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.JUDGE_UNAVAILABLE
    assert "without a model" in judge.name
    assert f"finds about {FOUND_OF_TEN} of 10 new wordings" in judge.name
