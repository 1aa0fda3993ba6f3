"""One judgement from request to verdict, over a small port: prompt, room in the context, reply, reading.

Nothing here knows of processes or pipes. The clock and the question "is it still wanted?" are handed in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from classifier.harmony import Prompt, build_prompt
from classifier.judge import JudgeRequest
from classifier.llama.decoding import BrokenLogits, Reply, Row, longest_reply, write_reply
from classifier.llama.options import ReasoningTokens
from classifier.reply import read_reply
from classifier.verdict import Judgement, Method, Provenance, Undecided, UndecidedReason
from classifier.vocabulary import Vocabulary


class Decoder(Protocol):
    """A model with one sequence of tokens. Rows are valid until the next call. `pause` may raise to stop."""

    @property
    def context_tokens(self) -> int:
        """How many tokens the sequence can hold."""

    def begin(self, ids: Sequence[int], *, prefix_length: int, pause: Callable[[], None]) -> Row:
        """Start again with `ids`, of which the first `prefix_length` return in later prompts; the logits behind."""

    def feed(self, ids: Sequence[int], *, pause: Callable[[], None]) -> Row:
        """Add `ids`; the logits behind."""


class Withdrawn(Exception):
    """Nobody waits for the judgement any more."""


class _DeadlinePassed(Exception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Everything that stays the same from one judgement to the next."""

    decoder: Decoder
    vocabulary: Vocabulary
    fence_key: bytes
    judge: str  #: ``gguf:<sha256>``
    clock: Callable[[], float]  #: seconds, never going back
    reasoning_tokens: ReasoningTokens = field(default_factory=ReasoningTokens)

    def judge_one(
        self, request: JudgeRequest, *, seconds_waited: float = 0.0, withdrawn: Callable[[], bool] = lambda: False
    ) -> Judgement:
        """Judge one request; its deadline counts from now.

        Raises:
            Withdrawn: `withdrawn` said so. It is asked at every token, like the clock.
        """
        begun = self.clock()

        def pause() -> None:
            if withdrawn():
                raise Withdrawn
            if self.clock() - begun >= request.deadline_s:
                raise _DeadlinePassed

        try:
            pause()
            prompt = self._fitting_prompt(request)
            if isinstance(prompt, Undecided):
                return prompt
            reply = self._write(request, prompt, pause)
        except _DeadlinePassed:
            return Undecided(reason=UndecidedReason.DEADLINE, detail="the deadline passed while the model wrote")
        except BrokenLogits as error:
            return Undecided(reason=UndecidedReason.UNREADABLE, detail=str(error))
        answer = read_reply(reply.ids, vocabulary=self.vocabulary, policy=request.policy, messages=prompt.messages)
        if isinstance(answer, Undecided):
            return answer
        provenance = Provenance(
            method=Method.REASONED,
            judge=self.judge,
            policy_fingerprint=request.policy.fingerprint,
            prompt_fingerprint=prompt.fingerprint,
            prompt_tokens=len(prompt.ids),
            reply_tokens=len(reply.ids),
            seconds_waited=seconds_waited,
            seconds_computed=self.clock() - begun,
        )
        return answer.verdict(reply.score, provenance)

    def _write(self, request: JudgeRequest, prompt: Prompt, pause: Callable[[], None]) -> Reply:
        writing = write_reply(
            vocabulary=self.vocabulary,
            rule_ids=request.policy.rule_ids,
            messages=prompt.messages,
            reasoning_tokens=self.reasoning_tokens.of(request.effort),
        )
        opening = next(writing)
        row = self.decoder.begin((*prompt.ids, *opening), prefix_length=prompt.prefix_length, pause=pause)
        while True:
            pause()
            try:
                ids = writing.send(row)
            except StopIteration as finished:
                reply: Reply = finished.value
                return reply
            row = self.decoder.feed(ids, pause=pause)

    def _fitting_prompt(self, request: JudgeRequest) -> Prompt | Undecided:
        """The prompt, without the context messages if it is too long with them."""
        room = self.decoder.context_tokens - longest_reply(
            vocabulary=self.vocabulary,
            rule_ids=request.policy.rule_ids,
            messages=len(request.content.messages),
            reasoning_tokens=self.reasoning_tokens.of(request.effort),
        )
        prompt = self._prompt(request)
        if len(prompt.ids) > room and request.content.context:
            alone = dataclasses.replace(request.content, context=())
            prompt = self._prompt(dataclasses.replace(request, content=alone))
        if len(prompt.ids) <= room:
            return prompt
        return Undecided(
            reason=UndecidedReason.TOO_LONG,
            detail=f"policy and content are {len(prompt.ids)} tokens and the model has room for {max(room, 0)}",
        )

    def _prompt(self, request: JudgeRequest) -> Prompt:
        return build_prompt(
            request.policy,
            request.content,
            effort=request.effort,
            vocabulary=self.vocabulary,
            fence_key=self.fence_key,
        )
