"""A server for tests that runs a model file with the engine's own code, and speaks as llama-server or as vLLM does.

llama-server's shapes are those of its README, vLLM's those of its documentation
(``vllm.entrypoints.openai.completion.protocol``); neither was recorded from a running server. Grammars are llama.cpp's
own, even for vLLM, whose xgrammar reads the same notation.
"""

from __future__ import annotations

import asyncio
import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestServer

from classifier.llama.engine.decoding import Row
from classifier.llama.engine.model import Sequences
from classifier.llama.model_file.vocabulary import CONTROL_NAMES, LlamaVocabulary

MODEL = "gpt-oss-tiny"
Handler = Callable[[web.Request], Any]


class ModelServer:
    """One server. Tests set its faults."""

    def __init__(self, kind: str, sequences: Sequences, vocabulary: LlamaVocabulary, native: tuple[Any, Any]) -> None:
        self.kind = kind
        self.models = [MODEL]
        self.key = ""
        self.size = 1  # told of the model: another number is another model
        self.context = sequences.tokens_per_sequence
        self.status = 200  #: of every answer that isn't about models
        self.body: str | None = None  #: instead of every answer
        self.delay = 0.0
        self.asked: list[tuple[str, dict[str, Any]]] = []  # path and body of each POST
        self.chat: Callable[[dict[str, Any]], dict[str, Any] | int] = lambda body: 404
        self.speaks_ids = True
        self.detokenizes = True
        self._sequences = sequences
        self._vocabulary = vocabulary
        self._native, self._native_vocabulary = native
        self._held: list[int] = []
        self._lock = asyncio.Lock()
        self._server: TestServer | None = None

    @property
    def url(self) -> str:
        """Its address."""
        assert self._server is not None
        return str(self._server.make_url("")).rstrip("/")

    async def start(self, port: int | None = None) -> None:
        """Listen, on the port of an earlier run if given."""
        app = web.Application(middlewares=[self._misbehave], client_max_size=64 * 1024 * 1024)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/props", self._props)
        app.router.add_post("/completion", self._completion)
        app.router.add_post("/v1/completions", self._v1_completions)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/detokenize", self._detokenize)
        self._server = TestServer(app, port=port)
        await self._server.start_server()

    async def stop(self) -> int:
        """Stop listening. Returns the port."""
        assert self._server is not None
        port = self._server.port
        await self._server.close()
        assert port is not None
        return port

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": {"message": "Invalid API Key", "code": 401}}, status=401)
        if self.body is not None:
            return web.Response(text=self.body)
        if request.method == "POST":
            self.asked.append((request.path, await request.json()))
            await asyncio.sleep(self.delay)
            if self.status != 200:
                return web.json_response({"error": {"message": "as was asked for"}}, status=self.status)
        return await handler(request)

    async def _models(self, request: web.Request) -> web.Response:
        if self.kind == "llama":
            more = {"owned_by": "llamacpp", "meta": {"n_vocab": len(self._vocabulary), "size": self.size}}
        else:
            more = {"owned_by": "vllm", "root": f"{MODEL}-{self.size}", "max_model_len": self.context}
        data = [{"id": name, "object": "model", "created": id(self), **more} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _props(self, request: web.Request) -> web.Response:
        if self.kind != "llama":
            raise web.HTTPNotFound
        settings = {"n_ctx": self.context, "speculative": False}
        return web.json_response({"default_generation_settings": settings, "total_slots": 4, "model_path": "m.gguf"})

    async def _detokenize(self, request: web.Request) -> web.Response:
        if not self.detokenizes:
            raise web.HTTPNotFound
        body = await request.json()
        text = self._vocabulary.decode(body["tokens"]).decode("utf-8", "replace")
        return web.json_response({"content" if self.kind == "llama" else "prompt": text})

    async def _chat(self, request: web.Request) -> web.Response:
        answer = self.chat(await request.json())
        if isinstance(answer, int):
            return web.json_response({"error": {"message": "not supported"}}, status=answer)
        return web.json_response(answer)

    async def _completion(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.kind != "llama":
            raise web.HTTPNotFound
        if len(body["prompt"]) + 1 > self.context:
            error = {"code": 400, "message": "the request exceeds the available context size", "n_ctx": self.context}
            return web.json_response({"error": {**error, "type": "exceed_context_size_error"}}, status=400)
        eog = self._ids("return_", "call")
        preserved = {spelling: token for token, spelling in self._names().items()}
        preserved = {name: token for name, token in preserved.items() if name in body.get("preserved_tokens", ())}
        texts = {token: name for name, token in preserved.items()}
        among = [token for token, _ in body.get("logit_bias", ())]
        stops = tuple(body.get("stop", ())) or ("\0never",)
        tokens, rows = await self._write(
            body["prompt"],
            body["n_predict"],
            eog=eog,
            among=among,
            grammar=body.get("grammar"),
            stop=lambda ids: self._text(ids, texts).endswith(stops),
        )
        answer = {
            "content": self._text(tokens, {}),
            "tokens": tokens if body.get("return_tokens") else [],
            "stop_type": "limit",
            "truncated": False,
        }
        if body.get("n_probs"):
            answer["completion_probabilities"] = [
                {**_told(row, token), "top_logprobs": [_told(row, each) for each in _top(row, body["n_probs"])]}
                for token, row in zip(tokens, rows, strict=True)
            ]
        return web.json_response(answer)

    async def _v1_completions(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.kind != "vllm" or not self.speaks_ids:
            raise web.HTTPNotFound
        if body["model"] not in self.models:
            return web.json_response({"error": {"message": "The model does not exist."}}, status=404)
        if len(body["prompt"]) + body["max_tokens"] > self.context:
            message = f"This model's maximum context length is {self.context} tokens."
            return web.json_response({"error": {"message": message, "type": "BadRequestError"}}, status=400)
        stops = set(body.get("stop_token_ids", ()))
        tokens, rows = await self._write(
            body["prompt"],
            body["max_tokens"],
            eog=self._ids("return_", "call"),
            among=body.get("allowed_token_ids") or [],
            grammar=(body.get("structured_outputs") or {}).get("grammar"),
            stop=lambda ids: ids[-1] in stops,
        )
        stopped = bool(tokens) and tokens[-1] in stops
        choice: dict[str, Any] = {
            "index": 0,
            "text": self._text(tokens, {}),
            "token_ids": tokens if body.get("return_token_ids") else None,
            "finish_reason": "stop" if stopped else "length",
            "stop_reason": tokens[-1] if stopped else None,
            "logprobs": None,
        }
        if body.get("logprobs"):
            tops = [
                {f"token_id:{each}": _told(row, each)["logprob"] for each in {token, *_top(row, body["logprobs"])}}
                for token, row in zip(tokens, rows, strict=True)
            ]
            choice["logprobs"] = {"top_logprobs": tops, "tokens": [], "token_logprobs": [], "text_offset": []}
        return web.json_response({"id": "cmpl-1", "object": "text_completion", "choices": [choice]})

    def _ids(self, *names: str) -> set[int]:
        return {getattr(self._vocabulary.control, name) for name in names}

    def _names(self) -> dict[int, str]:
        return {getattr(self._vocabulary.control, name): text.decode() for name, text in CONTROL_NAMES.items()}

    def _text(self, ids: Sequence[int], names: dict[int, str]) -> str:
        pieces = [names[token].encode() if token in names else self._vocabulary.decode((token,)) for token in ids]
        return b"".join(pieces).decode("utf-8", "replace")

    async def _write(self, prompt: list[int], most: int, **how: Any) -> tuple[list[int], list[Row]]:
        async with self._lock:
            return await asyncio.to_thread(self._write_now, prompt, most, **how)

    def _write_now(
        self,
        prompt: list[int],
        most: int,
        *,
        eog: set[int],
        among: list[int],
        grammar: str | None,
        stop: Callable[[list[int]], bool],
    ) -> tuple[list[int], list[Row]]:
        """Greedy tokens and the log-probabilities at their places."""
        tokens: list[int] = []
        rows: list[Row] = []
        held = Grammar(self._native, self._native_vocabulary, grammar) if grammar else None
        row = self._read(prompt)
        while True:
            allowed = row if held is None else held.masked(row)
            token = max(among, key=lambda each: float(row[each])) if among else int(allowed.argmax())
            if not among and math.isinf(float(allowed[token])):
                token = min(eog)  # the grammar is complete
            tokens.append(token)
            rows.append(row - _log_sum(row))
            if len(tokens) >= most or token in eog or stop(tokens):
                break
            if held is not None:
                held.accept(token)
            row = self._step(token)
        if held is not None:
            held.close()
        return tokens, rows

    def _read(self, prompt: list[int]) -> Row:
        common = 0
        while common < min(len(self._held), len(prompt) - 1) and self._held[common] == prompt[common]:
            common += 1
        self._sequences.cut(0, common)
        del self._held[common:]
        unread = prompt[common:-1]
        for at in range(0, len(unread), self._sequences.batch_tokens):
            self._sequences.extend({0: unread[at : at + self._sequences.batch_tokens]})
        self._held += unread
        return self._step(prompt[-1])

    def _step(self, token: int) -> Row:
        self._held.append(token)
        return self._sequences.step({0: token})[0].copy()


class Grammar:
    """llama.cpp's own grammar sampler."""

    def __init__(self, native: Any, vocabulary: Any, text: str) -> None:
        self._native = native
        self._sampler = native.llama_sampler_init_grammar(vocabulary, text.encode(), b"root")
        assert self._sampler, "llama.cpp cannot read the grammar"

    def masked(self, row: Row) -> Row:
        """The row with minus infinity where the grammar forbids a token."""
        data = (self._native.llama_token_data * len(row))()
        for token, value in enumerate(row):
            data[token].id, data[token].logit, data[token].p = token, float(value), 0.0
        array = self._native.llama_token_data_array(data, len(row), -1, False)
        self._native.llama_sampler_apply(self._sampler, ctypes.byref(array))
        found = np.full(len(row), -np.inf, dtype=np.float32)
        for each in array.data[: array.size]:
            found[each.id] = each.logit
        return found

    def accept(self, token: int) -> None:
        """Advance the grammar by a token."""
        self._native.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free it."""
        self._native.llama_sampler_free(self._sampler)


def _log_sum(row: Row) -> float:
    highest = float(row.max())
    return highest + math.log(float(np.exp(row - np.float32(highest)).sum(dtype=np.float64)))


def _told(logprobs: Row, token: int) -> dict[str, Any]:
    return {"id": int(token), "token": "", "bytes": [], "logprob": float(logprobs[token])}


def _top(logprobs: Row, count: int) -> list[int]:
    return [int(token) for token in np.argsort(-logprobs)[:count]]
