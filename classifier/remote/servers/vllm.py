"""vLLM: ``/v1/completions`` takes ids, and returns them with ``return_token_ids``.

https://docs.vllm.ai, "OpenAI-compatible server" and ``vllm.entrypoints.openai.completion.protocol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.prompt.vocabulary import ControlIds
from classifier.remote.errors import EndpointFailed, EndpointRefused
from classifier.remote.servers.connection import Connection, Object
from classifier.remote.servers.token_server import RATIONALE_GRAMMAR, TOP, Choice, logprob, token_ids

_GREEDY = {"temperature": 0.0, "return_token_ids": True, "skip_special_tokens": False, "add_special_tokens": False}
_SPELLED = "token_id:"  # how ``return_tokens_as_token_ids`` writes a token


class Vllm:
    """`TokenServer` on vLLM."""

    def __init__(self, connection: Connection, model: str) -> None:
        self._connection = connection
        self._model = model

    async def go_on(self, ids: Sequence[int], *, most: int, control: ControlIds) -> tuple[int, ...]:
        """As `TokenServer.go_on`."""
        stop = (control.end, control.start, control.return_, control.call, control.channel, control.constrain)
        choice = await self._complete(ids, most, stop_token_ids=list(stop))
        found = self._tokens(choice)
        last = choice.get("stop_reason")
        if type(last) is int and last in control.every and found[-1:] != (last,):
            return (*found, last)  # versions differ in whether the ids hold the token that ended them
        return found

    async def choose(self, ids: Sequence[int], among: Sequence[int]) -> Choice:
        """As `TokenServer.choose`. Log-probabilities are those before other tokens are ruled out (``raw_logprobs``)."""
        choice = await self._complete(
            ids, 1, allowed_token_ids=list(among), logprobs=TOP, return_tokens_as_token_ids=True
        )
        tokens, told = self._tokens(choice), choice.get("logprobs")
        tops = told.get("top_logprobs") if isinstance(told, dict) else None
        if not tokens or not isinstance(tops, list) or not tops or not isinstance(tops[0], dict):
            raise self._unusable()
        found = {
            int(spelled.removeprefix(_SPELLED)): value
            for spelled, given in tops[0].items()
            if spelled.startswith(_SPELLED) and spelled.removeprefix(_SPELLED).isdecimal()
            if (value := logprob(given)) is not None
        }
        if tokens[0] not in found:
            raise self._unusable()
        return Choice(tokens[0], found)

    async def explain(self, ids: Sequence[int], *, most: int) -> tuple[int, ...]:
        """As `TokenServer.explain`."""
        return self._tokens(await self._complete(ids, most, structured_outputs={"grammar": RATIONALE_GRAMMAR}))

    async def text_of(self, ids: Sequence[int]) -> str | None:
        """As `TokenServer.text_of`."""
        try:
            answer = await self._connection.post("/detokenize", {"model": self._model, "tokens": list(ids)})
        except EndpointRefused:
            return None  # a router in front of it may pass on ``/v1`` alone
        return str(answer.get("prompt"))

    async def takes_ids(self, ids: Sequence[int]) -> bool:
        """Whether the server takes and returns ids at all."""
        try:
            return bool(token_ids((await self._complete(ids, 1)).get("token_ids")))
        except EndpointRefused:
            return False

    async def _complete(self, ids: Sequence[int], most: int, **more: Any) -> Object:
        body = {"model": self._model, "prompt": list(ids), "max_tokens": most, **_GREEDY, **more}
        answer = await self._connection.post("/v1/completions", body)
        choices = answer.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise self._unusable()
        return choices[0]

    def _tokens(self, choice: Object) -> tuple[int, ...]:
        found = token_ids(choice.get("token_ids"))
        if found is None:
            raise self._unusable()
        return found

    def _unusable(self) -> EndpointFailed:
        return EndpointFailed(f"{self._connection.url} gives no token ids or probabilities: update vLLM")
