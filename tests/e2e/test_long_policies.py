"""A policy of tens of thousands of lines holds nobody up: it is refused when written, and read beside the loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from guild_policies.lint.fits_the_length_limit import MAX_LINES

LINES = 38_000
HEAD = "# Long\n\n## Rules\n### R1 One\nBreaks it: telling how the film ends.\n"
SHAPES = {
    "blank lines": HEAD + "\n" * (LINES - 5),
    "one letter each": HEAD + "a\n" * 19_000,
    "examples": HEAD + "Examples:\n" + "- a\n" * 9_000,
    "rules": "# Long\n\n## Rules\n" + "".join(f"### R{number} a\n" for number in range(3_000)),
    "sections": HEAD + "## a\n" * 7_000,
}
LONGEST_S = 0.05


class Steps:
    """The processor's time that the steps of the event loop take."""

    def __init__(self) -> None:
        self.longest = 0.0

    def reset(self) -> None:
        """Forget what was measured."""
        self.longest = 0.0


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """Measures every step. What pytest itself keeps in memory is no garbage and none of ours, so nobody looks at it."""
    if sys.gettrace() is not None:
        pytest.skip("times mean nothing under coverage or a debugger: run without them")
    measured, run = Steps(), asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        start = time.thread_time()
        run(handle)
        measured.longest = max(measured.longest, time.thread_time() - start)

    gc.collect()
    gc.freeze()
    monkeypatch.setattr(asyncio.Handle, "_run", timed)
    yield measured
    monkeypatch.undo()
    gc.unfreeze()


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
async def test_a_text_of_too_many_lines_is_refused_in_one_line(world: Any, steps: Steps, text: str) -> None:
    """Whoever sends it gets it back with the limit, and nobody waits meanwhile."""
    await world.set_up()
    steps.reset()
    answer = await world.mira.slash(world.general, "policy new", name="Long", file=("x.md", text.encode()))
    assert f"at most {MAX_LINES:,} lines are allowed" in world.said(answer)
    assert steps.longest < LONGEST_S
    assert await world.stored("Long") is None


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
async def test_a_text_from_before_the_limit_holds_nobody_up(world: Any, steps: Steps, text: str) -> None:
    """It is in force already: commands, completions, messages and the next publication read it beside the loop."""
    await world.set_up()
    policies = world.bot.services.policies
    stored = await policies._store.create(guild_id=world.guild.id, name="Long", text=text, actor_id=1)
    await policies._store.publish(
        guild_id=world.guild.id, policy_id=stored.id, seen_revision=1, fingerprint="f", actor_id=1
    )
    steps.reset()
    took = {}
    commands: tuple[tuple[str, dict[str, Any]], ...] = (
        ("rules", {}),
        ("policy list", {}),
        ("policy show", {"name": "Long"}),
        ("policy edit", {"name": "Long"}),
        ("policy diff", {"name": "Long", "old": "1", "new": "published"}),
        ("policy draft", {"name": "Long"}),
        ("policy publish", {"name": "Long"}),
        ("policy backtest", {"name": "Long", "days": 7}),
    )
    for command, options in commands:
        await world.mira.slash(world.general, command, **options)
        took[command] = steps.longest
        steps.reset()
    for command, option, filled in (
        ("policy pin", "must", {"name": "Long"}),
        ("policy show", "name", {}),
        ("case search", "rule", {}),
    ):
        await world.mira.autocomplete(world.general, command, option, "R", **filled)
        took[f"{option} of {command}"] = steps.longest
        steps.reset()
    await world.ana.send(world.general, "the butler did it")
    took["a message"] = steps.longest
    assert {what: seconds for what, seconds in took.items() if seconds >= LONGEST_S} == {}
