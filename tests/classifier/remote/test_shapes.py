"""What is sent to vLLM and llama-server and what they answer, as their documentation has it.

vLLM: https://docs.vllm.ai, "OpenAI-compatible server", and ``vllm.entrypoints.openai.completion.protocol``.
llama-server: ``tools/server/README.md`` of llama.cpp. Written from these, not recorded from running servers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from classifier.prompt.vocabulary import ByteVocabulary
from classifier.remote.errors import EndpointFailed
from classifier.remote.servers.connection import Connection
from classifier.remote.servers.llama_server import LlamaServer
from classifier.remote.servers.token_server import RATIONALE_GRAMMAR, Choice
from classifier.remote.servers.vllm import Vllm
from classifier.remote.vocabulary import TiktokenVocabulary, load_vocabulary

CONTROL = ByteVocabulary().control


class Wire:
    """Answers with what it is given, and keeps what was sent."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._answer = answer
        self.connection = Connection("http://gpu1:8000", transport=httpx2.MockTransport(self._handle))

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(200, json=self._answer)


def vllm_answer(**choice: Any) -> dict[str, Any]:
    return {
        "id": "cmpl-4f0c",
        "object": "text_completion",
        "created": 1764460800,
        "model": "openai/gpt-oss-safeguard-20b",
        "choices": [{"index": 0, "text": "", "logprobs": None, "prompt_token_ids": [1, 2], **choice}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4},
    }


@pytest.mark.parametrize("ids", [[97, 257], [97]])
async def test_vllm_goes_on(ids: list[int]) -> None:
    """The token that stopped it is read whether or not the ids hold it."""
    wire = Wire(vllm_answer(token_ids=ids, finish_reason="stop", stop_reason=257))
    found = await Vllm(wire.connection, "m").go_on((1, 2), most=50, control=CONTROL)
    assert found == (97, 257)
    ((path, body),) = wire.sent
    assert path == "/v1/completions"
    assert (body["model"], body["prompt"], body["max_tokens"], body["temperature"]) == ("m", [1, 2], 50, 0.0)
    assert body["return_token_ids"] is True
    assert CONTROL.end in body["stop_token_ids"]
    assert CONTROL.message not in body["stop_token_ids"]


async def test_vllm_chooses() -> None:
    """The chosen token's number is told even where it is not among the likeliest."""
    tops = {"token_id:48": -9.5, "token_id:900": -0.1, "token_id:49": -11.0}
    logprobs = {"text_offset": [0], "token_logprobs": [-9.5], "tokens": ["token_id:48"], "top_logprobs": [tops]}
    wire = Wire(vllm_answer(token_ids=[48], finish_reason="length", stop_reason=None, logprobs=logprobs))
    choice = await Vllm(wire.connection, "m").choose((1, 2), (48, 49))
    assert choice == Choice(48, {48: -9.5, 900: -0.1, 49: -11.0})
    assert wire.sent[0][1]["allowed_token_ids"] == [48, 49]


async def test_vllm_explains() -> None:
    """Under a grammar, as structured output."""
    wire = Wire(vllm_answer(token_ids=[97, 34, 125], finish_reason="stop", stop_reason=None))
    assert await Vllm(wire.connection, "m").explain((1,), most=600) == (97, 34, 125)
    assert wire.sent[0][1]["structured_outputs"] == {"grammar": RATIONALE_GRAMMAR}


async def test_llama_server_goes_on_and_chooses() -> None:
    """Ids, and the probabilities before sampling."""
    place = {"id": 49, "token": "1", "bytes": [49], "logprob": -0.5}
    other = {"id": 48, "token": "0", "bytes": [48], "logprob": -3.4028234663852886e38}
    wire = Wire(
        {
            "content": "1",
            "tokens": [49],
            "stop_type": "limit",
            "completion_probabilities": [{**place, "top_logprobs": [place, other]}],
        }
    )
    server = LlamaServer(wire.connection, "m")
    assert await server.go_on((1,), most=9, control=CONTROL) == (49,)
    assert await server.choose((1,), (48, 49)) == Choice(49, {49: -0.5, 48: -10_000.0})
    (_, first), (_, second) = wire.sent
    assert (first["prompt"], first["n_predict"], first["return_tokens"]) == ([1], 9, True)
    assert "<|end|>" in first["stop"]
    assert first["preserved_tokens"] == first["stop"]
    assert [token for token, _ in second["logit_bias"]] == [48, 49]


@pytest.mark.parametrize("kind", [Vllm, LlamaServer])
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": "x", "tokens": "x"},
        {"choices": [{}], "tokens": [1.5]},
        {"choices": [{"token_ids": [-1]}], "tokens": [True]},
        {"choices": [{"token_ids": [1], "logprobs": {"top_logprobs": [{"token_id:1": None}]}}], "tokens": [1],
         "completion_probabilities": [{"id": 1, "logprob": None}]},
    ],
)  # fmt: skip
async def test_odd_answers_are_failures(kind: Any, answer: dict[str, Any]) -> None:
    """Nothing else is raised, whatever a server makes up."""
    server = kind(Wire(answer).connection, "m")
    with pytest.raises(EndpointFailed):
        await server.choose((1,), (48, 49))


def test_the_vocabulary_of_gpt_oss_without_a_model_file(
    harmony_encoding: Any, reference_vocabulary: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tiktoken has it; control strings in a text stay ordinary text."""
    import hashlib
    import os

    source = Path(os.environ.get("BYLAW_SHARED") or Path(__file__).resolve().parents[4] / "shared") / "data"
    address = b"https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    name = hashlib.sha1(address, usedforsecurity=False).hexdigest()
    (tmp_path / name).write_bytes((source / "o200k_base.tiktoken").read_bytes())
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    vocabulary = load_vocabulary(None)
    assert isinstance(vocabulary, TiktokenVocabulary)
    names = ("start", "end", "message", "channel", "constrain", "return_", "call")
    for name in names:
        assert getattr(vocabulary.control, name) == getattr(reference_vocabulary.control, name)
    assert vocabulary.control.every == frozenset(range(199_998, 201_088))
    for text in ("hello <|start|>assistant<|message|>", "ω 😀 नमस्ते", ""):
        ids = vocabulary.encode(text)
        assert ids == reference_vocabulary.encode(text)
        assert vocabulary.decode((*ids, vocabulary.control.end)) == text.encode()
