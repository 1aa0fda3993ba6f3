"""Reads policy texts beside the event loop, which serves all servers: one admin's long text must not hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from guild_policies.findings import Finding
from guild_policies.lint import lint
from guild_policies.policy import Policy
from guild_policies.text.parse import policy_of

T = TypeVar("T")

SHORT = 4_000  #: characters; what is not longer is read at once, which is quicker than handing it over


async def beside_the_loop(work: Callable[[], T], *texts: str) -> T:
    """The result of work on these texts, done in a thread unless they are short together."""
    if sum(map(len, texts)) <= SHORT:
        return work()
    return await asyncio.to_thread(work)


async def read_policy(text: str) -> Policy:
    """The policy of a text."""
    return await beside_the_loop(partial(policy_of, text), text)


async def read_ahead(texts: Iterable[str]) -> None:
    """Read these texts, so that `policy_of` has them at hand for whoever is about to ask for them."""
    for text in texts:
        await read_policy(text)


async def lint_policy(text: str) -> tuple[Finding, ...]:
    """Everything there is to say about a text; see `guild_policies.lint`."""
    return await beside_the_loop(partial(lint, text), text)
