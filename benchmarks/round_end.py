"""What admitting by expected length would gain at the end of a round: `python -m benchmarks.round_end REPLIES`.

REPLIES is a file of logged replies with their lengths (JSON lines, as `benchmarks.evaluation.public_replies` reads). A
round ends with a few long replies in a batch that has room for many. Longest first would help if lengths were known;
before a reply is written there is only its policy, whose replies so far have a mean, and the length of the message.

Bylaw's own batching runs over a decoder that computes nothing and keeps time instead: a step of n rows takes
19 + 2.4 n ms, a token that is read 1 ms (`small` on 2 cores, classifier/llama/README.md, "The cache").
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.llama.engine.batching import Batching, Job
from classifier.llama.engine.decoding import Feed, Row, Writing
from classifier.llama.engine.prefix_cache import PrefixCache
from classifier.llama.engine.reply_form import Reply, Thinking

PLACES = 32
WINDOW = PLACES // 2  #: what waits in the engine behind those at work; the rest waits for its server's turn
LONGEST = 1024  #: the budget at low effort
_PROMPT = 60
_STEP_S, _ROW_S, _READ_S = 0.019, 0.0024, 0.001
_ROW: Row = np.zeros(1, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedReply:
    """What is known of a reply before it is written, and its length."""

    policy: str
    message_chars: int
    tokens: int


class TimedDecoder:
    """Holds nothing and says how long a model would have taken."""

    sequences = PLACES
    batch_tokens = 256

    def __init__(self) -> None:
        self.seconds = 0.0

    def extend(self, chunks: Mapping[int, Sequence[int]]) -> None:
        """As `Decoder.extend`."""
        self.seconds += _READ_S * sum(map(len, chunks.values()))

    def step(self, tokens: Mapping[int, int]) -> Mapping[int, Row]:
        """As `Decoder.step`."""
        self.seconds += _STEP_S + _ROW_S * len(tokens)
        return dict.fromkeys(tokens, _ROW)

    def cut(self, sequence: int, length: int) -> None:
        """As `Decoder.cut`."""

    def keep(self, sequence: int) -> int:
        """As `Decoder.keep`."""
        return sequence

    def put(self, sequence: int, snapshot: int) -> None:
        """As `Decoder.put`."""


def round_seconds(replies: Iterable[LoggedReply]) -> float:
    """How long a round takes when replies are admitted in this order."""
    decoder = TimedDecoder()
    prefixes: PrefixCache[int] = PrefixCache(most_bytes=0, size_of=lambda _: 1)
    batching = Batching(decoder, prefixes, clock=lambda: decoder.seconds)
    for reply in replies:
        batching.add(Job(prefix=(), prompt=(1,) * _PROMPT, writing=_write(reply.tokens), deadline=math.inf))
    while batching.busy:
        batching.step()
    return decoder.seconds


def _write(tokens: int) -> Writing:
    for _ in range(tokens):
        yield Feed((0,))
    return Reply((), 0.0, 1.0, Thinking.NONE)


def longest_first(
    replies: Sequence[LoggedReply], expected: Callable[[LoggedReply], float], *, window: int
) -> Iterator[LoggedReply]:
    """Always the longest expected of the first `window` that wait, the first come of equals."""
    waiting = list(replies)
    while waiting:
        seen = waiting[:window]
        yield waiting.pop(max(range(len(seen)), key=lambda at: (expected(seen[at]), -at)))


def gains(replies: Sequence[LoggedReply], *, messages: int, rounds: int) -> dict[str, float]:
    """The share of a round's time that each order saves, on average."""
    lengths: dict[str, list[int]] = {}
    for reply in replies:
        lengths.setdefault(reply.policy, []).append(reply.tokens)
    means = {policy: statistics.fmean(tokens) for policy, tokens in lengths.items()}
    expectations: dict[str, Callable[[LoggedReply], float]] = {
        "its own length": lambda reply: reply.tokens,
        "its policy's mean": lambda reply: means[reply.policy],
        "its message's length": lambda reply: reply.message_chars,
    }
    saved: dict[str, list[float]] = {}
    dice = random.Random(0)
    for _ in range(rounds):
        work = [dice.choice(replies) for _ in range(messages)]
        usual = round_seconds(work)
        for by, expected in expectations.items():
            for among, window in (("all", messages), (f"{WINDOW}", WINDOW)):
                took = round_seconds(longest_first(work, expected, window=window))
                saved.setdefault(f"by {by}, among {among}", []).append(1 - took / usual)
    return {order: statistics.fmean(shares) for order, shares in saved.items()}


def read_replies(path: Path) -> list[LoggedReply]:
    """The first reply to each message of the log."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [
        LoggedReply(policy=row["policy"], message_chars=row["content_chars"], tokens=min(tokens, LONGEST))
        for row in rows
        for reply in row["replies"][:1]
        if (tokens := reply.get("completion_tokens"))
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line: a table of what each order saves."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.round_end", description=__doc__.partition(":")[0])
    parser.add_argument("replies", type=Path, metavar="REPLIES.jsonl")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    try:
        replies = read_replies(options.replies)
    except (OSError, ValueError, KeyError) as error:
        print(f"{options.replies} cannot be read: {error}", file=sys.stderr)
        return 1
    for messages in (64, 128, 512):
        for order, share in gains(replies, messages=messages, rounds=options.rounds).items():
            print(f"{messages} messages, longest first {order}: {share:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
