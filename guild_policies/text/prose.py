"""The prose of a policy: what its author says in sentences, without examples, patterns and quoted words. For lint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.text.grammar import Key
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed

_QUOTED = re.compile(r'"[^"]*"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|`[^`]*`')


def prose_of(parsed: Parsed) -> Iterator[tuple[Line, str]]:
    """Each line of prose with its text as written, quoted words blanked out so that columns stay the same."""
    for line in parsed.lines:
        if _is_prose(line):
            yield line, _QUOTED.sub(lambda quoted: " " * len(quoted[0]), line.raw)


def _is_prose(line: Line) -> bool:
    if line.role is Role.KEY:
        return line.key in (Key.BREAKS_IT, Key.DOES_NOT)
    return line.role in (Role.TEXT, Role.RULE, Role.DEFINITION) or (line.role is Role.MORE and line.rule is None)
