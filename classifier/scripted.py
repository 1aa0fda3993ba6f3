"""A scripted judge: the fake for the port, shipped for tests and demos. It runs no model and gives the answers that its
author wrote::

    ScriptedJudge(lambda request: violation("R1") if "spoiler" in request.content.target.text else clear())
    ScriptedJudge.of([clear(), violation(["R1", "R2"]), Undecided(reason=UndecidedReason.DEADLINE)])

Like every judge it stamps a verdict with the policy it was asked about, and does not let one name a rule that this
policy lacks.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from classifier.inventing import Inventions, InventRequest
from classifier.judge import Effort, JudgeRequest, PolicyFit
from classifier.policy_text import PolicyText
from classifier.verdict import Judgement, Method, Outcome, Provenance, Undecided, UndecidedReason, Verdict

NAME = "scripted:1"

Script = Callable[[JudgeRequest], Judgement | Awaitable[Judgement]]


def violation(
    rule_ids: str | Iterable[str] = "R1",
    *,
    messages: tuple[int, ...] = (),
    score: float = 0.97,
    rationale: str = "",
    reasoning: str = "",
) -> Verdict:
    """A verdict that says violation, of one rule or of several. Without `messages` it is the target that breaks it."""
    named = (rule_ids,) if isinstance(rule_ids, str) else tuple(rule_ids)
    return Verdict(
        outcome=Outcome.VIOLATION,
        rule_ids=named,
        messages=messages,
        score=score,
        rationale=rationale or f"The script says that this breaks {', '.join(named)}.",
        reasoning=reasoning,
        provenance=_UNSTAMPED,
    )


def clear(*, score: float = 0.02, rationale: str = "", reasoning: str = "") -> Verdict:
    """A verdict that says clear."""
    return Verdict(
        outcome=Outcome.CLEAR,
        rule_ids=(),
        score=score,
        rationale=rationale,
        reasoning=reasoning,
        provenance=_UNSTAMPED,
    )


_UNSTAMPED = Provenance(method=Method.SCRIPTED, judge=NAME, policy_fingerprint="")


class ScriptedJudge:
    """Answers every request by calling `script`; without one everything is clear.

    `script` may be a coroutine function. With a `gate` no request is answered before the event is set, which lets a
    test look at what happens meanwhile. An exception in the script is its author's mistake and is passed on.
    """

    def __init__(self, script: Script | None = None, *, gate: asyncio.Event | None = None) -> None:
        self.requests: list[JudgeRequest] = []  #: all requests so far, oldest first
        self._script = script or (lambda _: clear())
        self._gate = gate
        self._arrival = asyncio.Event()
        self._closed = asyncio.Event()

    @classmethod
    def of(cls, judgements: Iterable[Judgement], *, gate: asyncio.Event | None = None) -> ScriptedJudge:
        """A judge that gives these answers in turn, and `Undecided` when they are used up."""
        waiting = deque(judgements)
        ended = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the script has ended")
        return cls(lambda _: waiting.popleft() if waiting else ended, gate=gate)

    @property
    def name(self) -> str:
        """One line for people."""
        return "scripted: answers from a script, without a model"

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer from the script, once the gate is open."""
        self.requests.append(request)
        self._arrival.set()
        answer = asyncio.ensure_future(self._answer(request))
        closing = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({answer, closing}, return_when=asyncio.FIRST_COMPLETED)
            if self._closed.is_set():
                return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is closed")
            return answer.result()
        finally:
            answer.cancel()
            closing.cancel()

    async def asked(self, count: int = 1) -> None:
        """Wait until this many requests have come in, answered or not."""
        while len(self.requests) < count:
            self._arrival.clear()
            await self._arrival.wait()

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Nothing to prepare, and no policy is too long."""
        del policy, effort
        return None

    async def close(self) -> None:
        """End all running and later requests as `Undecided`."""
        self._closed.set()

    async def _answer(self, request: JudgeRequest) -> Judgement:
        if self._gate is not None:
            await self._gate.wait()
        answer = self._script(request)
        judgement = await answer if inspect.isawaitable(answer) else answer
        if isinstance(judgement, Undecided):
            return judgement
        if not set(judgement.rule_ids) <= set(request.policy.rule_ids):
            return Undecided(
                reason=UndecidedReason.UNKNOWN_RULE, detail="the script names a rule that the policy does not have"
            )
        stamped = replace(judgement.provenance, policy_fingerprint=request.policy.fingerprint)
        named = judgement.messages or ((len(request.content.messages),) if judgement.rule_ids else ())
        return replace(judgement, messages=named, provenance=stamped)


class ScriptedWriter(ScriptedJudge):
    """A scripted judge that can write, too: what `invents` says."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        invents: Callable[[InventRequest], Inventions | Undecided],
        gate: asyncio.Event | None = None,
    ) -> None:
        super().__init__(script, gate=gate)
        self.inventing: list[InventRequest] = []  #: all requests to write so far, oldest first
        self._invents = invents

    async def invent(self, request: InventRequest) -> Inventions | Undecided:
        """Write what the script says."""
        self.inventing.append(request)
        return self._invents(request)
