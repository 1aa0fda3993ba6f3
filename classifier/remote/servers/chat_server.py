"""Judges through ``/v1/chat/completions``: vLLM, llama-server, Ollama, LM Studio and hosted models.

Servers differ in what they accept beside the messages. `find_abilities` tries the full request once and leaves out what
the server refuses or answers badly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest
from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.reply import Answer, read_reply
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.remote.errors import EndpointFailed, EndpointRefused, RemoteError, ServerFault
from classifier.remote.options import Family
from classifier.remote.servers.chat_prompt import ChatPrompt, answer_schema, chat_prompt
from classifier.remote.servers.connection import Connection, Object
from classifier.remote.servers.token_server import TOP, logprob
from classifier.verdict import Undecided, UndecidedReason

_THOUGHTS = ("reasoning_content", "reasoning", "thinking")  # what servers call it
_INLINE = re.compile(r"\A\s*<think>(.*?)</think>", re.DOTALL)
_TRIAL_TOKENS = 2048
_ANSWER_TOKENS = 700  # a rationale of 600 tokens, and its form


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server takes in a chat request beside the messages."""

    schema: bool = True
    logprobs: bool = True
    effort: bool = True


@dataclass(frozen=True, slots=True)
class ChatReply:
    """An answer, or why there is none, with what a verdict says of its origin."""

    answer: Answer | Undecided
    score: float
    digit_mass: float | None
    cut: bool  #: the tokens ran out before there was an answer
    prompt_tokens: int
    reply_tokens: int


class ChatServer:
    """Judges by chat."""

    def __init__(self, connection: Connection, model: str, family: Family, abilities: Abilities | None = None) -> None:
        self._connection = connection
        self._model = model
        self.family = family  #: of the model
        self.abilities = abilities or Abilities(effort=family is Family.GPT_OSS)

    async def ask(self, request: JudgeRequest, prompt: ChatPrompt, *, reasoning_tokens: int) -> ChatReply:
        """What the model answers to a prompt.

        Raises:
            RemoteError: the server gives no answer that can be used.
        """
        body: dict[str, Any] = {
            "model": self._model,
            "messages": prompt.messages,
            "temperature": 0,
            "max_tokens": reasoning_tokens + _ANSWER_TOKENS,
            "stream": False,
        }
        if self.abilities.effort:
            body["reasoning_effort"] = request.effort.value
        if self.abilities.logprobs:
            body |= {"logprobs": True, "top_logprobs": TOP}
        if self.abilities.schema:
            schema = answer_schema(request.policy, numbered=prompt.numbered)
            form = {"name": "verdict", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return self._read(await self._connection.post("/v1/chat/completions", body), request.policy, prompt.numbered)

    async def find_abilities(self, *, fence_key: bytes) -> None:
        """Ask about a made-up message, and keep what works.

        Raises:
            EndpointRefused: nothing works.
            RemoteError: the server cannot be asked.
        """
        prompt = chat_prompt(_TRIAL, fence_key=fence_key, family=self.family)
        refused: RemoteError | None = None
        full = self.abilities
        for abilities in _fewer(full):
            self.abilities = abilities
            try:
                reply = await self.ask(_TRIAL, prompt, reasoning_tokens=_TRIAL_TOKENS)
            except (EndpointRefused, ServerFault) as error:
                refused = error
                continue
            if isinstance(reply.answer, Answer):
                return
        self.abilities = full
        raise refused or EndpointRefused(
            f"{self._connection.url} does not answer in the expected JSON form: serve a model that follows a policy, "
            "such as gpt-oss-safeguard"
        )

    def _read(self, answer: Object, policy: PolicyText, numbered: int) -> ChatReply:
        choices = answer.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise EndpointFailed(f"{self._connection.url} answers without a message: check that the address is right")
        text, thoughts = _texts(message)
        cut = choice.get("finish_reason") == "length"
        read = _read_texts(text, thoughts, policy, numbered, closed=not cut)
        zero, one = _digit(choice.get("logprobs"))
        violation = isinstance(read, Answer) and bool(read.rule_ids)
        score, mass = (1.0 if violation else 0.0), None
        if zero is not None and one is not None:
            likelihood = 1.0 / (1.0 + math.exp(max(-700.0, min(zero - one, 700.0))))
            if (likelihood > 0.5) == violation:  # else the numbers are of another place
                score, mass = likelihood, min(1.0, math.exp(zero) + math.exp(one))
        usage = answer.get("usage")
        return ChatReply(read, score, mass, cut, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


_TRIAL = JudgeRequest(
    policy=PolicyText(
        title="Sales", rules=(RuleText(id="R1", title="Selling", breaks_it="offering things for money."),)
    ),
    content=Content(target=Message(text="good morning everybody")),
    effort=Effort.LOW,
)


def _fewer(full: Abilities) -> Iterator[Abilities]:
    """Everything, then less and less of it."""
    yield full
    yield replace(full, schema=False)
    yield replace(full, logprobs=False)
    yield replace(full, schema=False, logprobs=False)
    yield Abilities(schema=False, logprobs=False, effort=False)


def _texts(message: Object) -> tuple[str, str]:
    """The answer and the thoughts of a message."""
    content = message.get("content")
    text = content if isinstance(content, str) else ""
    thoughts = next((value for name in _THOUGHTS if isinstance(value := message.get(name), str) and value), "")
    inline = _INLINE.match(text)
    if inline:
        return text[inline.end() :], thoughts or inline[1]
    return text, thoughts


def _read_texts(text: str, thoughts: str, policy: PolicyText, numbered: int, *, closed: bool) -> Answer | Undecided:
    """Read with the strict reader for token ids: the texts become the messages of a reply."""
    vocabulary = ByteVocabulary()
    control = vocabulary.control

    def message(channel: str, body: str) -> tuple[int, ...]:
        clean = body.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return (control.channel, *vocabulary.encode(channel), control.message, *vocabulary.encode(clean))

    ids = message("final", text)
    if thoughts:
        header = (control.end, control.start, *vocabulary.encode("assistant"))
        ids = (*message("analysis", thoughts), *header, *ids)
    answer = read_reply(
        (*ids, control.return_) if closed else ids, vocabulary=vocabulary, policy=policy, messages=numbered
    )
    if isinstance(answer, Undecided) and not text.strip():
        return Undecided(reason=UndecidedReason.NO_ANSWER, detail="the reply has no answer")
    return answer


def _digit(told: Any) -> tuple[float | None, float | None]:
    """The log-probabilities of 0 and 1 where the answer's digit is."""
    tokens = told.get("content") if isinstance(told, dict) else None
    if not isinstance(tokens, list):
        return None, None
    written = ""
    place: Object | None = None
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("token"), str):
            return None, None
        if token["token"].strip() in ("0", "1") and re.search(r'"violation"\s*:\s*\Z', written):
            place = token  # the last one counts: thoughts may quote the form
        written = (written + token["token"])[-64:]
    if place is None:
        return None, None
    tops = place.get("top_logprobs")
    found: dict[str, float] = {}
    for each in (place, *(tops if isinstance(tops, list) else ())):
        if isinstance(each, dict) and isinstance(each.get("token"), str):
            value = logprob(each.get("logprob"))
            if value is not None:
                found.setdefault(each["token"].strip(), value)
    lowest = min(found.values(), default=0.0)  # of the likeliest tokens: a digit that is not among them is below
    if "0" not in found and "1" not in found:
        return None, None
    return found.get("0", lowest), found.get("1", lowest)


def _count(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and value >= 0 else 0
