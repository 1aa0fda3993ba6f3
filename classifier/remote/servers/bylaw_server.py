"""`bylaw serve-judge`: takes whole requests and gives whole judgements. The engine, its prompts and its second look run
on that server."""

from __future__ import annotations

from dataclasses import asdict, replace

from classifier.judge import Effort, JudgeRequest, PolicyFit
from classifier.policy_text import PolicyText
from classifier.remote.errors import EndpointFailed
from classifier.remote.json_form import NotReadable, read_fit, read_judgement, request_object
from classifier.remote.servers.connection import Connection
from classifier.verdict import Judgement, Undecided

_SHARE = 0.9  # of the time that we wait for an answer: until then the server says itself that it is late


class BylawServer:
    """Asks the judge behind one address."""

    def __init__(self, connection: Connection, *, longest_s: float) -> None:
        """`longest_s` is how long the connection waits for an answer."""
        self._connection = connection
        self._longest_s = longest_s * _SHARE

    async def judge(self, request: JudgeRequest, *, waited: float) -> Judgement:
        """Have a request judged.

        Raises:
            RemoteError: there is no answer that can be used.
        """
        left = max(request.deadline_s - waited, 0.1)
        sent = replace(request, deadline_s=min(left, self._longest_s))
        answer = await self._connection.post("/v1/judge", {"request": request_object(sent)})
        try:
            judgement = read_judgement(answer.get("judgement"))
        except NotReadable:
            raise self._unusable() from None
        if isinstance(judgement, Undecided):
            return replace(judgement, detail=" ".join(judgement.detail.split()))
        provenance = judgement.provenance
        if provenance.policy_fingerprint != request.policy.fingerprint or not set(judgement.rule_ids) <= set(
            request.policy.rule_ids
        ):
            raise self._unusable()
        return replace(judgement, provenance=replace(provenance, seconds_waited=provenance.seconds_waited + waited))

    async def prepare(self, policy: PolicyText, effort: Effort) -> PolicyFit | None:
        """Have a policy's part of the prompt computed, and say how much room it takes.

        Raises:
            RemoteError: there is no answer that can be used.
        """
        answer = await self._connection.post("/v1/prepare", {"policy": asdict(policy), "effort": effort})
        if (fit := answer.get("fit")) is None:
            return None
        try:
            return read_fit(fit)
        except NotReadable:
            raise self._unusable() from None

    def _unusable(self) -> EndpointFailed:
        return EndpointFailed(
            f"{self._connection.url} answers in another form: run the same version of Bylaw on both machines"
        )
