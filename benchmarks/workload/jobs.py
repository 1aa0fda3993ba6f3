"""Messages as token ids: what goes to every side, to the last token the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.workload.traffic import MIXES, WORDS, Post, policies, posts
from classifier import Content, Effort, Message, PolicyText
from classifier.prompt.harmony import build_prompt
from classifier.prompt.vocabulary import ByteVocabulary, Vocabulary

FENCE_KEY = b"a benchmark has no secrets"
_WORD = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A prompt and how many tokens are written behind it."""

    ids: tuple[int, ...]
    prefix_length: int  #: how many of the ids are the policy's and come again with its next message
    tokens: int
    post: Post

    @property
    def message_length(self) -> int:
        """Tokens of the prompt behind the policy's part."""
        return len(self.ids) - self.prefix_length


def jobs(
    posts: Iterable[Post],
    policies: Sequence[PolicyText],
    *,
    tokens: int,
    vocabulary: Vocabulary,
    ending: tuple[int, ...] = (),
) -> list[Job]:
    """A job for each message, with Bylaw's own prompt; `ending` goes behind it (for a probe, the answer's opening)."""
    return [_job(post, policies[post.policy], tokens, vocabulary, ending) for post in posts]


def _job(post: Post, policy: PolicyText, tokens: int, vocabulary: Vocabulary, ending: tuple[int, ...]) -> Job:
    content = Content(target=Message(text=post.text))
    prompt = build_prompt(policy, content, effort=Effort.LOW, vocabulary=vocabulary, fence_key=FENCE_KEY)
    return Job(ids=(*prompt.ids, *ending), prefix_length=prompt.prefix_length, tokens=tokens, post=post)


def words_of_prompts() -> tuple[str, ...]:
    """Every word that prompts of this traffic consist of, for a made-up vocabulary that has them as whole tokens.

    What two prompts have in common is the instructions, without the marks' codes; everything else is traffic's.
    """
    some = jobs(
        posts(MIXES["twenty_policies"], 2, seed=0), policies(20), tokens=0, vocabulary=(spelling := ByteVocabulary())
    )
    first, second = (set(_WORD.findall(spelling.decode(job.ids).decode())) for job in some)
    return tuple(sorted({*(first & second), *WORDS}))


def longest(some: Iterable[Job]) -> int:
    """Tokens of the longest prompt with what is written behind it."""
    return max(len(job.ids) + job.tokens for job in some)


def new_tokens(before: Iterable[Job], job: Job) -> int:
    """How many tokens of the policy's part of `job` are in no prompt of `before`, so that they cannot be cached."""
    prefix = job.ids[: job.prefix_length]
    shared = max((_common(prefix, other.ids) for other in before), default=0)
    return job.prefix_length - shared


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
