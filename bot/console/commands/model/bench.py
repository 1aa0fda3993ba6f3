"""`bylaw model bench`: measures how fast this machine judges, in messages per second and per day."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import EffortOption, JsonOption, ModelArgument, ModelOption
from classifier import Effort, UndecidedReason, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from classifier import Judge, JudgeRequest, PolicyText

AT_ONCE = (1, 4, 16, 64)
POLICY = "scams"
_SERVERS = 20
_DAY_S = 86_400
_LONGEST_WAIT = 4  # a message may take this many times the measured seconds

#: These have no result, so they don't count as work done.
_NOT_JUDGED = {
    UndecidedReason.DEADLINE, UndecidedReason.JUDGE_CRASHED, UndecidedReason.JUDGE_UNAVAILABLE,
    UndecidedReason.QUEUE_FULL,
}  # fmt: skip

#: Typical messages; one in twenty breaks the starter policy.
MESSAGES = (
    "anyone up for a round tonight? we still need two for the raid, starts around nine",
    "lol no way, that was the last thing I expected from him",
    "I think the second book is better, but the ending felt a bit rushed to me",
    "could somebody look at my code? it says index out of range and I have no idea why",
    "happy birthday!! hope you get some cake today",
    "the patch notes are out: they nerfed the bow again, and the new map comes on Friday",
    "my cat just walked over the keyboard and sent an email to my boss, so that was my day",
    "does the server move to the new host this weekend, or was that put off again?",
    "good morning everyone",
    "tried the recipe from yesterday, used half the sugar and it still came out great",
    "this is the third time the lift in our house is broken, and I live on the sixth floor",
    "what headphones do you use? mine died after two years and I do not want to spend much",
    "the exam was fine, except for the last question, which nobody understood",
    "who has seen the film already? no spoilers please, I am going on Saturday",
    "ok so apparently you have to hold the button for five seconds, then it restarts",
    "thanks for the help yesterday, it works now, it was the cable after all",
    "we lost three to one, but honestly we played much better than last week",
    "is it just me or is everything slow today?",
    "I put the photos from the meeting into the other channel, tell me if somebody is missing",
    "FREE NITRO for everyone!! claim it in the next hour at steamcommunlty-gift.example before it is gone",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What was judged with this many messages at once."""

    at_once: int
    messages: int
    reply_tokens: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Messages judged per second; 0 if none."""
        return self.messages / self.seconds if self.seconds else 0.0

    @property
    def tokens_per_second(self) -> float:
        """Tokens written per second, all messages together."""
        return self.reply_tokens / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The measurements of one model on this machine."""

    judge: str
    places: int  #: how many messages the engine judges at once
    prompt_tokens_per_second: float | None
    rates: tuple[Rate, ...]


def bench(
    file: ModelArgument = None,
    model: ModelOption = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, max=3600, help="How many seconds to measure each of the four.")
    ] = 15.0,
    effort: EffortOption = None,
    probe: Annotated[bool, typer.Option("--probe", help="Let the model answer immediately, without thinking.")] = False,
    json: JsonOption = False,
) -> None:
    """Measure how fast this machine judges with 1, 4, 16 and 64 messages at once, under a starter policy."""
    from bot.console.inputs.files import load_settings, named_once
    from bot.console.inputs.judge import model_file
    from bot.console.screen.output import print_json, print_line, terminal_text

    settings, named = load_settings(), named_once(model, file, noun="model", name="--model")
    model, effort = model_file(named or settings.model_path), effort or settings.effort
    found = asyncio.run(_bench(model, seconds, effort, probe=probe))
    if json:
        print_json({"model": str(model), "policy": POLICY, "effort": effort.value, "probe": probe, **as_json(found)})
    else:
        for line in shown(found):
            print_line(terminal_text(line))


async def _bench(model: Path, seconds: float, effort: Effort, *, probe: bool) -> Result:
    from bot.console.inputs.judge import open_judge
    from bot.console.inputs.options import JudgeName
    from classifier.llama.client.judge import LlamaJudge

    async with open_judge(JudgeName.LLAMA, model) as judge:
        places = judge.wrapped.places if isinstance(judge.wrapped, LlamaJudge) else 1
        prompt_speed = await reading_speed(judge, starter_policies(), effort)
        rates = []
        for at_once in steps(places):
            questions = requests(
                starter_policies()[0], effort, probe=probe, deadline_s=max(60.0, _LONGEST_WAIT * seconds)
            )
            rates.append(await measure(judge, questions, at_once=at_once, seconds=seconds))
        return Result(judge=judge.name, places=places, prompt_tokens_per_second=prompt_speed, rates=tuple(rates))


def starter_policies() -> tuple[PolicyText, ...]:
    """The starter policies as a judge reads them; the first is the one to judge with."""
    from guild_policies.compile import compile_policy
    from guild_policies.templates import BASICS, load
    from guild_policies.text.parse import parse

    ordered = sorted(BASICS, key=lambda name: name != POLICY)
    return tuple(compile_policy(parse(load(name)).policy) for name in ordered)


def steps(places: int) -> tuple[int, ...]:
    """The numbers of simultaneous messages to measure. Values above the engine's maximum are replaced by it, because
    more would only wait."""
    return tuple(sorted({min(number, places) for number in AT_ONCE}))


def requests(policy: PolicyText, effort: Effort, *, probe: bool, deadline_s: float) -> Iterator[JudgeRequest]:
    """An endless series of messages, all different, from many servers."""
    from classifier import Content, JudgeRequest, Message, Way

    for number, text in enumerate(itertools.cycle(MESSAGES)):
        content = Content(target=Message(text=f"{text} {number}", author="A"))
        yield JudgeRequest(
            policy=policy,
            content=content,
            effort=effort,
            way=Way.PROBE if probe else Way.REASON,
            server=number % _SERVERS,
            deadline_s=deadline_s,
        )


async def reading_speed(
    judge: Judge, policies: Sequence[PolicyText], effort: Effort, *, clock: Callable[[], float] = time.monotonic
) -> float | None:
    """Prompt tokens computed per second: each policy's part, once. None if the judge doesn't report it."""
    begun, tokens = clock(), 0
    for policy in policies:
        room = await judge.prepare(policy, effort=effort)
        if room is None:
            return None
        tokens += room.tokens
    return tokens / (clock() - begun)


async def measure(
    judge: Judge,
    questions: Iterator[JudgeRequest],
    *,
    at_once: int,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Rate:
    """Keep this many messages in flight and count the answers within `seconds`.

    The clock starts when as many messages were answered as are in flight, because the first ones all begin together.
    """
    from contextlib import aclosing

    from classifier.judge_many import judge_many

    answered = messages = tokens = 0
    begun = now = clock()
    async with aclosing(judge_many(judge, ((None, question) for question in questions), limit=at_once)) as answers:
        async for _, judgement in answers:
            now = clock()
            answered += 1
            if answered <= at_once:
                begun = now
                continue
            if isinstance(judgement, Verdict):
                tokens += judgement.provenance.reply_tokens
            messages += isinstance(judgement, Verdict) or judgement.reason not in _NOT_JUDGED
            if now - begun >= seconds:
                break
    return Rate(at_once=at_once, messages=messages, reply_tokens=tokens, seconds=now - begun)


def as_json(found: Result) -> dict[str, object]:
    """The result as JSON."""
    speed = found.prompt_tokens_per_second
    return {
        "judge": found.judge,
        "places": found.places,
        "prompt_tokens_per_second": None if speed is None else round(speed, 1),
        "rates": [
            {
                "at_once": rate.at_once,
                "messages_per_second": round(rate.per_second, 3),
                "messages_per_day": round(rate.per_second * _DAY_S),
                "reply_tokens_per_second": round(rate.tokens_per_second, 1),
                "messages": rate.messages,
                "seconds": round(rate.seconds, 1),
            }
            for rate in found.rates
        ],
        "messages_a_day": {name: round(count) for name, count in messages_a_day(found).items()},
    }


def shown(found: Result) -> Iterator[str]:
    """The result for people."""
    yield found.judge
    if found.prompt_tokens_per_second is not None:
        yield f"It reads {found.prompt_tokens_per_second:,.0f} tokens a second."
    yield f"{'at once':>7} {'messages/s':>12} {'messages/day':>14} {'tokens written/s':>18}"
    for rate in found.rates:
        yield (
            f"{rate.at_once:>7} {rate.per_second:>12.2f} {_three_digits(rate.per_second * _DAY_S):>14,} "
            f"{rate.tokens_per_second:>18,.0f}"
        )
    if found.places < AT_ONCE[-1]:
        yield f"The engine takes {found.places} at once here; more would wait."
    if per_day := messages_a_day(found):
        yield "With replies as long as the real model's, without a pause:"
        for name, count in per_day.items():
            yield f"  {name}: about {_three_digits(count):,} messages a day"


def messages_a_day(found: Result) -> dict[str, float]:
    """Messages per day with the real model's reasoning lengths. Empty if the judge reports no speeds."""
    from bot.capacity.plan import Load, Speeds, plan

    written = max((rate.tokens_per_second for rate in found.rates), default=0.0)
    if not found.prompt_tokens_per_second or not written:
        return {}
    speeds = Speeds(read=found.prompt_tokens_per_second, written=written, places=found.places)
    loads = {
        "1 policy": Load(messages_per_day=1.0),
        "6 policies": Load(messages_per_day=1.0, policies=6),
        "1 policy, if the first look settles 80 %": Load(messages_per_day=1.0, skipped=0.8),
        "6 policies, if the first look settles 80 %": Load(messages_per_day=1.0, policies=6, skipped=0.8),
    }
    return {name: plan(speeds, load).messages_a_day for name, load in loads.items()}


def _three_digits(number: float) -> int:
    """Round to the precision of such a measurement."""
    return int(float(f"{number:.3g}"))
