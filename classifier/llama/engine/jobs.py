"""Turns a request into a job for the batching, and the job's result into a verdict.

Nothing here knows of processes, pipes or batches. The clock is passed in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from classifier.content import Content, Message
from classifier.inventing import Inventions, InventRequest
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit, Way
from classifier.llama.engine.allowed_tokens import AllowedTokens
from classifier.llama.engine.batching import Ending, Job, JobResult
from classifier.llama.engine.decoding import (
    BrokenLogits,
    Written,
    longest_inventions,
    longest_reply,
    write_inventions,
    write_reply,
)
from classifier.llama.engine.reply_form import Reply, Thinking
from classifier.llama.options import ReasoningTokens
from classifier.policy_text import PolicyText
from classifier.prompt.harmony import Prompt, build_prompt
from classifier.prompt.invention import LONGEST_INVENTION, build_invention_prompt, read_inventions
from classifier.prompt.reply import read_reply
from classifier.prompt.vocabulary import Vocabulary
from classifier.prompt_variant import PromptVariant
from classifier.verdict import Judgement, Method, Provenance, Undecided, UndecidedReason

#: Tokens reserved for a message when a policy's room is reported: Discord's longest message with its marks, in nearly
#: any script. What else is free goes to the messages before it.
ROOM_FOR_A_MESSAGE = 2048
ROOM_FOR_A_SCORE = 32  #: tokens from the prompt's end to the digit and the end of a clear answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A request that was laid out as a prompt."""

    request: JudgeRequest
    prompt: Prompt
    reasoning_tokens: int  #: how long the model may think
    received: float  #: when, on the clock of the judging
    seconds_waited: float  #: before that


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Everything that stays the same from one judgement to the next. Safe to use from several threads."""

    vocabulary: Vocabulary
    fence_key: bytes
    judge: str  #: ``gguf:<sha256> wording:<version>``
    clock: Callable[[], float]  #: seconds, never going back
    tokens_per_sequence: int  #: room for one prompt with its reply
    allowed: AllowedTokens | None = None  #: the vocabulary's tables; for the thread that computes
    reasoning_tokens: ReasoningTokens = field(default_factory=ReasoningTokens)

    def lay_out(self, request: JudgeRequest, *, seconds_waited: float = 0.0, again: bool = False) -> Task | Undecided:
        """Build the prompt, without the context messages if it is too long with them. The deadline counts from now.

        A prompt that leaves less room than the budget is judged with what it leaves, if that is the `least` part of
        the budget or more.

        Args:
            again: the model was cut in its thinking, and gets a larger budget this time.
        """
        received = self.clock()
        if isinstance(request, InventRequest):
            return self._lay_out_invention(request, received, seconds_waited)
        room = self._room(request.policy, request.effort, request.way, messages=len(request.content.judged))
        prompt = self._prompt(request)
        if len(prompt.ids) > room and request.content.context:
            alone = dataclasses.replace(request.content, context=())
            prompt = self._prompt(dataclasses.replace(request, content=alone))
        if len(prompt.ids) > room:
            detail = f"policy and content have {len(prompt.ids)} tokens, and the model has room for {max(room, 0)}"
            return Undecided(reason=UndecidedReason.TOO_LONG, detail=detail)
        budget = self._budget(request, prompt)
        if again:
            first, budget = budget, self._budget(request, prompt, times=self.reasoning_tokens.again)
            if budget <= first:
                detail = f"cut at {first} tokens, and a context of {self.tokens_per_sequence} has no room for more"
                return Undecided(reason=UndecidedReason.THINKING_CUT, detail=detail)
        return Task(
            request=request,
            prompt=prompt,
            reasoning_tokens=budget,
            received=received,
            seconds_waited=seconds_waited,
        )

    def job(self, task: Task) -> Job:
        """The job for a task. Can be called again: after running out of memory everything restarts."""
        request, prompt = task.request, task.prompt
        if isinstance(request, InventRequest):
            return self._invention(task, request)
        return Job(
            prefix=prompt.ids[: prompt.prefix_length],
            prompt=prompt.ids[prompt.prefix_length :],
            writing=write_reply(
                vocabulary=self.vocabulary,
                rule_ids=request.policy.rule_ids,
                messages=prompt.messages,
                reasoning_tokens=task.reasoning_tokens,
                way=request.way,
                think_from=request.think_from,
                allowed=self.allowed,
            ),
            deadline=task.received + request.deadline_s,
            urgent=request.lane is Lane.INTERACTIVE,
        )

    def _lay_out_invention(self, request: InventRequest, received: float, waited: float) -> Task | Undecided:
        """The same for a request to write. Its thinking has the budget of a judgement of one message."""
        prompt = build_invention_prompt(request, vocabulary=self.vocabulary, fence_key=self.fence_key)
        budget = self._wanted(request.policy, request.effort, 1)
        behind = longest_inventions(
            vocabulary=self.vocabulary,
            rule_ids=request.policy.rule_ids,
            count=request.count,
            longest=LONGEST_INVENTION,
            reasoning_tokens=budget,
        )
        if len(prompt.ids) + behind > self.tokens_per_sequence:
            detail = f"policy and inventions have {len(prompt.ids) + behind} tokens of {self.tokens_per_sequence}"
            return Undecided(reason=UndecidedReason.TOO_LONG, detail=detail)
        return Task(request=request, prompt=prompt, reasoning_tokens=budget, received=received, seconds_waited=waited)

    def _invention(self, task: Task, request: InventRequest) -> Job:
        """Its prefix is not kept: nothing else uses it, and the next request comes in a week."""
        return Job(
            prefix=(),
            prompt=task.prompt.ids,
            writing=write_inventions(
                vocabulary=self.vocabulary,
                rule_ids=request.policy.rule_ids,
                count=request.count,
                longest=LONGEST_INVENTION,
                reasoning_tokens=task.reasoning_tokens,
                allowed=self.allowed,
            ),
            deadline=task.received + request.deadline_s,
        )

    def judgement(self, task: Task, done: JobResult) -> Judgement | Inventions:
        """The judgement of a finished task."""
        if done.ending is Ending.LATE:
            return self._late(task, done.job)
        if done.reply is None:
            return failure(done.error)
        if isinstance(done.reply, Written):
            return read_inventions(done.reply.ids, vocabulary=self.vocabulary, policy=task.request.policy)
        return self.judgement_of(task, done.reply, admitted=done.job.admitted)

    def judgement_of(self, task: Task, reply: Reply, *, admitted: float | None = None) -> Judgement:
        """The judgement in a reply to a task. `admitted`: when its computation began, if not when it was received."""
        answer = read_reply(
            reply.ids, vocabulary=self.vocabulary, policy=task.request.policy, messages=task.prompt.messages
        )
        if isinstance(answer, Undecided):
            return answer
        admitted = task.received if admitted is None else admitted
        provenance = Provenance(
            method=_METHODS[reply.thinking],
            judge=_judge_under(self.judge, task.request.variant),
            policy_fingerprint=task.request.policy.fingerprint,
            prompt_fingerprint=task.prompt.fingerprint,
            digit_mass=reply.digit_mass,
            prompt_tokens=len(task.prompt.ids),
            reply_tokens=len(reply.ids),
            seconds_waited=task.seconds_waited + admitted - task.received,
            seconds_computed=self.clock() - admitted,
        )
        return answer.verdict(reply.score, provenance)

    def _late(self, task: Task, job: Job) -> Undecided:
        """No answer in time. A request that is late because of long thinking would be late again."""
        if job.reply_tokens > task.reasoning_tokens * self.reasoning_tokens.least:
            detail = f"the deadline passed after {job.reply_tokens} tokens of thinking"
            return Undecided(reason=UndecidedReason.THINKING_CUT, detail=detail)
        return Undecided(reason=UndecidedReason.DEADLINE, detail="the deadline passed while the model was writing")

    def prepare(self, policy: PolicyText, effort: Effort) -> tuple[PolicyFit, tuple[int, ...]]:
        """How much room a policy takes, and the ids of the prompt's part that is the same for all its contents."""
        request = JudgeRequest(policy=policy, content=Content(target=Message(text="")), effort=effort)
        prompt = self._prompt(request)
        most = max(0, self._room(policy, effort, Way.REASON) - ROOM_FOR_A_MESSAGE)
        return PolicyFit(tokens=prompt.prefix_length, most=most), prompt.ids[: prompt.prefix_length]

    def _room(self, policy: PolicyText, effort: Effort, way: Way, *, messages: int = 1) -> int:
        """How long a prompt may be so that the longest reply to it, with the least thinking, fits behind it."""
        if way is Way.SCREEN:
            return self.tokens_per_sequence - ROOM_FOR_A_SCORE
        thinking = 0 if way is Way.PROBE else self._wanted(policy, effort, messages) * self.reasoning_tokens.least
        return self._behind_reply(policy, messages) - int(thinking)

    def _behind_reply(self, policy: PolicyText, messages: int) -> int:
        """Tokens that are left for the prompt and the thinking."""
        return self.tokens_per_sequence - longest_reply(
            vocabulary=self.vocabulary, rule_ids=policy.rule_ids, messages=messages, reasoning_tokens=0
        )

    def _wanted(self, policy: PolicyText, effort: Effort, messages: int) -> int:
        return self.reasoning_tokens.of(effort, rules=len(policy.rule_ids), messages=messages)

    def _budget(self, request: JudgeRequest, prompt: Prompt, *, times: int = 1) -> int:
        """How many tokens the model may think after this prompt: the budget, or what there is room for."""
        wanted = times * self._wanted(request.policy, request.effort, prompt.messages)
        return min(wanted, self._behind_reply(request.policy, prompt.messages) - len(prompt.ids))

    def _prompt(self, request: JudgeRequest) -> Prompt:
        return build_prompt(
            request.policy,
            request.content,
            effort=request.effort,
            vocabulary=self.vocabulary,
            fence_key=self.fence_key,
            variant=request.variant,
        )


_METHODS = {
    Thinking.WHOLE: Method.REASONED,
    Thinking.CUT: Method.CUT,
    Thinking.NONE: Method.NO_REASONING,
    Thinking.UNASKED: Method.PROBED,
    Thinking.SCORE_ONLY: Method.SCREENED,
}


def _judge_under(judge: str, variant: PromptVariant | None) -> str:
    """The judge's name; a different wording makes it a different judge."""
    return judge if variant is None else f"{judge}+{variant.fingerprint}"


def failure(error: Exception | None) -> Undecided:
    """An error costs its request the verdict. Its text could contain a member's words, unless the error is ours."""
    if isinstance(error, BrokenLogits):
        return Undecided(reason=UndecidedReason.UNREADABLE, detail=str(error))
    detail = f"the judge failed on this request ({type(error).__name__})"
    return Undecided(reason=UndecidedReason.JUDGE_CRASHED, detail=detail)
