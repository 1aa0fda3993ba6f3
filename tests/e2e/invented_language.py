"""Scenarios in which everybody reads the invented language, and all that the bot sends is checked.

A scenario is written in English: it clicks on "Publish" and expects "Draft discarded". So what the bot sends is checked
as it is, and reaches the simulated Discord in English again. The scenario notices nothing, so any one will do.
"""

from __future__ import annotations

import ast
import functools
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import simcord
import simcord.http.router
import simcord.interactions

from bot.languages.extraction import CODE
from bot.languages.language import Language
from tests.e2e.languages import invent
from tests.fakes.pseudo_language import BRACKETED, CLOSE, OPEN, english, stretches, texts_of_the_code

LOCALE = "de"
#: Folders whose texts people read.
_SPEAKING = (
    *(f"bot/{package}" for package in ("cogs", "moderation", "languages", "storage", "pictures", "capacity")),
    "guild_policies/store",
)
_WORDS = 4  #: a run of this many words that is in a text of the code is no coincidence
_LETTERS = 3  #: of a whole text; a shorter one, such as "v" or "in", says nothing
_FIELDS = ("content", "label", "title", "description", "placeholder", "name")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
#: What nobody translates: code with lint hints and policies, tags and mentions, links, commands, and what Babel writes.
_MARKUP = re.compile(
    r"```.*?```|`[^`]*`|<style>.*?</style>|<[^<>]*>|https?://\S+|(?<!\w)/[a-z]+(?: [a-z-]+)?"
    r"|\d+ (?:day|hour|minute|second)s?|\band\b",
    re.DOTALL,
)
_APART = re.compile(r"\n|\*\*| · ")  #: what stands between texts
#: Headings of a policy, what people type, and the scenarios' own words: no texts, although texts read like them.
_NO_TEXTS = ("Rules", "When it is unclear", "published", "clear", "none", "Reviewers", "see")
_NOT_PROSE = (".json", ".csv", ".png", ".webp")
_BUTTON, _INPUT, _LABEL, _MENUS = 2, 4, 18, (3, 5, 6, 7, 8)  #: Discord's kinds of components
#: The most characters of a field, by the kind of its component.
_LONGEST = {
    (_BUTTON, "label"): 80,
    (_LABEL, "label"): 45,
    (_LABEL, "description"): 100,
    (_INPUT, "placeholder"): 100,
    **{(kind, "placeholder"): 150 for kind in _MENUS},
    (None, "label"): 100,  # of an option in a menu or a group
    (None, "description"): 100,
}


@dataclass(slots=True)
class Sent:
    """What the bot has sent, as it was before it was read back into English."""

    entries: list[simcord.HttpLogEntry] = field(default_factory=list, repr=False)
    texts: list[str] = field(default_factory=list, repr=False)

    def problems(self) -> list[str]:
        """Texts that are cut, not translated, or too long for where Discord shows them."""
        found = [f"{problem}: {text!r}" for text in dict.fromkeys(self.texts) for problem in problems_of_text(text)]
        return found + [problem for entry in self.entries for problem in too_long(entry.json)]


def everybody_reads_it(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """German is the invented language, and the language of everybody's Discord; numbers and dates are English."""
    sent = Sent()
    invent(monkeypatch)
    monkeypatch.setattr(Language, "babel", property(lambda _self: "en"))
    payload, dispatch = simcord.interactions.base_payload, simcord.http.router.dispatch

    def with_locale(backend: Any, **options: Any) -> Any:
        record, made = payload(backend, **options)
        return record, made | {"locale": LOCALE}

    def checked(backend: Any, method: str, path: str, **given: Any) -> Any:
        body, reason = given.get("json"), given.get("reason")
        sent.entries.append(simcord.HttpLogEntry(method, path, {}, body, reason))
        if not path.endswith("/commands"):  # commands have their English beside the translations
            sent.texts += texts_of(body)
        for file in given.get("files") or ():
            _read_back(file, sent)
        return dispatch(backend, method, path, **(given | {"json": in_english(body), "reason": in_english(reason)}))

    monkeypatch.setattr(simcord.interactions, "base_payload", with_locale)
    monkeypatch.setattr(simcord.http.router, "dispatch", checked)
    return sent


def _read_back(file: Any, sent: Sent) -> None:
    if file.filename.endswith(_NOT_PROSE):
        return
    text = file.fp.read().decode()
    if OPEN in text:
        sent.texts.append(text)
    file.fp = io.BytesIO(english(text).encode())


def in_english(body: Any) -> Any:
    """The same with every text in English, at whatever depth."""
    if isinstance(body, str):
        return english(body)
    if isinstance(body, list):
        return [in_english(each) for each in body]
    return {name: in_english(each) for name, each in body.items()} if isinstance(body, dict) else body


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    """Every object of a request, at whatever depth."""
    if isinstance(body, dict):
        yield body
    for each in body if isinstance(body, list) else body.values() if isinstance(body, dict) else ():
        yield from _objects(each)


def texts_of(body: Any) -> Iterator[str]:
    """Every text for people in a request."""
    for each in _objects(body):
        yield from (each[name] for name in _FIELDS if isinstance(each.get(name), str) and each[name])


def too_long(body: Any) -> Iterator[str]:
    """What Discord would refuse for its length; contents and titles are held to their limits for every scenario."""
    for each in _objects(body):
        for (kind, name), most in _LONGEST.items():
            text = each.get(name)
            if each.get("type") == kind and isinstance(text, str) and len(text) > most:
                yield f"{name} of {len(text)} characters, {most} allowed: {text!r}"


def problems_of_text(text: str) -> list[str]:
    """What is wrong with a text: a bracket without its other half; a stretch of the code's own that has none."""
    left = _MARKUP.sub("\n", BRACKETED.sub("\n", text)).replace("\\", "")
    cut = ["cut"] if OPEN in left or CLOSE in left else []
    return cut + [f"not translated: {part!r}" for part in _APART.split(left) if is_of_the_code(part)]


def is_of_the_code(part: str) -> bool:
    """Is this a text of the code, or a part of one?"""
    words = _words(part)
    is_whole = len("".join(words)) >= _LETTERS and words in _whole_texts()
    return is_whole or any(run in _runs_of_the_code() for run in _runs(words))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (words[start : start + _WORDS] for start in range(len(words) - _WORDS + 1))


@functools.cache
def _whole_texts() -> frozenset[tuple[str, ...]]:
    """The stretches of all texts to translate."""
    found = set()
    for message in texts_of_the_code():
        for text in (message.id,) if isinstance(message.id, str) else message.id:
            found |= {_words(part) for part in stretches(text)}
    return frozenset(found - {(), *map(_words, _NO_TEXTS)})


@functools.cache
def _runs_of_the_code() -> frozenset[tuple[str, ...]]:
    """All runs of words in the code's string literals, marked for translation or not; docstrings are left out."""
    found: set[tuple[str, ...]] = set()
    for folder in _SPEAKING:
        for path in (CODE.parent / folder).rglob("*.py"):
            for text in _literals(ast.parse(path.read_text(encoding="utf-8"))):
                for part in re.split(r"\{\w*\}|\n", text):
                    found |= set(_runs(_words(part)))
    return frozenset(found)


def _literals(tree: ast.AST) -> Iterator[str]:
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value
