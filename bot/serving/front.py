"""The API: lists the judge, prepares it for a policy, and judges requests and rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from bot.console.screen.answer_rows import answer_of
from bot.serving.access import Caller, Doorkeeper
from bot.serving.http_edge import HttpRequest, Object, Refusal
from bot.serving.rows import KnownPolicies, Rows, read_rows
from classifier import Effort, Judge, JudgeRequest, Lane
from classifier.long_content import LongContentJudge
from classifier.remote.json_form import PROTOCOL, NotReadable, judgement_object, read_policy_text, read_request

LONGEST_BODY = 4 << 20  #: bytes of a bot's request, the same as over the engine's pipe
LONGEST_ROWS = 1 << 20  #: bytes of a tool's


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The current judges."""

    model: str  #: one word for lists
    judge: str  #: what verdicts say in `Provenance.judge`
    places: int  #: simultaneous requests on all replicas; 0 without replicas
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDefaults:
    """Defaults for rows of tools."""

    effort: Effort = Effort.LOW
    deadline_s: float = 300.0


class Front:
    """Answers requests. `HttpEdge` handles HTTP."""

    def __init__(
        self,
        judge: Judge,
        doorkeeper: Doorkeeper,
        capacity: Callable[[], Awaitable[Capacity]],
        defaults: RowDefaults | None = None,
    ) -> None:
        self._judge = judge
        self._rows_judge = LongContentJudge(judge)
        self._doorkeeper = doorkeeper
        self._capacity = capacity
        self._defaults = defaults or RowDefaults()
        self._known = KnownPolicies()

    async def answer(self, request: HttpRequest) -> Object:
        """Answer a request.

        Raises:
            Refusal: it is refused.
            Disconnected: the caller disconnected.
        """
        caller = self._doorkeeper.caller(request.headers.get("authorization", ""))
        match request.method, request.path:
            case "GET", "/v1/models":
                return await self._models()
            case "POST", "/v1/judge":
                return await self._judged(caller, request)
            case "POST", "/v1/prepare":
                return await self._prepared(caller, await request.json_object(LONGEST_BODY))
        if request.path in ("/v1/models", "/v1/judge", "/v1/prepare"):
            raise Refusal(405, "this path takes another method: GET /v1/models, POST /v1/judge")
        raise Refusal(404, "nothing is here: ask POST /v1/judge or GET /v1/models")

    async def _models(self) -> Object:
        capacity = await self._capacity()
        if not capacity.places:
            raise Refusal(503, "no replica of the judge is ready", retry_after="10")
        entry = {
            "id": capacity.model,
            "object": "model",
            "owned_by": "bylaw",
            "meta": {"judge": capacity.judge},
            "bylaw": {
                "protocol": PROTOCOL,
                "places": capacity.places,
                "context_tokens": capacity.context_tokens,
            },
        }
        return {"object": "list", "data": [entry]}

    async def _judged(self, caller: Caller, request: HttpRequest) -> Object:
        fields = await request.json_object(LONGEST_ROWS if caller.tool else LONGEST_BODY)
        if "request" not in fields:
            return await self._judged_rows(caller, fields)
        _only_for_bots(caller)
        try:
            asked = read_request(fields["request"])
        except NotReadable as error:
            raise Refusal(400, f"this is no request to a judge: {error}") from None
        self._known.add(asked.policy)
        return {"judgement": judgement_object(await self._judge.judge(asked))}

    async def _prepared(self, caller: Caller, fields: Object) -> Object:
        _only_for_bots(caller)
        try:
            policy = read_policy_text(fields.get("policy"))
            effort = Effort(str(fields.get("effort")))
        except ValueError:
            raise Refusal(400, 'give a "policy" and an "effort"') from None
        fit = await self._judge.prepare(policy, effort=effort)
        return {"fit": None if fit is None else asdict(fit)}

    async def _judged_rows(self, caller: Caller, fields: Object) -> Object:
        given = fields.get("rows")
        self._doorkeeper.spend(caller, len(given) if isinstance(given, list) else 1)
        asked = await asyncio.to_thread(read_rows, fields, self._known, effort=self._defaults.effort)
        self._known.add(asked.policy)
        requests = self._requests(asked, caller)
        judgements = await asyncio.gather(*(self._rows_judge.judge(each) for each in requests))
        answers = [answer_of(row.id, judgement) for row, judgement in zip(asked.rows, judgements, strict=True)]
        return {
            "policy_fingerprint": asked.policy.fingerprint,
            "answers": answers,
            "remarks": list(asked.remarks),
        }

    def _requests(self, asked: Rows, caller: Caller) -> list[JudgeRequest]:
        return [
            JudgeRequest(
                policy=asked.policy,
                content=row.content,
                effort=asked.effort,
                lane=Lane.BACKGROUND,  # tools never delay newly posted messages
                server=caller.server,
                deadline_s=self._defaults.deadline_s,
            )
            for row in asked.rows
        ]


def _only_for_bots(caller: Caller) -> None:
    if caller.tool:
        raise Refusal(403, 'this key is a tool\'s: send "rows", as for `bylaw classify`')
