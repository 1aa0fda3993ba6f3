"""A policy describes what is in a message. What members should do is for the rules channel, not for a judge.

*Please don't spam* tells nobody what spam is. A judge looks at a message and needs to know what to look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed
from guild_policies.text.prose import prose_of

_START = r"(?:^|(?<=[.!?:;])|(?<=[-*•]))\s*"
_TALKS = re.compile(
    r"\bplease\b|\bpls\b|\bbitte\b|\bveuillez\b|\bs'il (?:vous|te) pla[iî]t\b|\bpor favor\b|\bper favore\b|\bproszę\b"
    r"|\byou(?:'ll| will| must| should| shall| may not| can't| cannot| can not| need to| have to| are not allowed"
    r"| aren't allowed| are expected| get (?:banned|muted|kicked))\b"
    rf"|{_START}(?P<order>(?:do not|don't|never|no) (?:post|share|send|spam|use|be|ask|insult|advertise|talk|say|write"
    r"|link|promote|swear|harass|spamming|posting|sharing|swearing|insulting|advertising)\b)"
    r"|\b(?:we|the (?:mods|moderators|staff|team)) (?:will|may|reserve)\b",
    re.IGNORECASE,
)


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find the first such phrase in each line of prose."""
    for line, text in prose_of(parsed):
        match = _TALKS.search(text, line.column - 1)
        if match is None:
            continue
        group = "order" if match["order"] else 0
        yield Finding(
            code="text_describes_content",
            line=line.number,
            column=match.start(group) + 1,
            message=f'"{match[group]}" talks to members instead of describing messages.',
            hint="Say what is in a message that breaks the rule, such as: an advert for another server.",
        )
