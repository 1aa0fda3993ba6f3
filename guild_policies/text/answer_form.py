"""Demands on the form of the answer, found by their structure: *Return exactly one character*, *Output: INVALID*.

Such a demand is a command at the beginning of a clause with a form behind it, a line with a header such as ``Output:``,
or a setting of the model's thinking. Sentences that describe messages (*answers only with a letter*) have a subject in
front of the verb, so they are not demands. Quoted words are only mentioned: the caller blanks them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from guild_policies.text import answer_words as words
from guild_policies.text.answer_words import AnswerWords

#: Where a clause begins: a line, or after a mark, with a list's bullet or number and bold marks in front.
_CLAUSE = re.compile(
    r"(?P<mark>^|[.!?:;,。、！？：(\[–—|])[\s>]*(?:[-*•–—]\s+|#{1,6}\s+|\d{1,2}[.)]\s+|`{3}\s*)?[*_`]{0,2}"
)
_INSIDE = frozenset(",、([")  #: marks after which no sentence begins

_SIDES = rf"(?-i:\b(?:{words.SIDES})\b)"
_LABELS = rf"(?-i:\b(?:{words.LABELS})\b)"
#: A label as policies for models write it, in quotes.
QUOTED_LABEL = re.compile(rf"[`\"“„«]\s?(?:{words.LABELS})\s?[`\"”“»]")

#: Behind *no explanation*: the end of the sentence, or more of the kind.
_REST = (
    r"(?:[\s*_]*(?:are |is )?(?:needed|required|necessary|allowed|nötig|erforderlich|nécessaires?)?[\s*_]*"
    r"(?=[.;:!?)。]|$|,\s*(?:no|just|only|keine?|nur|aucune?|pas|sin|sem|sans|solo|apenas)\b|(?:and|or|und|et|y|e)\b))"
)
#: Behind a command not to explain: nothing, or what a judge would explain.
_ITS_OWN = (
    r"(?=[\s*_]*(?:[.,;:!?)]|$)|\s+(?:your|the (?:answer|decision|label|verdict|result)|yourself(?=[.;:!?)]|$)|why"
    r"|anything|before|in|and|besides|except|beyond|outside|other than|apart from"
    r"|deine?|ihre|vor|avant|ta|votre|la|el|antes|tu|su|sua)\b)"
)
_AND = r"(?:and|then|und|et|y|e) "

#: The lines of an answer and what they hold: *First line: the label*.
_LINES = r"(?:first|second|third|last|final|next) line|line [1-4]"
_PARTS = (
    r"labels?|verdicts?|categor(?:y|ies)|classification|confidence|score|reason(?:ing)?|rationale|explanation"
    r"|justification|decision|rule ids?|0|1"
)

_YES_OR_NO = (
    r"(?:yes|no|ja|nein|oui|non|sí|sim|não|true|false|(?:in)?valid|(?:un)?safe)\b"
    r"(?=[\s*_`\"'.!]*(?:$|\b(?:if|or|oder|ou|o)\b))"
)
#: *You are a classifier that outputs only a label.*
_STATED = (
    r"\byou are an? [^.;:!?\n]{0,40}?\b(?:classifier|model|assistant|system|judge)\b[^.;:!?\n]{0,20}?"
    r"\b(?:that|who|which) (?:only |always )?(?:outputs?|returns?|answers?|responds?|replies|prints?|emits?)\b"
    rf"[^.;!?\n]{{0,40}}?(?:{words.STRONG_FORMS}|\b(?:{words.ENGLISH.forms}|{words.GIVEN_ONLY})|{_LABELS})"
)

_SKELETON = re.compile(r'\s*(?:\{\s*"\w{1,40}"\s*:|"\w{1,40}"\s*:\s*(?:[01]\b|"|\[|true|false|null))')
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def demand_in(text: str, start: int = 0) -> tuple[int, int] | None:
    """The first demand on the form of the answer in a line: its beginning and its end.

    Args:
        text: one line, quoted words blanked out where these are not to count.
        start: where what the line says begins.
    """
    text = text[start:]
    found = [match for match in (_SKELETON.match(text), _in_a_clause(text), _anywhere(text)) if match is not None]
    if not found:
        return None
    first = min(found, key=lambda match: match.start())
    return start + first.start(), start + first.end()


def names_an_answer(text: str) -> bool:
    """Whether a demand names what only a judge gives (0 or 1, JSON, a label): *reply only with slurs* does not."""
    return _JUDGES.search(text) is not None or _SKELETON.match(text) is not None


def clause_with_demand(text: str) -> tuple[str, str] | None:
    """Split a sentence that contains a demand: what it says before, and the demand to the end of its clause. None if
    nothing comes before the demand. What follows the clause stays with what comes before.
    """
    place = demand_in(text)
    if place is None:
        return None
    end = re.compile(r"[,;)\n]|$").search(text, place[1])
    behind = text[place[1] :] if end is None else text[end.end() :]
    before = re.sub(r"[\s,;:–—(-]+(?:and|then|und|et|y|e)?\s*$", "", text[: place[0]])
    if not re.search(r"\w{2}", before):
        return None
    rest = f"{before}, {behind.strip(' ,;)')}" if re.search(r"\w{2}", behind) else before
    return rest, text[len(before) : len(text) - len(behind)].strip(" ,;:–—()")


def without_demands(text: str) -> tuple[str, str]:
    """A line's text without the sentences that prescribe the answer's form, and those sentences."""
    kept: list[str] = []
    left_out: list[str] = []
    for sentence in _sentences(text):
        (kept if demand_in(sentence) is None else left_out).append(sentence)
    if not left_out:
        return text, ""
    return "".join(kept).rstrip(), "".join(left_out).strip()


_END = re.compile(r"(?<=[.!?])[\"”’*_)`]*\s+|(?<=[。！？])\s*")


def _sentences(text: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(text):
        yield text[begin : end.end()]
        begin = end.end()
    yield text[begin:]


def _in_a_clause(text: str) -> re.Match[str] | None:
    """The first clause that begins with a command or a header."""
    for clause in _CLAUSE.finditer(text):
        place = clause.end()
        word = _WORD.match(text, place)
        if word is None or not _may_begin(word[0].lower()):
            continue
        match = _COMMANDS.match(text, place)
        if match is None and clause["mark"] not in _INSIDE:
            match = _HEADERS.match(text, place)
        if match is not None:
            return match
    return None


def _anywhere(text: str) -> re.Match[str] | None:
    """What needs no beginning: a sentence about the answer, *JSON only*, and languages that put the verb last."""
    if _UNSPACED.search(text) and (match := _IN_UNSPACED.search(text)) is not None:
        return match
    lowered = text.casefold()
    return _STATEMENTS.search(text) if any(word in lowered for word in words.ANSWERS) else None


@lru_cache(maxsize=4_096)
def _may_begin(word: str) -> bool:
    """Whether a demand can begin with this word; most clauses of a policy begin with another."""
    return word in _FIRST_WORDS or any(len(each) > 1 and word.startswith(each) for each in _FIRST_WORDS)


def _first_words() -> frozenset[str]:
    """The words and stems in all expressions for beginnings: more than can begin one, but few. Single letters are
    left over from expressions, but for *n'explique*, *e* and *y*."""
    known = [part for each in words.LANGUAGES for part in _beginnings(each)]
    others = [verb for verb, _, _ in words.OTHER_COMMANDS]
    headers = [words.HEADERS, words.FORMAT_HEADERS, words.REASONING, "set|use|only|just|json|xml|yaml|yml", _LINES]
    parts = (*known, *others, words.OTHER_REFUSALS, *headers, _AND)
    found = {word for part in parts for word in _WORD.findall(part.replace("\\b", " ").lower())}
    return frozenset(word for word in found if len(word) > 1 or word in "ney")


def _beginnings(language: AnswerWords) -> tuple[str, ...]:
    return (
        language.opening,
        language.verbs,
        language.loose,
        language.sizing,
        language.nothing,
        language.thinking,
        language.short,
    )


def _commands() -> re.Pattern[str]:
    """What a clause that prescribes a form says from its beginning on."""
    others = [
        rf"(?:{verb})\b[^.;:!?\n]{{0,20}}?\b(?:(?:{only})\b[^.;:!?\n]{{0,30}}?\b(?:{form})|json)\b"
        for verb, only, form in words.OTHER_COMMANDS
    ]
    effort = rf"(?:{words.REASONING}) (?:to|at|on) (?:{words.LEVELS})|(?:low|medium|high) (?:{words.REASONING})"
    known = [part for each in words.LANGUAGES for part in _command(each)]
    parts = (*known, *others, rf"(?:{words.OTHER_REFUSALS}){_REST}", rf"(?:set|use) (?:{effort})\b")
    return re.compile("|".join(parts), re.IGNORECASE)


def _command(language: AnswerWords) -> tuple[str, ...]:
    begin = rf"(?:{_AND})?(?:(?:{language.opening}),? ){{0,2}}"
    command = rf"{begin}{language.verbs}\b"
    loose = rf"{begin}{language.loose}"
    label = rf"{_SIDES}(?=[\s*_)`\"']*(?:$|[.,;:!?]|(?:if|when|or|for|oder|ou|o|y|e|und|and)\b))"
    side = rf"(?:(?<=as )|(?<=with ))[`*\"']{{0,2}}{_SIDES}"
    form = rf"{words.STRONG_FORMS}|\b(?:{language.forms})"
    given = rf"{language.given}|\b(?:{words.GIVEN_ONLY})\b"
    refusal = rf"{language.nothing}|{language.thinking}"
    answer = rf"\b(?:{language.answer})\b"
    return (
        rf"{command} {language.only} (?:(?:with|mit|par|con|com) )?{_YES_OR_NO}",
        rf"{command} {language.only}[^.,;!?\n]{{0,50}}?(?:{form}|{_LABELS}|{given})",
        rf"{command} (?:(?:it|this|the \w+) )?(?:(?:as|with|mit|par|con|com) )?[`*\"']{{0,2}}{label}",
        rf"{command}[^.;:!?\n]{{0,60}}?(?:{form}|{refusal}|{side})",
        rf"{loose} (?:(?:it|this|the \w+) )?(?:(?:as|with) )?[`*\"']{{0,2}}{label}",
        rf"{loose}\b[^.;:!?\n]{{0,60}}?(?:{words.STRONG_FORMS}|{language.given}|{refusal}|{side})",
        rf"{command}[^.;!?\n]{{0,30}}:\s*(?:{words.STRONG_FORMS}|{_SIDES})",
        rf"{begin}(?:(?:{language.nothing})\b{_REST}|(?:{language.thinking})\b{_ITS_OWN})",
        rf"{begin}{language.sizing}\b[^.;:!?\n]{{0,20}}?{answer}[^.;:!?\n]{{0,30}}?(?:{language.short}|{form})",
        rf"(?:{language.short})[^.;:!?\n]{{0,20}}?{answer}",
    )


def _headers() -> re.Pattern[str]:
    """Lines and sentences that begin with a name for the answer, its format or the model's thinking."""
    label = rf"(?:{words.STRONG_FORMS}|{_LABELS}|[\[{{<`]|(?:in)?valid\b|(?:un)?safe\b|$)"
    only = r"(?:json|label|number|digit|code|category|verdict|score|character|letter)\b"
    parts = (
        rf"(?:{words.HEADERS})[*_\s]*(?:\([^()\n]{{1,40}}\))?[*_\s]*[:：=][*_\s]*{label}",
        rf"(?:{words.HEADERS})[*_\s]*\([^()\n]{{0,30}}?(?:{words.STRONG_FORMS})[^()\n]{{0,30}}?\)",
        rf"(?:{words.FORMAT_HEADERS})[*_\s]*(?:[:：=]|$)",
        rf"(?:{words.HEADERS}) (?!of\b|de\b)[^.:;\n]{{0,20}}?\b(?:json|xml|yaml)\b",
        rf"(?:{words.REASONING})[*_\s]*[:：=][*_\s]*(?:{words.LEVELS})",
        r"(?<=`)(?:json|xml|ya?ml)\b",
        rf"(?:{words.HEADERS})[*_\s]*[:：=][*_\s]*(?-i:[A-ZÀ-Þ]{{2,}}) ?(?:or|oder|ou|o|/|\|) ?(?-i:[A-ZÀ-Þ]{{2,}})\b",
        rf"(?:{_LINES})[*_\s]*[:：=][*_\s]*(?:(?:the|your|a|one|short) ){{0,2}}(?:{_PARTS}|{_LABELS})\b",
        rf"formate?s?o?[*_\s]*[:：=][*_\s`]*[<\[{{(](?:{_PARTS})\b",
        rf"(?:only|just) (?:the |a |one )?{only}(?! (?:of|in|that|which)\b){_REST}",
    )
    return re.compile("|".join(parts), re.IGNORECASE)


def _statements() -> re.Pattern[str]:
    """*The output must be JSON*, in every language."""
    parts = [
        r"\b(?:json|xml|yes/no|label|number)s? only\b(?=[.,;!?\s]*(?:$|(?-i:[A-Z])))",
        _STATED,
    ]
    for each in words.LANGUAGES:
        form = rf"{words.STRONG_FORMS}|(?<!the answer )\b(?:{each.forms})|{_LABELS}"
        parts.append(
            rf"(?:\b(?:{each.answer})|^(?:outputs?"
            rf"|responses?))\b[^.;:!?\n]{{0,20}}?\b(?:{each.must})[^.;:!?\n]{{0,40}}?(?:{form}|{each.short})"
        )
    return re.compile("|".join(parts), re.IGNORECASE)


def _unspaced() -> re.Pattern[str]:
    return re.compile(rf"{words.JAPANESE}|{words.UNSPACED}", re.IGNORECASE)


_JUDGES = re.compile(
    rf"{words.STRONG_FORMS}|{_LABELS}|\b(?:{words.GIVEN_ONLY})\b|^[\s>*_-]*(?:{words.FORMAT_HEADERS})\b", re.IGNORECASE
)
_FIRST_WORDS = _first_words()
_COMMANDS = _commands()
_HEADERS = _headers()
_STATEMENTS = _statements()
_IN_UNSPACED = _unspaced()
