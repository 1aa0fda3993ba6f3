"""Whether the writer says, directs at somebody or endorses what a quote or report repeats: then it is not a report.

``I say: "..."``, ``my message to you: "..."``, ``he said you should ..., and he is right`` and ``lyrics: ... loser``
repeat others in form alone. Only common English phrases are known. If the text also says what happened to its writer,
``he said you should ...`` is still a report: to hold one against its writer is the worse mistake.
"""

from __future__ import annotations

import functools
from typing import Protocol

import re2

_YOU = r"(?:you|u|ya|<@!?\d{1,20}>|@\w+)"
_MARK = r"[\"“„«'‘]"
_WRITER = (
    r"(?:^|[.!?;,:\n]|\b(?:and|so|but|well|lol|ok|okay|hey|yes|no|now|then)) ?(?:as |like )?(?:i|we)"
    r"(?:'ll| will|'d| would|'m| am| wanna| want to| gotta| have to| just| also| always| still| really| only)*"
)
_ADDRESSED = rf"(?: (?:to|it|this|that|again|all|now|everyone|{_YOU})){{0,4}}\W{{0,3}}"
#: A quote in the writer's own name, or one that tells its reader what to do.
_OWN_QUOTE = (
    rf"{_WRITER} (?:say|saying|tell|telling|repeat|repeating|suggest|advise){_ADDRESSED}{_MARK}",
    rf"{_WRITER} (?:told|said to) {_YOU}\b\W{{0,3}}{_MARK}",
    rf"\blet me (?:say|tell) ?(?:{_YOU}|this|it)?\W{{0,3}}{_MARK}",
    rf"\b(?:as|like) i (?:\w+ )?said\W{{0,3}}{_MARK}",
    rf"\bmy (?:\w+ )?(?:message|advice|words?|answer|reply|wish|tip)(?: (?:to|for) {_YOU})?(?: is)?\W{{0,3}}{_MARK}",
    rf"\b(?:you|u)(?: should| must| need to| better| gotta)(?: just| go| all)*\W{{0,3}}{_MARK}",
)
#: Something that sides with what others said.
_ENDORSING = (
    (
        r"\b(?:he|she|they)(?:'?s|'re| is| are| was| were)(?: so| totally| absolutely| completely| damn| fucking)?"
        r" (?:right|correct|not wrong)(?: tho\w*| about (?:you|u|that|it))?(?:\W*$|[.,!;])"
    ),
    r"\b(?:he|she|they)(?:'s|'ve| has| have| had| got) a (?:good )?point\b",
    r"\b(?:i|we)(?: \w+)? agree(?: with (?:him|her|them|that|it))?(?:\W*$|[.,!;])",
    r"\b(?:so|now|just) do it\b|\bdo (?:what|as) (?:he|she|they) (?:says?|said|told)\b",
    r"\b(?:you|u) should(?: really| just)? (?:listen|do it|do that)\b|\band i mean it\b",
    r"\b(?:that'?s|which is) (?:so |totally )?(?:true|correct|right)(?:\W*$|[.,!;])",
)
#: A label, and behind it plain words to somebody rather than a quote or a report.
_BARE_LABEL = (
    (
        r"^\W*(?:i )?(?:(?:song )?lyrics?|chorus|song|rap|verse|quote|news|breaking|report|article)(?: \w+){0,3} ?[:-]+"
        r" ?(?:(?:go|just|please|pls|so|now|hey|hope) )*"
        r"(?:you|u|ur|your|you're|kill|die|kys|neck|hang|fuck|shut|stfu|suck|go|<@!?\d{1,20}>|@\w+)\b"
    ),
)
_RELAYED = (
    (
        r"\b(?:he|she|they|some(?:one|body)|people|others|\w+ (?:guy|dude|friend|bot|voice))(?: also| just| always)?"
        r" (?:said|says?|thinks?|told me)(?: that)? "
        rf"{_YOU}(?: all| just| really)* (?:should|must|need to|better|deserve to)\b"
    ),
)
#: Words of a member who was hurt, asks for help or tells where it happened.
_REPORT = (
    (
        r"\b(?:me|my|i|i'm|us|mods?|moderators?|admins?|staff|report\w*|ban(?:ned)?|help|screenshots?|vc|voice|chat"
        r"|channel|to (?:him|her|them|a|an|the|my)|under|song|movie|film|show|book|game|episode)\b"
    ),
)


class _Search(Protocol):
    """What we use of a compiled RE2 expression; the package comes without types."""

    def search(self, text: str) -> object: ...


@functools.cache
def _compiled(alternatives: tuple[str, ...]) -> _Search:
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    found: _Search = re2.compile(f"(?:{'|'.join(alternatives)})", options)
    return found


def is_endorsed(text: str) -> bool:
    """Does the writer stand behind what the text quotes or reports? Time is linear in the length of the text."""
    if _compiled(_OWN_QUOTE + _ENDORSING + _BARE_LABEL).search(text):
        return True
    return bool(_compiled(_RELAYED).search(text)) and not _compiled(_REPORT).search(text)
