"""Progress of a long command on standard error: a bar on a terminal, lines for a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.console.screen.output import print_remark

_EVERY_SECONDS = 5.0  # seconds between lines for a log


@contextmanager
def progress_bar(
    name: str, total: int, done: Callable[[], int], *, shown: bool | None = None
) -> Iterator[Callable[[], None]]:
    """Show how much of `total` is done, with the remaining time. Yields a function to call after each step.

    Args:
        done: how much is done already.
        shown: False shows nothing, and None only shows it on a terminal. True writes lines if there is no terminal.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if shown and not console.is_terminal:
        yield _lines(name, total, done)
        return
    hidden = shown is False or not console.is_terminal
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=hidden) as progress:
        task = progress.add_task(name, total=total, completed=done())
        yield lambda: progress.update(task, completed=done())


def _lines(name: str, total: int, done: Callable[[], int]) -> Callable[[], None]:
    """Write a line at the first and last step, and every few seconds in between."""
    last: float | None = None

    def tell() -> None:
        nonlocal last
        now, count = time.monotonic(), done()
        if last is None or count >= total or now - last >= _EVERY_SECONDS:
            last = now
            print_remark(f"{name}: {count:,} of {total:,}")

    return tell
