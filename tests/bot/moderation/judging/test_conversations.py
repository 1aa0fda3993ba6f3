"""Conversations: when they are looked at, what a verdict about them opens, and what waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.moderation.judging.conversation_judge import ConversationJudge
from bot.moderation.judging.conversations import Conversations, WhenDue
from bot.moderation.messages.history import MemoryHistory, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation
from tests.fakes.conversation_marks import MemoryMarks

Factory = Callable[..., MessageSeen]

PILE_ON = """# Pile-ons

## Rules
### R1 Pile-on
Looks at: conversations
Breaks it: several members mocking one.
Examples:
- violates: "look at him" "pathetic" "loser"
- allowed: "you lost, well played"
"""


async def publish(desk: Any) -> None:
    """Put the policy for conversations in force."""
    await desk.policy_desk.create(1, "Pile-ons", PILE_ON, actor_id=9)
    await desk.policy_desk.publish(1, "Pile-ons", actor_id=9)


class Room:
    """A desk with a policy for conversations, a history and a clock that the test moves."""

    def __init__(self, desk: Any, seen_factory: Factory, script: Callable[[JudgeRequest], Judgement]) -> None:
        self.desk = desk
        self.now = 0.0
        self.history = MemoryHistory()
        self.marks = MemoryMarks({})
        self.judge = ScriptedJudge(script)
        self._make = seen_factory
        self.conversations = Conversations(
            judge=ConversationJudge(
                judge=self.judge,
                requests=JudgeRequests(),
                consequences=desk.consequences,
                executor=desk.executor,
            ),
            in_force=desk.in_force,
            history=self.history,
            marks=self.marks,
            clock=lambda: self.now,
            when_due=WhenDue(quiet_s=300, grows_by=4),
        )

    def say(self, text: str, *, by: int = 7, **more: object) -> MessageSeen:
        """Somebody posts a message."""
        seen = self._make(message_id=1_000 + len(self.history.messages), author_id=by, text=text, **more)
        self.history.messages.append(seen)
        self.conversations.note(seen)
        return seen

    def read(self) -> list[str]:
        """The texts of each request: context in brackets."""
        return [
            " ".join(
                [
                    *(f"[{each.text}]" for each in request.content.context),
                    *(each.text for each in request.content.judged),
                ]
            )
            for request in self.judge.requests
        ]


@pytest.fixture
async def open_room(desk: Any, seen_factory: Factory) -> Callable[..., Room]:
    """Makes a room in which the script answers."""
    await publish(desk)

    def make(script: Callable[[JudgeRequest], Judgement] = lambda _: clear()) -> Room:
        return Room(desk, seen_factory, script)

    return make


async def test_a_conversation_is_looked_at_when_it_goes_quiet(open_room: Callable[..., Room]) -> None:
    """Not before, and once: the next look begins behind it and reads it as context."""
    room = open_room()
    room.say("look at him")
    room.say("pathetic", by=8)
    assert await room.conversations.judge_due() == 0
    room.now = 300
    assert await room.conversations.judge_due() == 1
    assert await room.conversations.judge_due() == 0
    room.say("hm", by=9)
    room.now = 600
    assert await room.conversations.judge_due() == 1
    assert room.read() == ["look at him pathetic", "[look at him] [pathetic] hm"]


async def test_a_conversation_is_looked_at_when_it_has_grown(open_room: Callable[..., Room]) -> None:
    """A busy channel never goes quiet."""
    room = open_room()
    for number in range(4):
        room.say(str(number), by=number)
    assert await room.conversations.judge_due() == 1
    assert room.read() == ["0 1 2 3"]


async def test_each_message_that_is_named_gets_a_case(open_room: Callable[..., Room]) -> None:
    """The others are its context, and the record says that it was judged in its conversation."""
    room = open_room(lambda _: violation("R1", messages=(1, 3)))
    for number, text in enumerate(("look at him", "well", "pathetic", "stop it")):
        room.say(text, by=number)
    await room.conversations.judge_due()
    first, second = room.desk.board.posted
    assert (first.evidence.text, second.evidence.text) == ("look at him", "pathetic")
    assert [line.text for line in second.evidence.context] == ["look at him", "well"]
    assert second.judged.method == "conversation:scripted"
    assert second.judged.speakers == (("A", 0), ("B", 1), ("C", 2), ("D", 3))
    assert second.evidence.author_id == 2


async def test_a_look_at_what_was_judged_before_opens_nothing_twice(open_room: Callable[..., Room]) -> None:
    """A restart that forgets the mark costs a judgement, not a second card."""
    room = open_room(lambda _: violation("R1", messages=(1,)))
    for number in range(4):
        room.say(str(number), by=number)
    await room.conversations.judge_due()
    room.marks.marks.clear()
    room.conversations.note(room.history.messages[0])
    room.now = 300
    assert await room.conversations.judge_due() == 1
    assert len(room.desk.board.posted) == 1


async def test_one_message_alone_is_no_conversation(open_room: Callable[..., Room]) -> None:
    """It was judged as a message, and nobody is asked about it again."""
    room = open_room()
    room.say("hello")
    room.now = 300
    assert await room.conversations.judge_due() == 1
    assert room.read() == []


@pytest.mark.parametrize("trouble", ["judge", "channel"])
async def test_what_cannot_be_looked_at_now_stays_due(open_room: Callable[..., Room], trouble: str) -> None:
    """A judge that is away and a channel that is closed are tried again after another quiet time."""
    answers: list[Judgement] = [Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE), clear()]
    room = open_room(lambda _: answers.pop(0) if trouble == "judge" else clear())
    room.say("a")
    room.say("b", by=8)
    if trouble == "channel":
        room.history.unreadable[20] = Unreadable(why="Discord did not answer.")
    room.now = 300
    assert await room.conversations.judge_due() == 0
    room.history.unreadable.clear()
    assert await room.conversations.judge_due() == 0
    room.now = 600
    assert await room.conversations.judge_due() == 1
    assert room.read()[-1] == "a b"


async def test_a_channel_that_is_gone_is_not_followed(open_room: Callable[..., Room]) -> None:
    """Neither when Discord tells of it nor when reading shows it."""
    room = open_room()
    room.say("a")
    room.conversations.channel_gone(1, 20)
    room.say("b", channel_id=21)
    room.history.unreadable[21] = Unreadable(why="It was deleted.", gone=True)
    room.now = 300
    assert await room.conversations.judge_due() == 1
    room.now = 600
    assert await room.conversations.judge_due() == 0
    assert room.read() == []


async def test_bots_and_discords_own_messages_are_not_read(open_room: Callable[..., Room]) -> None:
    """They stand between the messages of members and are left out."""
    room = open_room()
    room.say("a")
    room.say("beep", by=5, author_is_bot=True)
    room.say("joined", by=6, is_system=True)
    room.say("b", by=8)
    await room.conversations.judge_due()
    assert room.read() == ["a b"]


async def test_a_moderators_question_keeps_nothing(open_room: Callable[..., Room]) -> None:
    """The answer names messages, and no case is opened."""
    room = open_room(lambda _: violation("R1", messages=(2,)))
    room.say("a")
    last = room.say("b", by=8)
    room.say("later", by=8)
    (checked,) = await room.conversations.check(last)
    ((window, looked),) = checked.answers
    assert window.numbered(looked.judgement.messages[0]) == last
    assert room.desk.board.posted == []
    assert room.marks.marks == {}
    room.history.unreadable[20] = Unreadable(why="Bylaw may not read it.")
    assert await room.conversations.check(last) == Unreadable(why="Bylaw may not read it.")


async def test_the_message_judge_tells_of_messages_under_such_policies_only(desk: Any, seen_factory: Factory) -> None:
    """A channel without rules for conversations is not followed."""
    noted: list[int] = []

    class Notes:
        def note(self, seen: MessageSeen) -> None:
            noted.append(seen.message_id)

    desk.message_judge.subscribe_to_conversations(Notes())
    await desk.pipeline.see(seen_factory(message_id=1, text="hello"), own_id=5)
    await publish(desk)
    await desk.pipeline.see(seen_factory(message_id=2, text="hello"), own_id=5)
    assert noted == [2]
