"""Reads policy texts in a thread, so that one admin's long text doesn't block the event loop, which serves all
servers."""

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

SHORT = 4_000  #: characters; shorter texts are read at once, which is faster than using a thread


async def beside_the_loop(work: Callable[[], T], *texts: str) -> T:
    """Run work on these texts in a thread, unless their total length is short."""
    if sum(map(len, texts)) <= SHORT:
        return work()
    return await asyncio.to_thread(work)


async def read_policy(text: str) -> Policy:
    """Parse a policy's text."""
    return await beside_the_loop(partial(policy_of, text), text)


async def read_ahead(texts: Iterable[str]) -> None:
    """Parse these texts in advance, so that `policy_of` has them cached."""
    for text in texts:
        await read_policy(text)


async def lint_policy(text: str) -> tuple[Finding, ...]:
    """All findings about a text; see `guild_policies.lint`."""
    return await beside_the_loop(partial(lint, text), text)
