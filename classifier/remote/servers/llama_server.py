"""llama.cpp's own server: ``/completion`` takes ids, returns ids and reads GBNF.

https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.llama.model_file.vocabulary import CONTROL_NAMES
from classifier.prompt.vocabulary import ControlIds
from classifier.remote.errors import EndpointFailed
from classifier.remote.servers.connection import Connection, Object
from classifier.remote.servers.token_server import RATIONALE_GRAMMAR, TOP, Choice, logprob, token_ids

#: ``stop`` compares texts, in which control tokens appear only when they are preserved.
_STOP = tuple(spelling.decode() for name, spelling in CONTROL_NAMES.items() if name != "message")
_GREEDY = {"temperature": 0.0, "samplers": ["temperature"], "cache_prompt": True, "return_tokens": True}
_LIFT = 200.0  # added to the logits of the tokens that may be chosen: more than logits differ, and still exact


class LlamaServer:
    """`TokenServer` on llama-server."""

    def __init__(self, connection: Connection, model: str) -> None:
        self._connection = connection
        self._model = model

    async def go_on(self, ids: Sequence[int], *, most: int, control: ControlIds) -> tuple[int, ...]:
        """As `TokenServer.go_on`."""
        del control  # it knows them by their names
        return self._tokens(await self._complete(ids, most, stop=_STOP, preserved_tokens=_STOP))

    async def choose(self, ids: Sequence[int], among: Sequence[int]) -> Choice:
        """As `TokenServer.choose`. The probabilities that it tells are those before the logits are lifted."""
        lifted = [[token, _LIFT] for token in among]
        answer = await self._complete(ids, 1, n_probs=TOP, logit_bias=lifted)
        places = answer.get("completion_probabilities")
        place = places[0] if isinstance(places, list) and places else None
        if not isinstance(place, dict) or type(token := place.get("id")) is not int:
            raise self._unusable()
        others = place.get("top_logprobs")
        told = [place, *(each for each in (others if isinstance(others, list) else ()) if isinstance(each, dict))]
        found = {each.get("id"): value for each in told if (value := logprob(each.get("logprob"))) is not None}
        if token not in found:
            raise self._unusable()
        return Choice(token, {known: value for known, value in found.items() if type(known) is int})

    async def explain(self, ids: Sequence[int], *, most: int) -> tuple[int, ...]:
        """As `TokenServer.explain`."""
        return self._tokens(await self._complete(ids, most, grammar=RATIONALE_GRAMMAR))

    async def text_of(self, ids: Sequence[int]) -> str | None:
        """As `TokenServer.text_of`."""
        answer = await self._connection.post("/detokenize", {"tokens": list(ids)})
        return str(answer.get("content"))

    async def _complete(self, ids: Sequence[int], most: int, **more: Any) -> Object:
        body = {"model": self._model, "prompt": list(ids), "n_predict": most, **_GREEDY, **more}
        return await self._connection.post("/completion", body)

    def _tokens(self, answer: Object) -> tuple[int, ...]:
        found = token_ids(answer.get("tokens"))
        if found is None:
            raise self._unusable()
        return found

    def _unusable(self) -> EndpointFailed:
        return EndpointFailed(f"{self._connection.url} gives no token ids or probabilities: update llama-server")
