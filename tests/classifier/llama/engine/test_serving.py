"""The engine's main loop over a made-up model: commands in, reports out, nothing lost when memory runs out."""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from classifier.judge import Effort, JudgeRequest, PolicyFit, Way
from classifier.llama.engine.decoding import Row
from classifier.llama.engine.inbox import Asked, Inbox, InboxItem, Refused, ToPrepare, read_line
from classifier.llama.engine.jobs import Judging
from classifier.llama.engine.model import OutOfMemory
from classifier.llama.engine.prefix_cache import PrefixCache
from classifier.llama.engine.serving import Serving
from classifier.llama.wire import (
    LONGEST_LINE,
    Answer,
    Ask,
    Cancel,
    Note,
    Prepare,
    Prepared,
    Progress,
    Report,
    WireError,
    command_line,
)
from classifier.policy_text import PolicyText
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.verdict import Undecided, UndecidedReason, Verdict
from tests.fakes.toy_decoder import ToyDecoder


class ClearDecoder(ToyDecoder):
    """Always finds a message clear: it prefers the digit 0."""

    def step(self, tokens: Mapping[int, int]) -> Mapping[int, Row]:
        rows = dict.fromkeys(super().step(tokens), np.zeros(264, dtype=np.float32))
        for row in rows.values():
            row[ord("0")] = 5
        return rows


class Runtime:
    """A made-up engine that can be made smaller this many times."""

    join_together = 1

    def __init__(self, *failures: int, smaller: int = 3) -> None:
        self._smaller = smaller
        self.decoder = ClearDecoder(4, 64, fails_at=frozenset(failures))

    def shrink(self) -> str:
        if not self._smaller:
            raise OutOfMemory("nothing smaller")
        self._smaller -= 1
        self.decoder = ClearDecoder(max(1, self.decoder.sequences // 2), 64)
        return f"now {self.decoder.sequences}"


class Script:
    """An inbox that hands out items turn by turn, and ends."""

    def __init__(self, *turns: list[InboxItem]) -> None:
        self._turns = iter(turns)
        self.ended = False
        self.waits: list[bool] = []

    def take(self, *, wait: bool) -> list[InboxItem]:
        self.waits.append(wait)
        turn = next(self._turns, None)
        if turn is None:
            self.ended = wait
            return []
        return turn


def judging(tokens_per_sequence: int = 10_000) -> Judging:
    return Judging(
        vocabulary=ByteVocabulary(),
        fence_key=b"key",
        judge="gguf:abc",
        clock=lambda: 0.0,
        tokens_per_sequence=tokens_per_sequence,
    )


def serve(
    runtime: Runtime, script: Script, clock: Iterator[float] | None = None, *, most_bytes: int = 10**6
) -> list[Report]:
    """Run the loop to its end; what was sent."""
    sent: list[Report] = []
    seconds = clock or itertools.repeat(0.0)
    Serving(
        judging=judging(),
        runtime=runtime,
        prefixes=PrefixCache(most_bytes=most_bytes, size_of=len),
        clock=lambda: next(seconds),
        send=sent.append,
    ).run(script)  # type: ignore[arg-type]  # the script is used as an inbox
    return sent


@pytest.fixture
def asked(ask: Callable[..., JudgeRequest]) -> Callable[..., Asked]:
    """Makes a request that is laid out, probed so that it is short."""

    def make(number: int, text: str = "hello", *, way: Way = Way.PROBE) -> Asked:
        request = ask(text)
        task = judging().lay_out(
            JudgeRequest(policy=request.policy, content=request.content, way=way, deadline_s=300), seconds_waited=0.0
        )
        assert not isinstance(task, Undecided)
        return Asked(id=number, task=task)

    return make


def answers(sent: list[Report]) -> dict[int, object]:
    """Answers by number; each may come once."""
    pairs = [(report.id, report.judgement) for report in sent if isinstance(report, Answer)]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_every_request_is_answered(asked: Callable[..., Asked]) -> None:
    """Those that come together, those that come later, and those that were refused at once."""
    why = Undecided(reason=UndecidedReason.TOO_LONG)
    script = Script([asked(1), asked(2)], [asked(3), Refused(id=4, why=why)], [], [asked(5)])
    given = answers(serve(Runtime(), script))
    assert sorted(given) == [1, 2, 3, 4, 5]
    assert given.pop(4) == why
    assert all(isinstance(judgement, Verdict) for judgement in given.values())
    assert script.waits[0]
    assert not script.waits[1]


def test_a_cancelled_request_is_answered_with_nothing(asked: Callable[..., Asked]) -> None:
    """At work; one that is not known, or was answered, is passed over."""
    sent = serve(Runtime(), Script([asked(1), asked(2)], [Cancel(1), Cancel(77)]))
    given = answers(sent)
    assert (given[1], isinstance(given[2], Verdict)) == (None, True)


@pytest.mark.parametrize("failures", [(1,), (3,), (9,), (2, 20)])
def test_a_lack_of_memory_is_told_and_loses_nobody(failures: tuple[int, ...], asked: Callable[..., Asked]) -> None:
    """The engine gets smaller, everything at work starts over, and policies stay read."""
    script = Script(
        [asked(number, "hello " * number) for number in range(1, 8)],
        [
            ToPrepare(
                id=9,
                room=PolicyFit(tokens=3, most=3),
                prefix=(1, 2, 3),
            )
        ],
    )
    sent = serve(Runtime(*failures), script)
    assert sorted(answers(sent)) == [1, 2, 3, 4, 5, 6, 7]
    assert [report for report in sent if isinstance(report, Note)] == [Note("now 2")]
    assert [report.id for report in sent if isinstance(report, Prepared)] == [9]


def test_when_nothing_smaller_works_the_engine_ends(asked: Callable[..., Asked]) -> None:
    """The bot starts a new one, and sends what was not answered again."""
    with pytest.raises(OutOfMemory):
        serve(Runtime(1, smaller=0), Script([asked(1)]))


def test_a_policy_is_read_when_it_is_prepared(asked: Callable[..., Asked]) -> None:
    """One that fits is computed before its room is told, and later messages find it; one that does not is only told."""
    runtime = Runtime()
    task = asked(1).task
    prefix = task.prompt.ids[: task.prompt.prefix_length]
    fits, not_so = PolicyFit(tokens=len(prefix), most=5000), PolicyFit(tokens=6000, most=5000)
    items: list[InboxItem] = [ToPrepare(id=1, room=fits, prefix=prefix), ToPrepare(id=2, room=not_so, prefix=prefix)]
    sent = serve(runtime, Script(items, *[[] for _ in range(40)], [asked(3)]))
    assert [report for report in sent if isinstance(report, Prepared)] == [
        Prepared(id=2, room=not_so),
        Prepared(id=1, room=fits),
    ]
    assert sum(runtime.decoder.read) < len(prefix) + len(task.prompt.ids) - task.prompt.prefix_length + 40


def test_a_policy_that_cannot_be_kept_is_told() -> None:
    """It is judged all the same, but every message under it reads it again: whoever asked can do without it."""
    room, prefix = PolicyFit(tokens=40, most=5000), tuple(range(40))
    script = Script([ToPrepare(id=1, room=room, prefix=prefix), ToPrepare(id=2, room=room, prefix=prefix[:10])])
    sent = serve(Runtime(), script, most_bytes=20)
    said = {report.id: report.room.kept for report in sent if isinstance(report, Prepared)}
    assert said == {1: False, 2: True}
    (note,) = (report.message for report in sent if isinstance(report, Note))
    assert note.startswith("policies of 40 tokens need more memory than the 0.0 MB reserved for policies")


def test_progress_is_told_once_a_second(asked: Callable[..., Asked]) -> None:
    """So that an engine that hangs can be told from one that works; at a standstill nothing is told."""
    sent = serve(Runtime(), Script([asked(1, "x" * 3000)]), clock=itertools.count(0.0, 0.2))
    steps = [report.steps for report in sent if isinstance(report, Progress)]
    assert steps == sorted(set(steps))
    assert 2 <= len(steps) < steps[-1]
    last = [report for report in sent if isinstance(report, Progress)][-1]
    assert last.prompt_tokens > 3000 > last.reused_tokens


# ----- the inbox -----


def inbox_of(*lines: bytes, by: Judging | None = None) -> Inbox:
    """An inbox that was read to the end."""
    inbox = Inbox(io.BytesIO(b"".join(lines)), by or judging())
    inbox.read()
    return inbox


def test_letters_come_in_order_and_laid_out(ask: Callable[..., JudgeRequest], three_rules: PolicyText) -> None:
    """Requests, withdrawals and policies."""
    inbox = inbox_of(
        command_line(Ask(id=1, request=ask("hello"), seconds_waited=0.5)),
        command_line(Cancel(1)),
        command_line(Prepare(id=2, policy=three_rules, effort=Effort.LOW)),
    )
    first, second, third = inbox.take(wait=True)
    assert isinstance(first, Asked)
    assert (first.id, first.task.seconds_waited, first.task.request) == (1, 0.5, ask("hello"))
    assert second == Cancel(1)
    assert isinstance(third, ToPrepare)
    assert (third.id, third.room.tokens) == (2, len(third.prefix))
    assert inbox.ended


def test_what_cannot_be_judged_is_refused_by_the_reader(ask: Callable[..., JudgeRequest]) -> None:
    """Too long, or a fault of ours; neither repeats what a member wrote."""
    line = command_line(Ask(id=1, request=ask("secret words"), seconds_waited=0.0))
    broken = Judging(
        vocabulary=ByteVocabulary(), fence_key=b"", judge="", clock=lambda: 0.0, tokens_per_sequence=10_000
    )
    for by, reason in ((judging(100), UndecidedReason.TOO_LONG), (broken, UndecidedReason.JUDGE_CRASHED)):
        (item,) = inbox_of(line, by=by).take(wait=True)
        assert isinstance(item, Refused)
        assert item.why.reason is reason
        assert "secret" not in item.why.detail


def test_an_empty_inbox_is_waited_for_only_when_there_is_nothing_to_do() -> None:
    """At the end of the input waiting ends, too."""
    inbox = Inbox(io.BytesIO(), judging())
    assert inbox.take(wait=False) == []
    thread = threading.Thread(target=inbox.read)
    thread.start()
    assert inbox.take(wait=True) == []
    thread.join()


@pytest.mark.parametrize("line", [b"nonsense\n", b"x" * (LONGEST_LINE + 10), b'{"cancel":1}'])
def test_a_line_that_cannot_be_read_ends_the_conversation(line: bytes) -> None:
    """No command, far too long, or cut off."""
    inbox = inbox_of(line)
    assert inbox.ended
    assert inbox.take(wait=True) == []


def test_lines_are_read_whole() -> None:
    """The end of the input is an empty line; a line without its end is an error."""
    source = io.BytesIO(b"one\ntwo")
    assert read_line(source) == b"one\n"
    with pytest.raises(WireError):
        read_line(source)
    assert read_line(source) == b""
