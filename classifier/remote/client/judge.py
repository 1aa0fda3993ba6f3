"""The judge on other machines: `classifier.judge.Judge` over one or several endpoints that serve one model.

One endpoint handles all steps of a request. If it fails, the request starts again from the beginning, on another
endpoint if there is one. A request is never sent to two endpoints at the same time.
"""

from __future__ import annotations

import asyncio
import functools
import time
from typing import Any

import tenacity

from classifier.judge import Effort, JudgeRequest, PolicyFit
from classifier.policy_text import PolicyText
from classifier.prompt.vocabulary import Vocabulary
from classifier.remote.client.endpoint import Endpoint
from classifier.remote.client.pool import Member, Pool
from classifier.remote.client.turns import QueueFull, Turns
from classifier.remote.errors import RemoteError, RemoteStartError, RequestRefused, TooLongForServer
from classifier.remote.options import Mode, RemoteOptions
from classifier.remote.vocabulary import load_vocabulary
from classifier.verdict import Judgement, Method, Outcome, Undecided, UndecidedReason

_WARM_S = 60.0  # how long preparing waits for a server
_LONGEST_RETRY_S = 8.0


class RemoteJudge:
    """Judges by a model behind OpenAI-compatible servers. Call `start` once before the first `judge`."""

    def __init__(self, options: RemoteOptions, **more: Any) -> None:
        """Asks nothing yet. `more` goes to each endpoint's connection.

        Raises:
            ValueError: an address cannot be used, or there is none.
        """
        if not options.urls:
            raise ValueError("give at least one address")
        self._options = options
        self._vocabulary: Vocabulary | None = None
        self._turns = Turns(options)
        endpoints = [Endpoint(url, options, self._load_vocabulary, **more) for url in dict.fromkeys(options.urls)]
        self._pool = Pool(endpoints, options, changed=self._turns.resize)
        self._work: set[asyncio.Task[Judgement]] = set()
        self._closed = False

    def _load_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = load_vocabulary(self._options.vocabulary_file)
        return self._vocabulary

    @property
    def name(self) -> str:
        """One line for people: which judge this is and what it runs on."""
        served = [member.endpoint.served for member in self._pool.usable]
        urls = ", ".join(member.endpoint.url for member in self._pool.members)
        models = dict.fromkeys(f"{each.model} by {each.software}, {each.mode.value}" for each in served if each)
        return f"remote at {urls}: {'; '.join(models) or 'not reached'}"

    @property
    def endpoints(self) -> tuple[Member, ...]:
        """The endpoints with what they serve or why they are out of use: for `bylaw doctor`."""
        return self._pool.members

    @property
    def places(self) -> int:
        """How many requests the endpoints in use take at once."""
        return sum(member.places for member in self._pool.members)

    async def start(self, *, patiently: bool = False) -> None:
        """Ask the endpoints what they serve.

        Args:
            patiently: do not raise if none can be used: keep asking, and use them as soon as they work.

        Raises:
            RemoteStartError: no endpoint can be used.
        """
        await self._pool.open()
        if not patiently and not self._pool.usable:
            raise RemoteStartError(self._pool.troubles)

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer the request; see `classifier.judge.Judge`."""
        if self._closed:
            return _unavailable("the judge is closed")
        work = asyncio.create_task(self._answer(request))
        self._work.add(work)
        try:
            return await work
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if not self._closed or (current is not None and current.cancelling()):
                raise
            return _unavailable("the judge is closed")
        finally:
            self._work.discard(work)

    async def _answer(self, request: JudgeRequest) -> Judgement:
        if not self._pool.usable:
            return _unavailable(self._pool.troubles)
        cut = False
        try:
            async with asyncio.timeout(request.deadline_s):
                judgement = await self._judge(request)
                cut = self._looks_twice and _came_to_no_end(judgement)
                if cut:
                    judgement = await self._judge(request, again=True)
        except TimeoutError:
            if cut:
                return _never_finished("the deadline passed during its second look")
            return Undecided(reason=UndecidedReason.DEADLINE, detail="the deadline passed before the server answered")
        except QueueFull as error:
            if cut:
                return _never_finished(str(error))
            return Undecided(reason=UndecidedReason.QUEUE_FULL, detail=str(error))
        if cut and _came_to_no_end(judgement):
            return _never_finished("it was cut again with a larger budget")
        return judgement

    async def _judge(self, request: JudgeRequest, *, again: bool = False) -> Judgement:
        """Judge once, with as many attempts as are allowed."""
        begun = time.monotonic()
        await self._turns.take(request, again=again)
        waited, tried = time.monotonic() - begun, set[Member]()
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_worth_another_attempt),
            stop=tenacity.stop_after_attempt(self._options.limits.attempts),
            wait=tenacity.wait_random_exponential(self._options.times.retry, max=_LONGEST_RETRY_S),
            reraise=True,
        )
        try:
            attempt = functools.partial(self._attempt, request, again=again, waited=waited, tried=tried)
            return await attempts(attempt)
        except TooLongForServer as error:
            return Undecided(reason=UndecidedReason.TOO_LONG, detail=str(error))
        except RequestRefused as error:
            return Undecided(reason=UndecidedReason.UNREADABLE, detail=str(error))
        except RemoteError as error:
            return _unavailable(str(error))
        finally:
            self._turns.give_back()

    async def _attempt(self, request: JudgeRequest, *, again: bool, waited: float, tried: set[Member]) -> Judgement:
        member = self._pool.choose(request.policy.fingerprint, without=tried)
        if member is None:
            raise RemoteStartError(self._pool.troubles)
        first = member not in tried
        tried.add(member)
        with self._pool.use(member, counts=first) as endpoint:
            return await endpoint.judge(request, again=again, waited=waited)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Say how much room a policy takes, and have its part of the prompt computed; see `classifier.judge.Judge`.

        None where the model is asked by chat: only the server knows how it counts.
        """
        member = None if self._closed else self._pool.choose(policy.fingerprint)
        if member is None:
            return None
        if member.endpoint.judges_by_itself:
            return await self._prepare_there(member, policy, effort)
        if (judging := member.endpoint.judging) is None:
            return None
        fit, prefix = await asyncio.to_thread(judging.prepare, policy, effort)
        if fit.fits:
            try:
                async with asyncio.timeout(_WARM_S):
                    await member.endpoint.warm(prefix)
            except (RemoteError, TimeoutError):
                pass  # the first message computes it, or reports what is wrong
        return fit

    async def _prepare_there(self, member: Member, policy: PolicyText, effort: Effort) -> PolicyFit | None:
        try:
            async with asyncio.timeout(_WARM_S):
                return await member.endpoint.prepare(policy, effort)
        except (RemoteError, TimeoutError):
            return None  # it cannot be asked at the moment

    @property
    def _looks_twice(self) -> bool:
        """Whether the second look is ours to do: not if the server does it."""
        return self._options.reasoning_tokens.again > 1 and not any(
            member.endpoint.judges_by_itself for member in self._pool.usable
        )

    async def close(self) -> None:
        """Close all connections; running requests get `Undecided`. Safe to call twice."""
        self._closed = True
        for work in self._work:
            work.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._pool.close()


def weaker_guarantee(mode: Mode) -> str | None:
    """What to tell an operator about this way of asking, if anything."""
    if mode is not Mode.CHAT:
        return None
    return (
        "asked through the chat API: the server turns text into tokens, so a message could imitate the model's control "
        "tokens. Bylaw breaks up those that it knows. For the full guarantee, serve gpt-oss-safeguard with vLLM or "
        "llama-server"
    )


def _is_worth_another_attempt(error: BaseException) -> bool:
    return isinstance(error, RemoteError) and not isinstance(
        error, TooLongForServer | RequestRefused | RemoteStartError
    )


def _came_to_no_end(judgement: Judgement) -> bool:
    """Whether thinking was cut and the answer was clear or missing."""
    if isinstance(judgement, Undecided):
        return judgement.reason is UndecidedReason.THINKING_CUT
    return judgement.outcome is Outcome.CLEAR and judgement.provenance.method is Method.CUT


def _never_finished(detail: str) -> Undecided:
    return Undecided(reason=UndecidedReason.THINKING_CUT, detail=detail)


def _unavailable(detail: str) -> Undecided:
    return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail=detail)
