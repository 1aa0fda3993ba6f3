"""Conversations: when they are looked at, what a verdict about them opens, and what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.judging.conversation_judge import ConversationJudge
from bot.moderation.judging.conversations import Conversations, WhenDue
from bot.moderation.messages.authors import Authors, AuthorsUnavailable, MemberFacts
from bot.moderation.messages.history import MemoryHistory, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.consequences import ConsequenceMode
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import Scope
from tests.bot.moderation.conftest import NOW
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


def member(*role_ids: int, is_staff: bool = False) -> MemberFacts:
    """Somebody with these roles."""
    return MemberFacts(role_ids=frozenset(role_ids), joined_at=None, is_staff=is_staff)


async def publish(desk: Any, text: str = PILE_ON) -> None:
    """Put the policy for conversations in force."""
    await desk.policy_desk.create(1, "Pile-ons", text, actor_id=9)
    await desk.policy_desk.publish(1, "Pile-ons", actor_id=9)


class Room:
    """A desk with a policy for conversations, a history and a clock that the test moves."""

    def __init__(self, desk: Any, seen_factory: Factory, script: Callable[[JudgeRequest], Judgement]) -> None:
        self.desk = desk
        self.now = 0.0
        self.history = MemoryHistory()
        self.members: dict[int, MemberFacts | None] = {}  #: those that Discord knows of; asking for others fails
        self.looked_up: list[int] = []
        self.marks = MemoryMarks({})
        self.judge = ScriptedJudge(script)
        self._make = seen_factory
        self.conversations = Conversations(
            judge=ConversationJudge(
                judge=self.judge,
                requests=JudgeRequests(),
                consequences=desk.consequences,
                executor=desk.executor,
                authors=Authors(self, lambda: self.now),
            ),
            in_force=desk.in_force,
            history=self.history,
            marks=self.marks,
            in_flight=desk.in_flight,
            clock=lambda: self.now,
            when_due=WhenDue(quiet_s=300, grows_by=4),
        )

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """Who somebody is, as Discord says it."""
        assert guild_id == 1
        self.looked_up.append(member_id)
        if member_id not in self.members:
            raise AuthorsUnavailable
        return self.members[member_id]

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
    ((window, judgement),) = checked.answers
    assert window.numbered(judgement.messages[0]) == last
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


async def test_whoever_is_exempt_is_not_read(open_room: Callable[..., Room]) -> None:
    """History does not say who has which role, so the members are looked up, each once; who left has none."""
    room = open_room()
    stored = await room.desk.policies.find(1, "Pile-ons")
    scope = replace(stored.settings, scope=Scope(exempt_roles=frozenset({70})))
    await room.desk.life.change_settings(1, "Pile-ons", scope, seen=stored.settings, actor_id=9)
    room.members = {7: member(1), 8: member(70), 9: None}
    for text, by in (("a", 7), ("b", 8), ("c", 9), ("d", 7)):
        room.say(text, by=by)
    await room.conversations.judge_due()
    assert room.read() == ["a c d"]
    assert sorted(room.looked_up) == [7, 8, 9]


async def test_a_conversation_waits_until_it_is_known_who_is_exempt(open_room: Callable[..., Room]) -> None:
    """Where Discord does not answer, nobody is judged who may be exempt; a moderator is told."""
    room = open_room()
    stored = await room.desk.policies.find(1, "Pile-ons")
    scope = replace(stored.settings, scope=Scope(exempt_roles=frozenset({70})))
    await room.desk.life.change_settings(1, "Pile-ons", scope, seen=stored.settings, actor_id=9)
    for text in "abcd":
        last = room.say(text)
    assert await room.conversations.judge_due() == 0
    assert isinstance(await room.conversations.check(last), Unreadable)
    room.members = {7: member()}
    room.now = 600
    assert await room.conversations.judge_due() == 1
    assert room.read() == ["a b c d"]


@pytest.mark.parametrize(("facts", "kinds"), [(member(), ["timeout"]), (member(is_staff=True), []), (None, [])])
async def test_a_rule_about_conversations_acts_by_itself(
    open_room: Callable[..., Room], facts: MemberFacts | None, kinds: list[str]
) -> None:
    """Against the author of the message that is named, once it was switched on; not against staff or who left."""
    room = open_room(lambda _: violation("R1", messages=(2,), score=0.99))
    text = PILE_ON.replace("Looks at:", "Consequence: timeout 10m\nLooks at:")
    stored = await room.desk.policies.find(1, "Pile-ons")
    await room.desk.policy_desk.save_draft(1, "Pile-ons", text, seen_revision=None, seen_number=1, actor_id=9)
    await room.desk.policy_desk.publish(1, "Pile-ons", actor_id=9)
    assert stored is not None
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await room.desk.consequences.set(1, "Pile-ons", "R1", mode=mode, from_score=0.9, actor_id=9)
    room.members = {8: facts}
    room.say("look at him")
    room.say("pathetic", by=8, author_is_owner=False)
    room.now = 300
    await room.conversations.judge_due()
    done = [(each.new.kind, each.new.target_id) for each in room.desk.enforcer.carried_out]
    assert done == [(kind, 8) for kind in kinds]


async def test_each_message_of_a_conversation_has_its_own_version(open_room: Callable[..., Room]) -> None:
    """What was posted before a publication is judged by the version of then; it helps to read what came after."""
    room = open_room()
    before, after = NOW, NOW + timedelta(minutes=5)
    room.say("a", posted_at=before)
    room.say("b", posted_at=before)
    room.desk.later(minutes=5)
    await room.desk.policy_desk.save_draft(
        1, "Pile-ons", PILE_ON.replace("one.", "another one."), seen_revision=None, seen_number=1, actor_id=9
    )
    await room.desk.policy_desk.publish(1, "Pile-ons", actor_id=9)
    room.say("c", posted_at=after)
    room.say("d", posted_at=after)
    await room.conversations.judge_due()
    assert room.read() == ["a b", "[a] [b] c d"]
    breaks = [request.policy.rules[0].breaks_it for request in room.judge.requests]
    assert breaks == ["several members mocking one.", "several members mocking another one."]


async def test_a_pause_is_never_judged_as_a_conversation(open_room: Callable[..., Room]) -> None:
    """Not even when the policy is resumed and the channel is read from its mark on."""
    room = open_room()
    room.say("a")
    await room.desk.life.pause(1, "Pile-ons", actor_id=9)
    room.desk.later(minutes=5)
    for text in ("b", "c", "d"):
        room.say(text, posted_at=NOW + timedelta(minutes=1))
    await room.desk.life.resume(1, "Pile-ons", actor_id=9)
    await room.conversations.judge_due()
    assert room.read() == []
