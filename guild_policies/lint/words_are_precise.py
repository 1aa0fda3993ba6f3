"""Words mean the same to everybody who reads the policy, the model included.

Two kinds of words do not. Hedges (*usually*, *generally*) leave open when the rule holds; the model's usage guide warns
of them by name. Judgements (*inappropriate*, *offensive*) say that something is wrong without saying what. A word that
the policy defines is precise, and a word in quotes is only mentioned, not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.lines import Line
from guild_policies.text.parse import Parsed
from guild_policies.text.prose import prose_of

#: English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Turkish; endings are part of the word.
_HEDGES = (
    r"generally|usually|normally|typically|mostly"
    r"|normalerweise|üblicherweise|gewöhnlich|meistens"
    r"|généralement|normalement|habituellement"
    r"|generalmente|normalmente|usualmente|habitualmente|geralmente|solitamente"
    r"|zazwyczaj|zwykle|обычно|genellikle"
)
_JUDGEMENTS = (
    r"inappropriate(?:ly)?|offensive|unacceptable|problematic|disrespectful|toxic(?:ity)?|bad|excessive(?:ly)?"
    r"|unangemessen\w*|anstößig\w*|beleidigend\w*"
    r"|inapproprié\w*|offensant\w*|déplacée?s?"
    r"|inapropiad\w+|ofensiv\w+|inadequad\w+|inappropriat[oaie]|offensiv[oaie]"
    r"|nieodpowiedni\w*|obraźliw\w*|неуместн\w*|оскорбительн\w*|uygunsuz|saldırgan"
)
_UNSPACED = "通常|一般的に|基本的に|不適切|不当|不恰当|부적절|일반적으로"  # scripts that put no space between words

_VAGUE = re.compile(
    rf"\b(?:(?P<hedge>{_HEDGES})|(?P<judgement>{_JUDGEMENTS}))\b(?!\s+faith\b)"
    rf"|(?P<unspaced>{_UNSPACED})",
    re.IGNORECASE,
)


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find the first use of each vague word, outside of examples, patterns and quotes."""
    defined = " ".join(_term(definition) for definition in parsed.policy.definitions).casefold()
    told: set[str] = set()
    for line, text in prose_of(parsed):
        for match in _VAGUE.finditer(text, line.column - 1):
            word = match[0].casefold()
            if word not in told and word not in defined:
                told.add(word)
                yield _finding(line, match)


def _term(definition: str) -> str:
    """What a definition defines: the part before its colon, dash or ``means``."""
    return re.split(r":|：| [-–—] | means ", definition, maxsplit=1)[0]


def _finding(line: Line, match: re.Match[str]) -> Finding:
    word = match[0]
    hedge = match["hedge"] is not None
    return Finding(
        code="words_are_precise",
        line=line.number,
        column=match.start() + 1,
        message=f'"{word}" leaves open when the rule applies.' if hedge else f'"{word}" can mean many things.',
        hint="Leave it out, or say which cases are different."
        if hedge
        else "Say what can be seen in the message, or define the word under `## Definitions`.",
    )
