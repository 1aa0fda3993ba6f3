"""What goes over the pipe between the bot and the engine: one JSON object a line, plain data, bounded length.

No pickled objects: neither side runs code that the other one sent.

A policy is a text of JSON inside the line. It is long and repeated with every message, so both sides cache it in the
form that they need.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.content import Content, Message, Part, PartKind, Standing
from classifier.inventing import Invented, Inventions, InventRequest
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit, Way
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt_variant import PromptVariant
from classifier.verdict import Judgement, Method, Outcome, Provenance, Undecided, UndecidedReason, Verdict

_REMEMBERED_POLICIES = 256
LONGEST_LINE = 4 << 20  #: bytes; the longest policy that lint lets through takes a tenth of it


class WireError(Exception):
    """A line is too long or has the wrong form. The message quotes nothing from the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """To the engine: judge this. `request.deadline_s` counts from the moment the line is read."""

    id: int
    request: JudgeRequest
    seconds_waited: float
    again: bool = False  #: the thinking of its first answer was cut: give it more


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the engine: this answer is no longer needed."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """To the engine: compute the part of the prompt that is the same for every content under this policy."""

    id: int
    policy: PolicyText
    effort: Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """From the engine: the model is loaded."""

    judge: str  #: ``gguf:<sha256> wording:<version>``
    description: str  #: one line for people
    places: int = 1  #: how many requests it works on at once


@dataclass(frozen=True, slots=True)
class Failed:
    """From the engine: the model cannot be used. The message is one line that says what to do."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """From the engine: what came of an `Ask`. None when it was cancelled."""

    id: int
    judgement: Judgement | Inventions | None
    reply_tokens: int = 0  #: computed for it behind the prompt, whether they came to an answer or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """From the engine: what came of a `Prepare`. Where the policy does not fit, nothing was computed."""

    id: int
    room: PolicyFit


@dataclass(frozen=True, slots=True)
class Progress:
    """From the engine, about once a second while it has work: it is not hung."""

    steps: int  #: how many times it ran the model since it was started
    prompt_tokens: int = 0  #: of all that it was asked since then
    reused_tokens: int = 0  #: of these, those that were in its cache of policies


@dataclass(frozen=True, slots=True)
class Note:
    """From the engine: one line for the log, such as that it had to do with less memory."""

    message: str


Command = Ask | Cancel | Prepare
Report = Ready | Failed | Answer | Prepared | Progress | Note


def options_line(options: EngineOptions) -> bytes:
    """The first line to the engine. It holds the fence key and must not be logged."""
    return _line(
        {
            "model": str(options.model),
            "fence_key": options.fence_key.hex(),
            "context_tokens": options.context_tokens,
            "sequences": options.sequences,
            "cache_tokens": options.cache_tokens,
            "batch_tokens": options.batch_tokens,
            "gpu_layers": options.gpu_layers,
            "gpu_split": options.gpu_split,
            "threads": options.threads,
            "cache_folder": str(options.cache_folder) if options.cache_folder else None,
            "reasoning_tokens": asdict(options.reasoning_tokens),
        }
    )


def read_options(line: bytes) -> EngineOptions:
    """The other end of `options_line`."""
    try:
        data = json.loads(line)
        return EngineOptions(
            model=Path(data["model"]),
            fence_key=bytes.fromhex(data["fence_key"]),
            context_tokens=data["context_tokens"],
            sequences=data["sequences"],
            cache_tokens=data["cache_tokens"],
            batch_tokens=data["batch_tokens"],
            gpu_layers=data["gpu_layers"],
            gpu_split=tuple(data["gpu_split"]) if data["gpu_split"] else None,
            threads=data["threads"],
            cache_folder=Path(data["cache_folder"]) if data["cache_folder"] else None,
            reasoning_tokens=ReasoningTokens(**data["reasoning_tokens"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("the first line is not the engine's options") from error


def command_line(command: Command) -> bytes:
    """A line to the engine.

    Raises:
        WireError: it would be longer than `LONGEST_LINE`.
    """
    if isinstance(command, Cancel):
        return _line({"cancel": command.id})
    if isinstance(command, Prepare):
        return _line({"prepare": command.id, "policy": _policy_text(command.policy), "effort": command.effort})
    request = command.request
    return _line(
        {
            "ask": command.id,
            "waited": command.seconds_waited,
            "again": command.again,
            "policy": _policy_text(request.policy),
            "target": asdict(request.content.target),
            "context": [asdict(message) for message in request.content.context],
            "conversation": [asdict(message) for message in request.content.conversation],
            "effort": request.effort,
            "way": request.way,
            "think_from": request.think_from,
            "lane": request.lane,
            "server": request.server,
            "deadline": request.deadline_s,
            "variant": None if request.variant is None else asdict(request.variant),
            "invent": request.count if isinstance(request, InventRequest) else 0,
        }
    )


def read_command(line: bytes) -> Command:
    """The other end of `command_line`.

    Raises:
        WireError: the line is not one of these.
    """
    try:
        data = json.loads(line)
        if "cancel" in data:
            return Cancel(data["cancel"])
        if "prepare" in data:
            return Prepare(id=data["prepare"], policy=_policy(data["policy"]), effort=Effort(data["effort"]))
        return Ask(id=data["ask"], seconds_waited=data["waited"], again=data["again"], request=_request(data))
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("a line is not a command") from error


def report_line(report: Report) -> bytes:
    """A line from the engine.

    Raises:
        WireError: it would be longer than `LONGEST_LINE`.
    """
    match report:
        case Failed():
            return _line({"failed": report.message})
        case Ready():
            return _line({"ready": report.judge, "description": report.description, "places": report.places})
        case Prepared():
            return _line({"prepared": report.id, "room": asdict(report.room)})
        case Progress():
            return _line({"progress": report.steps, "prompt": report.prompt_tokens, "reused": report.reused_tokens})
        case Note():
            return _line({"note": report.message})
        case Answer():
            judgement = None if report.judgement is None else asdict(report.judgement)
            return _line({"answer": report.id, "judgement": judgement, "reply_tokens": report.reply_tokens})


def read_report(line: bytes) -> Report:
    """The other end of `report_line`.

    Raises:
        WireError: the line is not one of these.
    """
    try:
        data = json.loads(line)
        if "failed" in data:
            return Failed(str(data["failed"]))
        if "ready" in data:
            return Ready(judge=str(data["ready"]), description=str(data["description"]), places=int(data["places"]))
        if "prepared" in data:
            return Prepared(id=data["prepared"], room=PolicyFit(**data["room"]))
        if "progress" in data:
            return Progress(int(data["progress"]), int(data["prompt"]), int(data["reused"]))
        if "note" in data:
            return Note(str(data["note"]))
        judgement = data["judgement"]
        return Answer(
            id=data["answer"],
            judgement=None if judgement is None else _judgement(judgement),
            reply_tokens=int(data["reply_tokens"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("a line is not a report") from error


def _line(data: dict[str, Any]) -> bytes:
    line = json.dumps(data, separators=(",", ":")).encode() + b"\n"
    if len(line) > LONGEST_LINE:
        raise WireError(f"a line of {len(line):,} bytes")
    return line


def _request(data: dict[str, Any]) -> JudgeRequest:
    count = data["invent"]
    kind: Callable[..., JudgeRequest] = functools.partial(InventRequest, count=count) if count else JudgeRequest
    return kind(
        policy=_policy(data["policy"]),
        content=Content(
            target=_message(data["target"]),
            context=tuple(_message(message) for message in data["context"]),
            conversation=tuple(_message(message) for message in data["conversation"]),
        ),
        effort=Effort(data["effort"]),
        way=Way(data["way"]),
        think_from=data["think_from"],
        lane=Lane(data["lane"]),
        server=data["server"],
        deadline_s=data["deadline"],
        variant=None if data["variant"] is None else PromptVariant(**data["variant"]),
    )


def _message(data: dict[str, Any]) -> Message:
    parts = tuple(Part(kind=PartKind(part["kind"]), text=part["text"]) for part in data["parts"])
    return Message(**{**data, "parts": parts, "standing": Standing(data["standing"])})


@functools.lru_cache(maxsize=_REMEMBERED_POLICIES)
def _policy_text(policy: PolicyText) -> str:
    return json.dumps(asdict(policy), separators=(",", ":"))


@functools.lru_cache(maxsize=_REMEMBERED_POLICIES)
def _policy(text: str) -> PolicyText:
    data = json.loads(text)
    rules = tuple(
        RuleText(
            **{
                **rule,
                "examples": tuple(LabelledExample(**example) for example in rule["examples"]),
                "patterns": tuple(rule["patterns"]),
            }
        )
        for rule in data["rules"]
    )
    guidance = tuple((heading, text) for heading, text in data["guidance"])
    return PolicyText(**{**data, "rules": rules, "guidance": guidance, "definitions": tuple(data["definitions"])})


def _judgement(data: dict[str, Any]) -> Judgement | Inventions:
    if "invented" in data:
        return Inventions(invented=tuple(Invented(**each) for each in data["invented"]))
    if "reason" in data:
        return Undecided(reason=UndecidedReason(data["reason"]), detail=data["detail"])
    provenance = Provenance(**{**data["provenance"], "method": Method(data["provenance"]["method"])})
    return Verdict(
        **{
            **data,
            "outcome": Outcome(data["outcome"]),
            "rule_ids": tuple(data["rule_ids"]),
            "messages": tuple(data["messages"]),
            "provenance": provenance,
        }
    )
