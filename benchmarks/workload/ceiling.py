"""What no engine on this machine can beat: the arithmetic. Pure.

`llama-batched-bench` does nothing but compute, as many sequences at once as it is told, with no queue, no sampling and
no text, and says how many tokens of prompt and how many decoded tokens a second that is. An ideal engine computes each
token once and is never idle, so the work of a workload takes it

    seconds = (message tokens + policy tokens not seen before) / prompt speed + decoded tokens / decode speed

where

* message tokens are those of the prompts behind the policy's part, every one of them;
* policy tokens not seen before are those that are in no earlier prompt, the warm-up's included (with 200 policies
  some come up for the first time);
* of n tokens that are written, n - 1 are decoded: the first comes with the prompt, and nobody reads what is behind the
  last. Of a probe nothing is decoded;
* both speeds are those of the one setting and number of sequences with which llama-batched-bench would do this work
  soonest (`benchmarks.engine.reference_speed`), its prompt as long as ours (600 tokens, shared), decoding right behind
  it.

`messages / seconds` is the ceiling in messages a second. It is a little too high for every engine: prompt speed is
measured on a prompt of 600 tokens from its start, and a message comes after one, where attention costs more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.workload.jobs import Job, new_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One line of llama-batched-bench: tokens a second at this number of sequences."""

    settings: str
    sequences: int
    prompt: float
    decode: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The tokens that must be computed for some messages."""

    messages: int
    prompt_tokens: int
    decoded_tokens: int

    def seconds(self, speed: Speed) -> float:
        """The least time for it."""
        return self.prompt_tokens / speed.prompt + self.decoded_tokens / speed.decode

    def ceiling(self, speed: Speed) -> float:
        """Messages a second that no engine beats."""
        return self.messages / self.seconds(speed)


def work_of(jobs: Sequence[Job], *, known: Iterable[Job]) -> Work:
    """What must be computed for `jobs` once the prompts of `known` were computed."""
    seen = {job.post.policy: job for job in known}
    prompt_tokens = 0
    for job in jobs:
        if job.post.policy not in seen:
            prompt_tokens += new_tokens(seen.values(), job)
            seen[job.post.policy] = job
        prompt_tokens += job.message_length
    return Work(
        messages=len(jobs), prompt_tokens=prompt_tokens, decoded_tokens=sum(max(job.tokens - 1, 0) for job in jobs)
    )
