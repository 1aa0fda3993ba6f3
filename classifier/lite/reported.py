"""A text's own words, without what it quotes or reports of others.

Members who ask moderators for help repeat what was done to them: ``he told me "..."``, ``someone said ... in voice``,
``is this a scam? ...``. The same words come up in news, lyrics, and where somebody speaks against them. `own_words`
takes such passages out, so that nothing in them is compared with examples or patterns.

It knows about a hundred English phrases, no grammar, and no other language. What the writer says in their own name or
endorses stays (`classifier.lite.endorsement`). A better disguised insult gets past it: to hold a report against its
writer would be the worse mistake. Time is linear in the length of the text: RE2 looks for the phrases, and each cut
ends with its sentence.
"""

from __future__ import annotations

import functools
import re
from typing import Protocol

import re2

from classifier.lite.endorsement import is_endorsed

_SOMEBODY = (
    r"(?:some(?:one|body)|any(?:one|body)|people|others|each other|them|him|her|me|us|members|users|players|kids"
    r"|women|girls)"
)
#: Somebody else, as the subject of a sentence. Not ``everyone``: "everyone says you are ..." is an insult.
_OTHERS = (
    r"(?:he|she|they|some(?:one|body)|people|others|this guy|that guy|user|player|<@!?\d{1,20}>"
    r"|(?:some|this|that|a|an|another|the|one|my|his|her|our|your)(?: \w+){0,2}"
    r" (?:guy|dude|man|woman|person|kid|boy|girl|idiot|rando|stranger|friend|brother|sister|teacher|bully|bot"
    r"|user|account|player|member|mod|admin|npc|character|villain|narrator|streamer|scammer|troll|sign|mail|email"
    r"|message|dm|text|post|book|song|article|propaganda|ex)s?)"
)
_SAY = (
    r"(?:said|says|saying|told|tells|telling|call(?:ed|s|ing)|wr(?:ote|ites|iting|itten)|post(?:ed|s|ing)"
    r"|sen(?:t|ds|ding)|dm'?(?:e?d|s|ing)|pm'?e?d|messag(?:ed|es|ing)|repl(?:ied|ies|ying)|typ(?:ed|es|ing)"
    r"|(?:yell|scream|shout|whisper|comment|ask|threaten|text|repeat|claim)(?:s|ed|ing)|spam(?:med|s|ming)"
    r"|kept|keeps?|goes|(?:is|are|was|were|keeps?|started) (?:selling|offering|sharing|advertising))"
)
_REST = r"[^.!?;\n]*"  # to the end of the sentence
_CLAUSE = r"[^.!?;,\n]*"
_BETWEEN = (
    r"(?: (?:just|always|also|then|now|literally|once|even|really|still|is|was|are|were|has|have|had|been|keeps?|kept"
    r"|in (?:my |the )?\w+|on \w+|above|below|here|there|who|that|again|last night|today|yesterday|all)){0,4}"
)

#: The whole text is about what somebody else sent: a warning, or the question what to make of it.
_ABOUT_A_MESSAGE = (
    (
        r"\b(?:is|was|are|could|isn'?t) (?:this|that|it|these|those|https?://\S+|\S+\.\w+)(?: [^.!?;\n]{0,60})?"
        r" (?:scams?|legit|phishing|spam|fake|safe|hacked|allowed|ok|okay|virus)\b"
    ),
    r"\b(?:legit or|real or|scam or)\b",
    (
        r"\b(?:do not|don'?t|dont|never|no ?(?:one|body) should)\b[^.!?;\n]{0,40}"
        r"\b(?:click|open (?:any|the|that|this|those|these|links?|files?)|fall for|scan|log ?in"
        r"|give (?:out|away|your|any)|share your)"
    ),
    (
        r"\b(?:careful|beware|watch out|heads up|psa|warning)\b[^a-z\n]{0,3}"
        r" ?(?:everyone|all|guys|people|folks|of|if|some\w*|there|that|this|these|the|a|an|about|with)\b"
    ),
    r"\b(?:scam|phishing) (?:alert|warning|messages?|links?|sites?|bots?|mails?|in (?:my )?dms?)\b",
)
#: Phrases after which a sentence repeats others.
_REPORTING = (
    rf"\b{_OTHERS}{_BETWEEN} {_SAY}\b{_REST}",
    rf"\b(?:they|people|others) (?:\w+ )?(?:say|tell|call|write|post|send)\b{_REST}",
    (
        r"\b(?:got|get|gets|getting|was|were|been|being|am|is|are|i'?m)(?: just| once)?"
        rf" (?:called|told|sent|dm'?ed|messaged|asked|threatened|threats?|harassed)\b{_REST}"
    ),
    (
        r"\b(?:got|received|getting|had) (?:a|an|this|that|another|some)(?: \w+)?"
        rf" (?:dm|message|mail|email|text|link|threat)s?\b{_REST}"
    ),
    rf"\b(?:report(?:ed|ing)|banned|kicked|muted|warned|blocked) (?:\w+ ){{0,3}}(?:for|because|after)\b{_REST}",
    (
        r"\b(?:mods?|moderators?|admins?|staff)\b[^.!?;\n]{0,80}"
        rf"\b(?:help|look|check|please|pls|remove|delete|ban|do something|handle|deal)\b{_REST}"
    ),
    rf"\b(?:can|could|would|will) (?:a|an|any|some|the|one of the|you) ?(?:mods?|moderators?|admins?|staff)\b{_REST}",
    (
        r"[^.!?;\n]*\b(?:please|pls|can (?:some(?:one|body)|you|we)|could (?:some(?:one|body)|you))"
        rf" (?:\w+ )?(?:ban|remove|delete|mute|kick|warn|check|look (?:at|into)|do something)\b{_REST}"
    ),
    rf"\b(?:call(?:ing|ed|s)?|tell(?:ing|s)?|told|ask(?:ing)?) {_SOMEBODY}\b{_REST}",
    (
        r"\b(?:who(?:ever)?|(?:people|anyone|those|everyone) who)"
        rf" (?:says?|said|calls?|called|thinks?|believes?|posts?|tells?|offers?)\b{_REST}"
    ),
    rf"\bif (?:you|u|some(?:one|body)|any(?:one|body)) (?:thinks?|believes?|says?|calls?)\b{_REST}",
    rf"[^.!?;\n]*\b(?:is|was) (?:literally )?what {_OTHERS} {_SAY}\b{_REST}",
    rf"\bas \w+(?: \w+){{0,2}} (?:says?|said|puts? it)\b{_REST}",
)
#: Phrases that object to what they name.
_AGAINST = (
    (
        r"\b(?:do not|don'?t|dont|never|stop|quit|no ?(?:one|body) (?:should|deserves|here thinks|thinks)"
        r"|(?:you|people|we|they|u) (?:shouldn'?t|should not|should never|can'?t|cannot|don'?t))(?: \w+){0,2}"
        r" (?:say(?:ing)?|tell(?:ing)?|call(?:ing)?|us(?:e|ing)|post(?:ing)?|jok(?:e|ing)|ask(?:ing)?|be told"
        rf"|buy(?:ing)?|sell(?:ing)?|you are|you'?re)\b{_CLAUSE}"
    ),
    rf"\b(?:not|never|n'?t) (?:ok|okay|cool|funny|right|fine|acceptable)\b{_REST}",
    rf"\b(?:wrong|hurtful|racist|sexist|homophobic|rude) to (?:say|call|tell)\b{_REST}",
    rf"\b(?:not|isn'?t|aren'?t) (?:all|every|an?|so|that)\b{_CLAUSE}",
    rf"\bno place (?:for|in)\b{_REST}",
    (
        r"[^.!?;\n]*\b(?:(?:do|does|is|are) ?n(?:o|')t allow(?:ed)?|not allowed|against the rules|forbidden|bannable"
        r"|gets? (?:you|u) banned|rules? \d{1,2}\b)[^.!?;\n]*"
    ),
)
#: News, and what is sung, played or written.
_TELLING = (
    (
        r"[^.!?;\n]*\b(?:arrest(?:ed|s)|jailed|sentence[ds]|convicted|charged with|headlines?|researchers|trending"
        r"|warn(?:s|ed)?(?: \w+)? (?:of|about)"
        r"|(?:news|article|report|study|police|court|documentary|breaking|bbc|cnn) ?(?::|says?|said|about|found))\b"
        r"[^.!?;\n]*"
    ),
    r"\b(?:report|breaking|news|bbc|cnn): [^.!?;\n]*",
    rf"\b(?:lyrics?|chorus|song|rap|sing(?:s|ing)?|sang|karaoke|listening to|verse|quote)\b{_REST}",
    r"[^\n]*[♪♫♬🎵🎶][^\n]*",
)


class _Search(Protocol):
    """What we use of a compiled RE2 expression; the package comes without types."""

    def search(self, text: str) -> object: ...
    def sub(self, repl: str, text: str) -> str: ...


@functools.cache
def _compiled(alternatives: tuple[str, ...]) -> _Search:
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    found: _Search = re2.compile(f"(?:{'|'.join(alternatives)})", options)
    return found


_QUOTED = re.compile(
    r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»'
    r"|(?<![^\W_])'(?=\S)(?:[^'\n]|(?<=[^\W_])'(?=[^\W_])){1,400}'(?![^\W_])"
)
_QUOTED_LINE = re.compile(r"^>(?:>>)? [^\n]*$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_SAYING = (rf"\b{_OTHERS}{_BETWEEN} {_SAY}(?: that)?\b",)
_QUOTE_SIGN = re.compile(r"[\"“”„«»>]|(?<![^\W_])'|'(?![^\W_])")
_MARKS = frozenset("\"“„«'>")
_APOSTROPHES = str.maketrans("‘’ʼ", "'''")
_CUT = " . "  # what was cut out still separates the words around it
_WORDS_AROUND = 3  # with this many words around it, a quote of several words is spoken about
#: Beside a quoted word, one of these says that the word itself is spoken about.
_ABOUT_A_WORD = (r"\b(?:words?|terms?|mean(?:s|ing)?|stands? for|insult|slur|say(?:s|ing)?|said|call(?:s|ed|ing)?)\b",)


def own_words(text: str) -> str:
    """The text without what it quotes or reports; the whole text if it does neither. May be empty."""
    if not text.isascii():
        text = text.translate(_APOSTROPHES)
    if _compiled(_ABOUT_A_MESSAGE).search(text):
        return ""
    turns = _compiled(_REPORTING + _AGAINST + _TELLING)
    marked = not _MARKS.isdisjoint(text)
    if not marked and not turns.search(text):
        return text
    if is_endorsed(text) and not _compiled(_AGAINST).search(text):
        return _QUOTE_SIGN.sub(_CUT, _compiled(_SAYING).sub(_CUT, text))
    if marked:
        text = _without_quotes(text)
    return turns.sub(_CUT, text) if turns.search(text) else text


def _without_quotes(text: str) -> str:
    """Quotes go where there are words around them, quoted lines where an answer follows."""
    answer = _QUOTED_LINE.sub(_CUT, text)
    if answer != text and _WORD.search(answer):
        text = answer
    around = _QUOTED.sub(_CUT, text)
    if len(_WORD.findall(around)) < _WORDS_AROUND:
        return text
    # A single word in quotes is mostly stressed, not quoted.
    return around if _compiled(_ABOUT_A_WORD).search(around) else _QUOTED.sub(_without_several_words, text)


def _without_several_words(quote: re.Match[str]) -> str:
    return _CUT if len(_WORD.findall(quote[0])) > 1 else quote[0]
