"""The traffic that every side gets: made-up policies and messages, and who writes when. Pure; a seed decides it all.

Texts are words in random order: a model with random weights reads nothing, and every side reads the same. What counts
is real: prompts are Bylaw's own (`classifier.prompt.harmony`), a policy's part of one is about 600 tokens, and the
length of messages spreads as in chat, where most are short and a few are long.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from classifier import PolicyText, RuleText

POLICY_WORDS = 170  #: about 600 tokens with the frame that Bylaw writes around every policy
MESSAGE_WORDS_MEDIAN, MESSAGE_WORDS_SPREAD = 19.0, 0.85  #: log-normal: 27 on average, about 60 tokens with marks
LONGEST_MESSAGE = 300  #: words
FLOOD_WORDS = 24  #: of the text that a raid repeats
RULES = 5

_VOCABULARY = """
about after again all also always another any around away back because been before being best better big both bring
build call came card change channel chat check clear close come could day different does done down each early easy end
enough even ever every evening fair family far few find first five food for found free friend from full fun game gave
get give glad going gone good great group had hard have head hear help here high hold home hope house how idea into
just keep kind know last late learn least leave left less let life like line list little live long look lost lot love
made main make many map may mean meet might mind more morning most move much music must name near need never new next
nice night nobody not nothing now number off offer often old once one only open order other our out over own page part
past people person phone photo piece place plan play point post quick quiet quite rather read ready real really right
room round rule run said same save say school second see seem sell send server set share short should show side since
small some song soon sort sound spam start stay still stop story strange such sure table take talk team tell than thank
that their them then there these they thing think this those three time today together tomorrow tonight too took topic
town trade try turn two under until update upon use very video voice wait walk want watch water way week well went were
what when where which while who whole why will win wish with without word work world worth would write wrong year yes
yet you young your
"""
WORDS = tuple(_VOCABULARY.split())


@dataclass(frozen=True, slots=True)
class Post:
    """One message and the policy that it is judged under."""

    policy: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Whose messages come in."""

    policies: int
    choose: Callable[[random.Random], int]  #: the policy of the next message
    alike: float = 0.0  #: of the messages under the first policy, the share that repeats one text


def _even(policies: int) -> Callable[[random.Random], int]:
    return lambda dice: dice.randrange(policies)


def zipf_weights(count: int) -> tuple[float, ...]:
    """Zipf's law: the n-th has 1/n of what the first one has."""
    return tuple(1 / rank for rank in range(1, count + 1))


def _zipf(policies: int) -> Callable[[random.Random], int]:
    ranks, weights = range(policies), zipf_weights(policies)
    return lambda dice: dice.choices(ranks, weights)[0]


def _raided(policies: int, share: float) -> Callable[[random.Random], int]:
    return lambda dice: 0 if dice.random() < share else dice.randrange(1, policies)


MIXES = {
    "one_policy": Mix(policies=1, choose=_even(1)),
    "twenty_policies": Mix(policies=20, choose=_even(20)),
    "zipf_200": Mix(policies=200, choose=_zipf(200)),
    "raid": Mix(policies=20, choose=_raided(20, 0.8), alike=0.9),
}


def zipf_mix(policies: int) -> Mix:
    """This many policies, the n-th with 1/n of the messages of the first."""
    return Mix(policies=policies, choose=_zipf(policies))


def posts(mix: Mix, count: int, *, seed: int) -> Iterator[Post]:
    """This many messages, in the order in which they are written."""
    dice = random.Random(seed)
    flood = _words(dice, FLOOD_WORDS)
    for _ in range(count):
        policy = mix.choose(dice)
        copied = policy == 0 and dice.random() < mix.alike
        yield Post(policy, f"{_words(dice, 3)} {flood}" if copied else message_text(dice))


def message_text(dice: random.Random) -> str:
    """One chat message, mostly short."""
    length = round(math.exp(dice.gauss(math.log(MESSAGE_WORDS_MEDIAN), MESSAGE_WORDS_SPREAD)))
    return _words(dice, min(max(length, 1), LONGEST_MESSAGE))


def policies(count: int, *, words: int = POLICY_WORDS, seed: int = 0) -> tuple[PolicyText, ...]:
    """`count` policies, each with five rules and the same number of words, no two alike; a shorter list is the start
    of a longer one."""
    return tuple(_policy(number, words, random.Random(f"{seed}/{number}")) for number in range(count))


def _policy(number: int, words: int, dice: random.Random) -> PolicyText:
    share = words // (2 * RULES)
    rules = tuple(
        RuleText(id=f"R{rule}", title=_words(dice, 3), breaks_it=_words(dice, share), does_not=_words(dice, share))
        for rule in range(1, RULES + 1)
    )
    return PolicyText(title=f"{_words(dice, 2)} {number}", rules=rules)


def _words(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(WORDS, k=count))


def arrivals(count: int, *, rate: float, seed: int = 0) -> Sequence[float]:
    """When messages come, in seconds from the start: a Poisson process with `rate` messages per second."""
    dice = random.Random(seed)
    times, now = [], 0.0
    for _ in range(count):
        now += dice.expovariate(rate)
        times.append(now)
    return times
