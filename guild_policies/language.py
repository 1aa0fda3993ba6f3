"""Which language a text is written in, found from its script and its commonest words. This serves one hint only: a
policy in a different language than the server's messages changes verdicts. So it knows the languages that many servers
use, and gives no answer when it is unsure. A trained identifier (py3langid) knows 139 languages, but would hold 100 MB
of memory for that hint.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from guild_policies.findings import Finding
from guild_policies.policy import Policy

#: Words that are very common in a language. A word of several languages counts for each.
_WORDS = {
    "English": (
        "the and you is that it for not this with are was have but they what if can your just be or who of to in an as"
    ),
    "German": "der die das und ist nicht ich du ein eine mit auf für sich von den dem wenn oder auch es zu im wer",
    "French": "le la les et est pas que une des je tu vous pour dans sur avec ce qui ne mais nous il c'est du au ou",
    "Spanish": "el los las que es no una para con por del se lo como más pero muy está eso yo tu mi si y le su al hay",
    "Portuguese": (
        "que não uma para com os as do da em um é você mais mas isso se por eu foi na no ou são ele pra muito"
    ),
    "Italian": "il che non di una per sono con del della gli le un è ma anche come se mi ti più questo lo ha ho nel si",
    "Dutch": "de het een en van is dat niet ik je op voor met zijn maar ook er aan om wat bij dit als naar wel geen of",
    "Polish": "nie to się na jest że do jak co ale tak z w i po za czy tylko ten jego dla są przez kto już może",
    "Turkish": "bir ve bu için çok ne var mı değil gibi ile da de ama ben sen daha olan kadar en her şey yok mi ya",
    "Swedish": "och att det är som en på inte för med jag den har av till om ett du var kan men så vad nu när",
    "Danish": "og det er at en ikke på med for jeg der den har som til af du et men kan så vi hvad når om",
    "Finnish": "on ja ei se että mutta kun niin oli ovat tai olen sitä mitä minä sinä voi jos vain kuin hän tämä joka",
    "Czech": "je a se na že to jako ale by co jsem pro tak není jsou za když nebo má jen do už při si kdo",
    "Hungarian": "a az és nem hogy is egy de meg van csak ez mint már ha el vagy még én te mi kell volt olyan",
    "Romanian": "și nu este pe cu un o de la în că mai să care din pentru ce sunt dar ca au fi sau eu tu",
    "Indonesian": (
        "yang dan di ini itu tidak dengan untuk dari ada aku kamu saya bisa akan juga sudah atau ke apa kalau gak"
    ),
    "Vietnamese": "không là của và có cho một được người này với các những trong tôi bạn đã thì mà đi như khi nào cũng",
    "Russian": "и не на что я это как он она в с по но за так вы ты бы же к мы его от если есть только для или",
    "Ukrainian": "і не на що я це як він вона в з по але за так ви ти би ж до ми його від якщо є тільки для або та",
}
#: Scripts of one language, or of so few that the name says enough.
_SCRIPTS = {
    "Japanese": "\u3040-\u30ff",
    "Korean": "\uac00-\ud7af\u1100-\u11ff",
    "Chinese": "\u4e00-\u9fff",
    "Arabic": "\u0600-\u06ff",
    "Hebrew": "\u0590-\u05ff",
    "Thai": "\u0e00-\u0e7f",
    "Greek": "\u0370-\u03ff",
    "Hindi": "\u0900-\u097f",
}
_LONGEST = 20_000  #: characters that are looked at
_FEWEST = 6  #: common words that a text needs for an answer
_LEAD = 1.4  #: times as many as the next language has
_SHARE = 0.2  #: of its letters that a script must have

_LANGUAGES_OF: dict[str, tuple[str, ...]] = {
    word: tuple(name for name, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_IN_SCRIPT = {name: re.compile(f"[{letters}]") for name, letters in _SCRIPTS.items()}


def language_of(text: str) -> str | None:
    """The English name of the language that most of a text is in; None if that is unclear."""
    text = text[:_LONGEST]
    letters = sum(char.isalpha() for char in text)
    for name, script in _IN_SCRIPT.items():  # Japanese before Chinese: its texts have Chinese signs too
        if letters and len(script.findall(text)) >= max(_FEWEST, _SHARE * letters):
            return name
    found: Counter[str] = Counter()
    for word in _WORD.findall(text.casefold()):
        found.update(_LANGUAGES_OF.get(word, ()))
    (first, most), (_, next_most) = [*found.most_common(2), ("", 0), ("", 0)][:2]
    return first if most >= _FEWEST and most >= _LEAD * next_most else None


def words_of(policy: Policy) -> str:
    """What a policy's author says, without examples, which may be in the language of the members."""
    rules = [text for rule in policy.rules for text in (rule.title, rule.breaks_it, rule.does_not, rule.notes)]
    guidance = [text for _, text in policy.guidance]
    return "\n".join([policy.title, policy.purpose, *policy.definitions, *rules, policy.when_unclear, *guidance])


def other_language(policy: Policy, messages: Iterable[str]) -> Finding | None:
    """Advice if a policy is in a different language than a server's messages; else None, also if that is unclear."""
    written = language_of(words_of(policy))
    spoken = language_of("\n".join(messages)) if written is not None else None
    if written is None or spoken is None or written == spoken:
        return None
    return Finding(
        code="the_policy_is_in_the_members_language",
        line=1,
        column=1,
        message=f"The policy is in {written}, but recent messages here are in {spoken}.",
        hint=f"The language of a policy shifts verdicts: write it in {spoken}, or test it well with /policy test.",
    )
