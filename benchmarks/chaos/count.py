"""What a chaos run did, counted from the database and from the loopback Discord, not from what the bot says."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.loopback.verdicts import VERDICTS
from benchmarks.loopback.world import BotAction, World

#: States of actions that were done, or may have been. A refused one may be tried again.
_ACTIONS = """
    SELECT count(*) FROM (
        SELECT 1 FROM case_actions WHERE state IN ('pending', 'done', 'uncertain')
        GROUP BY guild_id, case_number, kind HAVING count(*) > 1
    )
"""
_CASE = re.compile(r"Case (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """The figures, and what is still to come."""

    judged: int  #: messages with a verdict
    lost: int  #: messages on that Discord without one about their present text
    judged_twice: int  #: messages, edits and versions with two verdicts
    actions_twice: int
    cards_twice: int  #: cases that more than one card shows
    cards_to_come: int


def count(database: Path, world: World, *, version_id: int) -> RunCounts:
    """Look at both, as they are now.

    Raises:
        sqlite3.OperationalError: the database cannot be read at this moment.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        verdicts = connection.execute(VERDICTS).fetchall()
        repeated = connection.execute(_ACTIONS).fetchone()[0]
        to_come = connection.execute("SELECT count(*) FROM cases WHERE card_state = 'pending'").fetchone()[0]
    have = {(message_id, edit) for message_id, edit, version in verdicts if version == version_id}
    return RunCounts(
        judged=len({message_id for message_id, _, _ in verdicts}),
        lost=sum((message_id, edit) not in have for _, message_id, edit in world.of_members()),
        judged_twice=len(verdicts) - len(set(verdicts)),
        actions_twice=repeated + done_twice(world.done),
        cards_twice=sum(cards > 1 for cards in world.cards().values()),
        cards_to_come=to_come,
    )


def done_twice(done: Iterable[BotAction]) -> int:
    """How many actions about a case were done more than once. The same request sent again with the very same body,
    because its answer was lost, says the same and changes nothing: it counts once, unless it deletes."""
    bodies: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in done:
        case = _CASE.match(each.reason)
        if case:
            bodies[each.what, case[1]].append(each.body)
    return sum(len(found if what.startswith("DELETE") else set(found)) > 1 for (what, _), found in bodies.items())
