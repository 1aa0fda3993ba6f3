"""What goes through the pipe comes out as it went in, and what is no message is refused without being repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.content import Content, Message, Part, PartKind, Standing
from classifier.inventing import Invented, Inventions, InventRequest
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit, Way
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.llama.wire import (
    LONGEST_LINE,
    Answer,
    Ask,
    Cancel,
    Failed,
    Note,
    Prepare,
    Prepared,
    Progress,
    Ready,
    Report,
    WireError,
    command_line,
    options_line,
    read_command,
    read_options,
    read_report,
    report_line,
)
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt_variant import PromptVariant
from classifier.verdict import Method, Outcome, Provenance, Undecided, UndecidedReason, Verdict

ANY_TEXT = st.text(st.characters(), max_size=20)  # surrogates too: JSON carries them
EXAMPLES = st.builds(LabelledExample, text=ANY_TEXT, violates=st.booleans())
RULES = st.builds(
    RuleText,
    id=st.uuids().map(str),
    title=ANY_TEXT,
    breaks_it=ANY_TEXT,
    does_not=ANY_TEXT,
    examples=st.lists(EXAMPLES, max_size=2).map(tuple),
    patterns=st.lists(ANY_TEXT, max_size=2).map(tuple),
)
POLICIES = st.builds(
    PolicyText,
    title=ANY_TEXT,
    purpose=ANY_TEXT,
    definitions=st.lists(ANY_TEXT, max_size=2).map(tuple),
    rules=st.lists(RULES, min_size=1, max_size=3, unique_by=lambda rule: rule.id).map(tuple),
    guidance=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=2).map(tuple),
    when_unclear=ANY_TEXT,
)
PARTS = st.builds(Part, kind=st.sampled_from(PartKind), text=ANY_TEXT)
MESSAGES = st.builds(
    Message,
    author=ANY_TEXT,
    text=ANY_TEXT,
    forwarded=st.booleans(),
    parts=st.lists(PARTS, max_size=2).map(tuple),
    plain=ANY_TEXT,
    standing=st.sampled_from(Standing),
)
OF_REQUESTS = {
    "policy": POLICIES,
    "content": st.builds(
        Content,
        target=MESSAGES,
        context=st.lists(MESSAGES, max_size=3).map(tuple),
        conversation=st.lists(MESSAGES, max_size=3).map(tuple),
    ),
    "effort": st.sampled_from(Effort),
    "way": st.sampled_from(Way),
    "think_from": st.floats(0, 1),
    "lane": st.sampled_from(Lane),
    "server": st.integers(0, 2**63),
    "deadline_s": st.floats(0, 1e6),
    "variant": st.one_of(st.none(), st.builds(PromptVariant, answer=ANY_TEXT, does_not_first=st.booleans())),
}
REQUESTS = st.one_of(
    st.builds(JudgeRequest, **OF_REQUESTS), st.builds(InventRequest, **OF_REQUESTS, count=st.integers(1, 10))
)
PROVENANCES = st.builds(
    Provenance,
    method=st.sampled_from(Method),
    judge=ANY_TEXT,
    policy_fingerprint=ANY_TEXT,
    prompt_fingerprint=st.one_of(st.none(), ANY_TEXT),
    prompt_tokens=st.integers(0, 10**6),
    seconds_computed=st.floats(0, 1e6),
)
VERDICTS = st.builds(
    Verdict,
    outcome=st.just(Outcome.VIOLATION),
    rule_ids=st.lists(ANY_TEXT, min_size=1, max_size=3).map(tuple),
    messages=st.lists(st.integers(1, 99), max_size=3).map(tuple),
    score=st.floats(0, 1),
    rationale=ANY_TEXT,
    reasoning=ANY_TEXT,
    provenance=PROVENANCES,
)
INVENTIONS = st.builds(
    Inventions, invented=st.lists(st.builds(Invented, text=ANY_TEXT, rule_id=ANY_TEXT), max_size=3).map(tuple)
)
UNDECIDED = st.builds(Undecided, reason=st.sampled_from(UndecidedReason), detail=ANY_TEXT)


@given(request=REQUESTS, number=st.integers(1), waited=st.floats(0, 1e6), again=st.booleans())
def test_a_request_comes_out_as_it_went_in(request: JudgeRequest, number: int, waited: float, again: bool) -> None:
    """Every field, and so the same fingerprint, in one line of plain ASCII."""
    ask = Ask(id=number, request=request, seconds_waited=waited, again=again)
    line = command_line(ask)
    assert line.isascii()
    assert line.count(b"\n") == 1
    back = read_command(line)
    assert back == ask
    assert isinstance(back, Ask)
    assert back.request.policy.fingerprint == request.policy.fingerprint


@given(judgement=st.one_of(VERDICTS, UNDECIDED, INVENTIONS, st.none()), number=st.integers(1))
def test_an_answer_comes_out_as_it_went_in(judgement: Verdict | Undecided | Inventions | None, number: int) -> None:
    """Verdicts, reasons why there is none, invented messages, and withdrawals."""
    answer = Answer(id=number, judgement=judgement, reply_tokens=number)
    assert read_report(report_line(answer)) == answer


OTHER_REPORTS = [
    Ready(judge="gguf:a", description="ä model", places=16),
    Failed("no\nfile"),
    Prepared(id=3, room=PolicyFit(tokens=600, most=7000)),
    Prepared(id=4, room=PolicyFit(tokens=600, most=7000, kept=False)),
    Progress(12),
    Progress(12, prompt_tokens=900, reused_tokens=600),
    Note("out of memory: 16 -> 12 sequences"),
]


@pytest.mark.parametrize("report", OTHER_REPORTS)
def test_other_reports_come_out_as_they_went_in(report: Report) -> None:
    """Everything that is no answer to a request."""
    line = report_line(report)
    assert line.count(b"\n") == 1
    assert read_report(line) == report


@given(policy=POLICIES, effort=st.sampled_from(Effort))
def test_a_preparation_comes_out_as_it_went_in(policy: PolicyText, effort: Effort) -> None:
    """Every field of the policy, and so the same fingerprint."""
    prepare = Prepare(id=4, policy=policy, effort=effort)
    assert read_command(command_line(prepare)) == prepare


def test_a_withdrawal_comes_out_as_it_went_in() -> None:
    """Only a number."""
    assert read_command(command_line(Cancel(7))) == Cancel(7)


@pytest.mark.parametrize("cache_folder", [None, Path("/var/cache")])
def test_options_come_out_as_they_went_in(cache_folder: Path | None) -> None:
    """The first line to the engine."""
    options = EngineOptions(
        model=Path("/models/ü.gguf"),
        fence_key=b"\x00secret",
        context_tokens=4096,
        gpu_layers=None,
        gpu_split=(3.0, 1.0),
        threads=3,
        sequences=12,
        cache_tokens=50_000,
        batch_tokens=1024,
        cache_folder=cache_folder,
        reasoning_tokens=ReasoningTokens(low=1, medium=2, high=3),
    )
    assert read_options(options_line(options)) == options


def test_the_key_does_not_show() -> None:
    """Options may be printed; the key in them is not."""
    assert "secret" not in repr(EngineOptions(model=Path("m"), fence_key=b"secret"))


JUNK = [b"", b"{", b"null", b"7", b"[]", b'"ask"', b"{}", b'{"ask":1}', b'{"answer":1,"judgement":{}}', b"\xff", b"NaN"]


@pytest.mark.parametrize("line", JUNK)
def test_junk_is_refused(line: bytes) -> None:
    """Anything else than the agreed lines raises one error, which repeats nothing of the line."""
    for read in (read_command, read_report, read_options):
        with pytest.raises(WireError) as caught:
            read(line)
        assert "ask" not in str(caught.value)


def test_a_request_that_makes_no_sense_is_refused() -> None:
    """A policy without rules is no policy on this side either."""
    line = command_line(
        Ask(
            id=1,
            seconds_waited=0,
            request=JudgeRequest(
                policy=PolicyText(title="p", rules=(RuleText(id="R1", title="t"),)),
                content=Content(target=Message(text="x")),
            ),
        )
    )
    with pytest.raises(WireError):
        read_command(line.replace(b'"effort":"low"', b'"effort":"enormous"'))
    with pytest.raises(WireError):
        read_command(line.replace(b'"target":{', b'"target":{"colour":"red",'))
    with pytest.raises(WireError):
        read_command(line.replace(b"R1", b'R1\\",\\"colour\\":\\"red'))


def test_a_policy_that_comes_again_is_the_same_object() -> None:
    """What was worked out about it need not be worked out again."""
    first, second = (
        read_command(command_line(Prepare(id=number, policy=policy_of("the same"), effort=Effort.LOW)))
        for number in (1, 2)
    )
    assert isinstance(first, Prepare)
    assert isinstance(second, Prepare)
    assert first.policy is second.policy


def policy_of(title: str) -> PolicyText:
    """A policy with one rule."""
    return PolicyText(title=title, rules=(RuleText(id="R1", title="t"),))


def test_a_line_has_a_longest_length() -> None:
    """What is too long is not sent."""
    with pytest.raises(WireError, match=r"a line of [\d,]+ bytes"):
        report_line(Failed("x" * LONGEST_LINE))
