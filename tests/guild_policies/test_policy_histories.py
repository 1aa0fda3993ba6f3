"""Whatever admins do in whatever order, a version stays what it was when it was published."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from guild_policies.compile import compile_policy
from guild_policies.scope import PolicySettings
from guild_policies.store.port import ChangedMeanwhile, NothingToDo, NothingToPublish, PolicyChange
from guild_policies.text.parse import parse
from guild_policies.versions import PolicyVersion, Publication, StoredPolicy
from tests.fakes.policy_store import MemoryPolicyStore

SERVER, ADMIN = 1, 2
Answer = TypeVar("Answer")
TEXTS = st.sampled_from([f"# T\n## Rules\n### R1 A\nBreaks it: {word}" for word in ("one", "two", "three")])


def done(coroutine: Coroutine[None, None, Answer]) -> Answer:
    """The answer of a call; a state machine's steps are not async."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    raise AssertionError("the memory store waited")


class Histories(RuleBasedStateMachine):
    """Admins save, publish, roll back, pause, set and delete, each from a state that may be old."""

    @initialize(text=TEXTS)
    def start(self, text: str) -> None:
        """One policy with a draft."""
        moments = count(1)
        self.changes: list[PolicyChange] = []
        self.store = MemoryPolicyStore(
            now=lambda: datetime.fromtimestamp(next(moments), UTC), record=self.changes.append
        )
        self.policy_id = done(self.store.create(guild_id=SERVER, name="P", text=text, actor_id=ADMIN)).id
        self.versions: list[PolicyVersion] = []
        self.expected = 0  #: the number in force
        self.publications = 0
        self.revisions = [1]
        self.others = 0  #: changes that are neither drafts nor publications
        self.buried: list[PolicyVersion] = []
        self.gone: dict[int, tuple[Publication, ...]] = {}

    def now(self) -> StoredPolicy:
        """The policy as it is."""
        policy = done(self.store.find(SERVER, "P"))
        assert policy is not None
        return policy

    @rule(text=TEXTS, seen=st.one_of(st.none(), st.integers(0, 6)), honest=st.booleans())
    def save(self, text: str, seen: int | None, honest: bool) -> None:
        """A save succeeds exactly when the author saw the present draft."""
        draft = self.now().draft
        present = None if draft is None else draft.revision
        seen = present if honest else seen
        try:
            saved = done(
                self.store.save_draft(
                    guild_id=SERVER, policy_id=self.policy_id, text=text, actor_id=ADMIN, seen_revision=seen
                )
            )
        except ChangedMeanwhile:
            assert seen != present
        else:
            assert seen == present
            self.revisions.append(saved.revision)

    @rule(seen=st.integers(0, 6), honest=st.booleans())
    def publish(self, seen: int, honest: bool) -> None:
        """A publication succeeds exactly when there is a new text and the admin saw it."""
        before = self.now()
        if honest and before.draft is not None:
            seen = before.draft.revision
        fingerprint = "" if before.draft is None else compile_policy(parse(before.draft.text).policy).fingerprint
        try:
            version = done(
                self.store.publish(
                    guild_id=SERVER,
                    policy_id=self.policy_id,
                    seen_revision=seen,
                    fingerprint=fingerprint,
                    actor_id=ADMIN,
                )
            )
        except (ChangedMeanwhile, NothingToPublish):
            assert self.now() == before
        else:
            assert before.draft is not None
            assert (version.text, seen) == (before.draft.text, before.draft.revision)
            self.versions.append(version)
            self.expected = version.number
            self.publications += 1

    @precondition(lambda self: self.versions)
    @rule(data=st.data(), seen=st.integers(0, 6), honest=st.booleans())
    def roll_back(self, data: st.DataObject, seen: int, honest: bool) -> None:
        """A roll-back succeeds exactly when the admin saw the version in force, and another is wanted."""
        before = self.now()
        wanted = data.draw(st.sampled_from(self.versions))
        seen = self.expected if honest else seen
        try:
            version = done(
                self.store.roll_back(
                    guild_id=SERVER, policy_id=self.policy_id, to_number=wanted.number, seen_number=seen, actor_id=ADMIN
                )
            )
        except (ChangedMeanwhile, NothingToPublish):
            assert self.now() == before
            assert seen != self.expected or wanted.number == self.expected
        else:
            assert version == wanted
            self.expected = wanted.number
            self.publications += 1

    @rule(seen=st.integers(0, 6), honest=st.booleans())
    def discard(self, seen: int, honest: bool) -> None:
        """A draft is thrown away exactly when the admin saw it."""
        before = self.now()
        if honest and before.draft is not None:
            seen = before.draft.revision
        try:
            done(
                self.store.discard_draft(guild_id=SERVER, policy_id=self.policy_id, seen_revision=seen, actor_id=ADMIN)
            )
        except (ChangedMeanwhile, NothingToDo):
            assert self.now() == before
        else:
            assert self.now() == replace(before, draft=None)
            self.others += 1

    @rule(paused=st.booleans())
    def pause(self, paused: bool) -> None:
        """Pausing and resuming change nothing else."""
        before = self.now()
        try:
            done(self.store.set_paused(guild_id=SERVER, policy_id=self.policy_id, paused=paused, actor_id=ADMIN))
        except NothingToDo:
            assert before.paused is paused
        else:
            assert self.now() == replace(before, paused=paused)
            self.others += 1

    @rule(threshold=st.sampled_from([0.5, 0.7]))
    def set_threshold(self, threshold: float) -> None:
        """Settings change nothing else."""
        before = self.now()
        settings = PolicySettings(threshold=threshold)
        try:
            done(
                self.store.set_settings(
                    guild_id=SERVER, policy_id=self.policy_id, settings=settings, seen=before.settings, actor_id=ADMIN
                )
            )
        except NothingToDo:
            assert before.settings == settings
        else:
            assert self.now() == replace(before, settings=settings)
            self.others += 1

    @rule()
    def delete_and_begin_anew(self) -> None:
        """A deleted policy's versions and history stay; a new one of its name begins from nothing."""
        text, history = "# T\n## Rules\n### R1 A\nBreaks it: new", done(self.store.history(SERVER, self.policy_id))
        done(self.store.delete(guild_id=SERVER, policy_id=self.policy_id, actor_id=ADMIN))
        self.changes.clear()
        self.buried += self.versions
        self.gone[self.policy_id] = history
        self.policy_id = done(self.store.create(guild_id=SERVER, name="P", text=text, actor_id=ADMIN)).id
        self.versions, self.expected, self.publications = [], 0, 0
        self.revisions, self.others = [1], 0

    @invariant()
    def what_is_buried_stays(self) -> None:
        """Cases find the version that they were judged by, also of a deleted policy; nothing of it changed."""
        for version in self.buried:
            assert done(self.store.version(SERVER, version.id)) == version
            assert compile_policy(parse(version.text).policy).fingerprint == version.fingerprint
        for policy_id, history in self.gone.items():
            assert done(self.store.history(SERVER, policy_id)) == history

    @invariant()
    def a_policy_is_in_force_or_not(self) -> None:
        """Exactly when it was published and is not paused."""
        now = self.now()
        in_force = done(self.store.published(SERVER))
        assert in_force == ((now,) if now.published is not None and not now.paused else ())

    @invariant()
    def versions_stay_as_they_were(self) -> None:
        """Every version ever handed out is still the same, and its fingerprint is that of its text."""
        for number, version in enumerate(self.versions, start=1):
            assert version.number == number
            assert done(self.store.version(SERVER, version.id)) == version
            assert compile_policy(parse(version.text).policy).fingerprint == version.fingerprint

    @invariant()
    def the_history_is_whole(self) -> None:
        """Each publication has its line; the newest is the one in force; every change was told once."""
        history = done(self.store.history(SERVER, self.policy_id))
        assert len(history) == self.publications
        in_force = self.now().published
        assert (in_force.number if in_force else 0) == self.expected == (history[0].version.number if history else 0)
        assert len(self.changes) == len(self.revisions) + self.publications + self.others

    @invariant()
    def revisions_only_grow(self) -> None:
        """No revision was ever given twice."""
        assert self.revisions == sorted(set(self.revisions))


TestHistories = Histories.TestCase
TestHistories.settings = settings(deadline=None, max_examples=40, stateful_step_count=25)
