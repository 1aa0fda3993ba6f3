"""The traffic of the engine's benchmark: the same for every side, as long as in chat, in the shares it names."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.workload.jobs import jobs, new_tokens
from benchmarks.workload.traffic import (
    LONGEST_MESSAGE,
    MIXES,
    arrivals,
    message_text,
    policies,
    posts,
    zipf_weights,
)
from classifier.llama.model_file.vocabulary import LlamaVocabulary, open_vocabulary


@pytest.fixture(scope="module")
def vocabulary(tiny_model: Path) -> LlamaVocabulary:
    return open_vocabulary(tiny_model)


@pytest.mark.parametrize("name", MIXES)
def test_a_seed_decides_all_traffic(name: str) -> None:
    """The same seed gives every side the same messages, another one others."""
    mix = MIXES[name]
    assert list(posts(mix, 50, seed=1)) == list(posts(mix, 50, seed=1)) != list(posts(mix, 50, seed=2))


def test_messages_are_as_long_as_in_chat() -> None:
    """Most messages are short, a few are long, none is longer than allowed."""
    dice = random.Random(0)
    lengths = [len(message_text(dice).split()) for _ in range(2_000)]
    assert 15 < statistics.median(lengths) < 24
    assert statistics.mean(lengths) > statistics.median(lengths)
    assert 1 <= min(lengths) <= max(lengths) <= LONGEST_MESSAGE


def test_a_raid_floods_one_server_with_nearly_the_same_text() -> None:
    """Four of five messages go to the first policy, and most of those end alike."""
    flood = [post.text.split()[-10:] for post in posts(MIXES["raid"], 1_000, seed=0) if post.policy == 0]
    assert 0.75 < len(flood) / 1_000 < 0.85
    assert Counter(map(tuple, flood)).most_common(1)[0][1] > 0.85 * len(flood)


def test_zipf_gives_the_first_policy_twice_as_much_as_the_second() -> None:
    """The n-th policy has 1/n of the first one's messages, and all of them have some."""
    weights = zipf_weights(200)
    assert weights[0] / weights[1] == 2
    counts = Counter(post.policy for post in posts(MIXES["zipf_200"], 5_000, seed=0))
    assert counts[0] == max(counts.values())
    assert set(counts) <= set(range(200))


def test_policies_are_all_different_and_stay_the_same() -> None:
    """The first of 20 policies are the first of 200, and no two are alike."""
    many = policies(200)
    assert policies(20) == many[:20]
    assert len({policy.fingerprint for policy in many}) == 200


def test_arrivals_come_at_the_rate_that_was_asked_for() -> None:
    """Times grow, and on average this many messages come in a second."""
    times = arrivals(4_000, rate=2.5)
    assert all(earlier < later for earlier, later in pairwise(times))
    assert len(times) / times[-1] == pytest.approx(2.5, rel=0.05)


def test_jobs_share_the_policys_part_and_nothing_else(vocabulary: LlamaVocabulary) -> None:
    """Prompts under one policy begin with the same ids; the ending goes behind the message."""
    work = jobs(posts(MIXES["one_policy"], 4, seed=0), policies(1), tokens=7, vocabulary=vocabulary, ending=(5, 6))
    assert len({job.ids[: job.prefix_length] for job in work}) == 1
    assert len({job.ids for job in work}) == 4
    assert all(job.ids[-2:] == (5, 6) and job.tokens == 7 for job in work)
    assert all(job.message_length == len(job.ids) - job.prefix_length for job in work)


def test_a_known_policy_has_no_new_tokens(vocabulary: LlamaVocabulary) -> None:
    """What is new of a policy is what is in no earlier prompt: the frame around all policies is known."""
    first, second = (
        jobs([post], policies(2), tokens=1, vocabulary=vocabulary)[0]
        for post in {
            post.policy: post for post in posts(MIXES["twenty_policies"], 400, seed=0) if post.policy < 2
        }.values()
    )
    assert new_tokens([], first) == first.prefix_length
    assert new_tokens([first], first) == 0
    assert 0 < new_tokens([first], second) < second.prefix_length
