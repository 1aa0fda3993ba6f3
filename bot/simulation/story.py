"""The demo's story: a film club's server, the rules that its owner writes, and what its members post.

Only data; `bot.simulation.simulated_server` builds the server and `bot.simulation.play` plays the story in it. The
posts are in ``story.jsonl`` next to this file, one per line: some of them are hostile, and JSON shows every character.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

SERVER = "Lantern Film Club"
OWNER = "mira"
MODERATOR = "omar"
MEMBERS = (
    "ana",
    "arjun",
    "ben",
    "chidi",
    "dilara",
    "emi",
    "farid",
    "giulia",
    "hana",
    "lena",
    "nova",
    "rafa",
    "samira",
    "vera",
)
NEWCOMERS = tuple(f"skinz{number}" for number in range(1, 7))  #: accounts that joined today
OTHER_BOT = "jukebot"

CHANNELS = ("general", "film-club", "games")
REVIEW_CHANNEL = "mod-desk"
REVIEWER_ROLE = "Moderators"

STARTERS = "basics"  #: the starter policies that ``/setup`` puts in force
POLICY_NAME = "Spoilers"

POLICY = """\
# Spoilers in the film club

Keep surprises safe for members who have not seen the film yet.

## Definitions
- "Spoiler": anything that gives away what happens after the first half hour.

## Rules
### R1 Unmarked spoiler
Severity: medium
Breaks it: telling how a film ends, who did it or who dies, outside spoiler tags.
Does not: opinions without plot; spoilers inside ||tags||; what a trailer shows; asking whether something is a spoiler.
Pattern: `(?i)the (killer|traitor) is the \\w+`
Examples:
- violates: "cannot believe the sister was behind it all along"
- violates: "al final el asesino es el hermano"
- violates: "犯人は妹だった"
- allowed: "the ending wrecked me, no details"
- allowed: "is the new trailer worth a look"

## When it is unclear
Count it as allowed when the film is older than ten years.
"""

_NEW_EXAMPLES = """\
- violates: "the new trailer already shows the castle burning down"
- allowed: "the killer is the opening song"
- allowed: "is the new trailer worth a look\""""
#: The owner's change: trailers count as spoilers from now on, and songs don't.
CHANGES = (
    ("; what a trailer shows; asking", "; asking"),
    ("who did it or who dies, outside", "who did it, who dies or what a trailer gives away, outside"),
    ("is the \\w+`", "is the (\\w+ )?(gardener|keeper|sister|brother)`"),
    ('- allowed: "is the new trailer worth a look"', _NEW_EXAMPLES),
)

POLICY_TEST = "the new trailer already shows the bridge burning down"  #: post that only the changed rule flags

APPELLANT = "rafa"  #: member who is timed out and appeals
REASON = "insults another member"  #: of the moderator who times them out
APPEAL = (
    "Lena and I were acting out the quarrel from tonight's film. She laughed.",
    "It is a line of the film, and she said hers first.",
)
WHY_REVERSED = "It is a line of tonight's film, and Lena confirms it."


class Act(StrEnum):
    """The part of the day that a post belongs to."""

    EVENING = "evening"  #: what the sandbox begins with
    SCAM = "scam"
    SPOILERS = "spoilers"
    FALSE_ALARM = "false alarm"
    NEW_RULE = "new rule"
    INSULT = "insult"
    RAID = "raid"
    ABSENCE = "absence"


class Kind(StrEnum):
    """What a member does."""

    POST = "post"
    REPLY = "reply"
    FORWARD = "forward"
    EDIT = "edit"
    FILE = "file"  #: an attachment without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One line of the story."""

    act: Act
    kind: Kind = Kind.POST
    by: str = ""  #: author; empty for an edit
    channel: str = ""  #: empty for an edit
    text: str = ""
    label: str = ""  #: label by which later posts refer to this one
    about: str = ""  #: label of the message that is replied to, forwarded or edited
    file: str = ""
    note: str = ""  #: a note for the audience


def posts(act: Act) -> tuple[Post, ...]:
    """The posts of an act, in order."""
    return tuple(post for post in _all_posts() if post.act is act)


def changed_policy() -> str:
    """The owner's policy after the change."""
    text = POLICY
    for before, after in CHANGES:
        text = text.replace(before, after)
    return text


def _all_posts() -> Iterator[Post]:
    for line in files("bot.simulation").joinpath("story.jsonl").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        yield Post(
            act=Act(fields["act"]),
            kind=Kind(fields.get("kind", "post")),
            by=fields.get("by", ""),
            channel=fields.get("in", ""),
            text=fields.get("text", "") * fields.get("times", 1),
            label=fields.get("as", ""),
            about=fields.get("to") or fields.get("of", ""),
            file=fields.get("name", ""),
            note=fields.get("note", ""),
        )
