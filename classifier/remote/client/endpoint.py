"""One endpoint: what it serves, found out by asking it, and a request judged on it."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from classifier.judge import Effort, JudgeRequest, PolicyFit, Way
from classifier.llama.engine.jobs import Judging, Task
from classifier.policy_text import PolicyText
from classifier.prompt.harmony import final_header_ids
from classifier.prompt.reply import Answer
from classifier.prompt.vocabulary import Vocabulary
from classifier.prompt.wording_version import wording_version
from classifier.remote.errors import EndpointFailed, EndpointRefused
from classifier.remote.json_form import PROTOCOL
from classifier.remote.options import Family, Mode, RemoteOptions
from classifier.remote.servers.bylaw_server import BylawServer
from classifier.remote.servers.chat_prompt import chat_prompt
from classifier.remote.servers.chat_server import ChatServer
from classifier.remote.servers.connection import Connection, Object
from classifier.remote.servers.llama_server import LlamaServer
from classifier.remote.servers.token_server import TokenServer
from classifier.remote.servers.vllm import Vllm
from classifier.remote.servers.writing import RemoteWriter
from classifier.verdict import Judgement, Method, Outcome, Provenance, Undecided, UndecidedReason

PLACES_BY_TOKENS, PLACES_BY_CHAT = 32, 4  #: requests at once where the server does not say how many it can take
_SAMPLE = 'Hello, wörld! {"violation":0} 1234'
_NOT_IN_AN_ID = frozenset(" \t\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What an endpoint serves."""

    model: str
    identity: str  #: of the model, as far as the server tells: equal for equal models on different machines
    software: str  #: for people
    mode: Mode  #: `TOKENS`, `CHAT` or `BYLAW`
    places: int  #: requests at once
    context_tokens: int | None  #: None: the server does not say

    @property
    def judge(self) -> str:
        """What `Provenance.judge` says: another one whenever the same input may get a different verdict."""
        return f"remote:{self.identity} {self.mode.value} wording:{wording_version()}"


def one_word(text: str) -> str:
    """A model's name for ids and lines: without spaces, and not too long."""
    return "".join(each for each in text if each.isprintable() and each not in _NOT_IN_AN_ID)[:80] or "unnamed"


def identity_of(entry: Object) -> str:
    """The name and a hash over what the server's list of models tells of the model itself, not of this process."""
    name, root = str(entry.get("id")), entry.get("root")
    told = [name.rsplit("/", 1)[-1], str(root).rsplit("/", 1)[-1] if root else "", entry.get("meta")]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
    return f"{one_word(name.rsplit('/', 1)[-1])}@{digest[:12]}"


class Endpoint:
    """A server at one address."""

    def __init__(self, url: str, options: RemoteOptions, vocabulary: Callable[[], Vocabulary], **more: Any) -> None:
        """Asks nothing yet. `more` goes to the `Connection`."""
        self._connection = Connection(url, key=options.key, times=options.times, **more)
        self._options = options
        self._load_vocabulary = vocabulary
        self._tokens: tuple[TokenServer, Judging] | None = None
        self._chat: ChatServer | None = None
        self._bylaw: BylawServer | None = None
        self.served: Served | None = None  #: None until `look` found out

    @property
    def url(self) -> str:
        """Its address."""
        return self._connection.url

    async def look(self) -> Served:
        """Find out what the endpoint serves; later, only whether it still serves the same.

        Raises:
            RemoteError: it cannot be used; the line says what to do.
        """
        entry = await self._model_entry()
        if self.served is not None and self.served.identity == identity_of(entry):
            if self._bylaw is not None:  # its replicas come and go
                self.served = self._described(entry, _bylaw_of(entry))
            return self.served
        self.served = None
        self.served = await self._examine(entry)
        return self.served

    async def _model_entry(self) -> Object:
        listed = (await self._connection.get("/v1/models")).get("data")
        listed = listed if isinstance(listed, list) else []
        entries = [each for each in listed if isinstance(each, dict) and each.get("id")]
        if not entries:
            raise EndpointRefused(f"{self.url} lists no models: load one there")
        wanted = self._options.model
        if not wanted and len(entries) > 1:
            raise EndpointRefused(f"{self.url} serves {_names(entries)}: set BYLAW_REMOTE_MODEL to one of them")
        for entry in entries:
            if not wanted or entry["id"] == wanted:
                return entry
        raise EndpointRefused(f"{self.url} serves {_names(entries)}, not BYLAW_REMOTE_MODEL={wanted}: change one")

    async def _examine(self, entry: Object) -> Served:
        self._tokens = self._chat = self._bylaw = None
        if bylaw := _bylaw_of(entry):
            return self._use_bylaw(entry, bylaw)
        if self._options.mode is Mode.BYLAW:
            raise EndpointRefused(
                f"{self.url} is not a `bylaw serve-judge`: check the address, or unset BYLAW_REMOTE_MODE"
            )
        options, model = self._options, str(entry["id"])
        family = options.family.of(f"{model} {entry.get('root', '')}")
        if options.mode is Mode.TOKENS and family is not Family.GPT_OSS:
            raise EndpointRefused(f"{self.url}: BYLAW_REMOTE_MODE=tokens needs a gpt-oss model; set it to chat")
        props = await self._props()
        served = Served(
            model=model,
            identity=identity_of(entry),
            software="llama-server" if props else "vLLM",
            mode=Mode.TOKENS,
            places=options.limits.per_endpoint or props.get("places") or PLACES_BY_TOKENS,
            context_tokens=props.get("context") or _number(entry.get("max_model_len")),
        )
        if family is Family.GPT_OSS and options.mode is not Mode.CHAT and await self._use_tokens(served, bool(props)):
            return served
        if options.mode is Mode.TOKENS:
            raise EndpointRefused(
                f"{self.url} does not accept token ids: use vLLM or llama-server, or BYLAW_REMOTE_MODE=chat"
            )
        chat = ChatServer(self._connection, model, family)
        await chat.find_abilities(fence_key=options.fence_key)
        self._chat = chat
        places = options.limits.per_endpoint or props.get("places") or PLACES_BY_CHAT
        software = "llama-server" if props else "chat"
        return dataclasses.replace(served, mode=Mode.CHAT, software=software, places=places)

    def _use_bylaw(self, entry: Object, bylaw: Object) -> Served:
        """Use a judge of our own kind: nothing else has to be found out."""
        if self._options.mode not in (Mode.AUTO, Mode.BYLAW):
            raise EndpointRefused(f"{self.url} is a `bylaw serve-judge`: unset BYLAW_REMOTE_MODE")
        if bylaw.get("protocol") != PROTOCOL:
            raise EndpointRefused(f"{self.url} runs another version of Bylaw: run the same version on both machines")
        self._bylaw = BylawServer(self._connection, longest_s=self._options.times.answer)
        return self._described(entry, bylaw)

    def _described(self, entry: Object, bylaw: Object) -> Served:
        return Served(
            model=one_word(str(entry["id"])),
            identity=identity_of(entry),
            software="Bylaw",
            mode=Mode.BYLAW,
            places=self._options.limits.per_endpoint or _number(bylaw.get("places")) or PLACES_BY_TOKENS,
            context_tokens=_number(bylaw.get("context_tokens")),
        )

    async def _props(self) -> dict[str, int]:
        """What llama-server says of itself; empty for other servers."""
        try:
            props = await self._connection.get("/props")
        except (EndpointRefused, EndpointFailed):
            return {}
        settings = props.get("default_generation_settings")
        if not isinstance(settings, dict):
            return {}
        places = _number(props.get("total_slots")) or 1
        return {"places": places, "context": _number(settings.get("n_ctx")) or 0}

    async def _use_tokens(self, served: Served, is_llama: bool) -> bool:
        """Whether the server takes ids. If it does, they must mean the same on both sides."""
        vocabulary = await asyncio.to_thread(self._load_vocabulary)
        server: LlamaServer | Vllm = (LlamaServer if is_llama else Vllm)(self._connection, served.model)
        if isinstance(server, Vllm) and not await server.takes_ids(final_header_ids(vocabulary)):
            return False
        if await server.text_of(vocabulary.encode(_SAMPLE)) not in (_SAMPLE, None):
            raise EndpointRefused(
                f"{self.url} serves a model without gpt-oss's vocabulary: check which model is loaded, or set "
                "BYLAW_REMOTE_FAMILY=generic"
            )
        options = self._options
        judging = Judging(
            vocabulary=vocabulary,
            fence_key=options.fence_key,
            judge=served.judge,
            clock=time.monotonic,
            tokens_per_sequence=min(options.context_tokens, served.context_tokens or options.context_tokens),
            reasoning_tokens=options.reasoning_tokens,
        )
        self._tokens = (server, judging)
        return True

    @property
    def judging(self) -> Judging | None:
        """How requests are laid out as ids; None where the endpoint is asked by chat."""
        return self._tokens[1] if self._tokens else None

    async def judge(self, request: JudgeRequest, *, again: bool = False, waited: float = 0.0) -> Judgement:
        """Judge a request here.

        Args:
            again: with the larger budget of a second look.
            waited: seconds that the request has waited.

        Raises:
            RemoteError: there is no answer that can be used.
        """
        if self._bylaw is not None:
            return await self._bylaw.judge(request, waited=waited)
        if self._tokens is not None:
            return await self._judge_by_tokens(*self._tokens, request, again=again, waited=waited)
        if self._chat is None or self.served is None:
            raise EndpointFailed(f"{self.url} is not ready")
        return await self._judge_by_chat(self._chat, self.served, request, again=again, waited=waited)

    async def _judge_by_tokens(
        self, server: TokenServer, judging: Judging, request: JudgeRequest, *, again: bool, waited: float
    ) -> Judgement:
        task = await asyncio.to_thread(judging.lay_out, request, seconds_waited=waited, again=again)
        if not isinstance(task, Task):
            return task
        writer = RemoteWriter(server, task.prompt, vocabulary=judging.vocabulary, rule_ids=request.policy.rule_ids)
        reply = await writer.reply(
            reasoning_tokens=task.reasoning_tokens, way=request.way, think_from=request.think_from
        )
        return judging.judgement_of(task, reply)

    async def _judge_by_chat(
        self, chat: ChatServer, served: Served, request: JudgeRequest, *, again: bool, waited: float
    ) -> Judgement:
        options, begun = self._options, time.monotonic()
        budgets = options.reasoning_tokens
        prompt = await asyncio.to_thread(chat_prompt, request, fence_key=options.fence_key, family=chat.family)
        budget = budgets.of(request.effort, rules=len(request.policy.rule_ids), messages=prompt.numbered)
        reply = await chat.ask(request, prompt, reasoning_tokens=budget * (budgets.again if again else 1))
        answer = reply.answer
        if not isinstance(answer, Answer):
            if not reply.cut:
                return answer
            return Undecided(reason=UndecidedReason.THINKING_CUT, detail="the tokens ran out before the answer")
        score_only = request.way is Way.SCREEN
        if score_only:  # the model cannot be stopped at its digit, but nothing else of its answer may count
            answer = Answer(Outcome.CLEAR, (), (), "", "")
        thought = Method.REASONED if answer.reasoning else Method.NO_REASONING
        provenance = Provenance(
            method=Method.SCREENED if score_only else thought,
            judge=served.judge,
            policy_fingerprint=request.policy.fingerprint,
            prompt_fingerprint=prompt.fingerprint,
            digit_mass=reply.digit_mass,
            prompt_tokens=reply.prompt_tokens,
            reply_tokens=reply.reply_tokens,
            seconds_waited=waited,
            seconds_computed=time.monotonic() - begun,
        )
        return answer.verdict(reply.score, provenance)

    @property
    def judges_by_itself(self) -> bool:
        """Whether the endpoint takes whole requests, looks twice by itself and knows its own room."""
        return self._bylaw is not None

    async def prepare(self, policy: PolicyText, effort: Effort) -> PolicyFit | None:
        """Have an endpoint that judges by itself get ready for a policy; None where it has no limit.

        Raises:
            RemoteError: there is no answer that can be used.
        """
        return await self._bylaw.prepare(policy, effort) if self._bylaw else None

    async def warm(self, prefix: tuple[int, ...]) -> None:
        """Have a policy's part of the prompt computed, so that the first message under it need not wait for that.

        Raises:
            RemoteError: the server does not answer.
        """
        if self._tokens is not None:
            server, judging = self._tokens
            await server.go_on(prefix, most=1, control=judging.vocabulary.control)

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        await self._connection.close()


def _bylaw_of(entry: Object) -> Object:
    """What `bylaw serve-judge` says of itself in its list of models; empty for other servers."""
    bylaw = entry.get("bylaw")
    return bylaw if isinstance(bylaw, dict) else {}


def _number(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _names(entries: list[Object]) -> str:
    names = [one_word(str(each["id"])) for each in entries]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
