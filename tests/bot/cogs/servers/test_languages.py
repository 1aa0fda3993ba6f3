"""Every language and script goes through unchanged: from Discord to the prompt, and from the verdict to the card."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cogs.cards.card import render_card
from bot.moderation.cases.case import Edited, RuleBroken
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Effort, PolicyText, RuleText
from classifier.prompt.harmony import SegmentKind, build_prompt
from classifier.prompt.vocabulary import ByteVocabulary

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = PolicyText(title="A policy", rules=(RuleText(id="R1", title="One"),))

TEXTS = {
    "Arabic": "مرحبا بالجميع، هل شاهدتم الفيلم؟",
    "Hebrew": "שלום לכולם, ראיתם את הסרט?",
    "Hindi": "नमस्ते, क्या आपने फ़िल्म देखी?",
    "Thai": "สวัสดีครับ ดูหนังหรือยัง",
    "Chinese": "大家好，你们看过这部电影吗？",
    "Japanese": "こんにちは、映画はもう見ましたか？",
    "Korean": "안녕하세요, 영화 보셨어요?",
    "Russian": "Привет всем, вы уже видели фильм?",
    "Greek": "Γεια σας, είδατε την ταινία;",
    "Persian": "سلام، فیلم را دیده‌اید؟",
    "Bengali": "আপনারা কি সিনেমাটি দেখেছেন?",
    "Georgian": "გამარჯობა, ნახეთ ფილმი?",
    "Vietnamese": "Chào mọi người, đã xem phim chưa?",
    "mixed direction": "the film הסרט is جميل (10/10) и точка",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 c'est génial",
}
DISGUISED = {
    "homoglyphs": "уоu аrе а fооl",  # Cyrillic letters among Latin ones
    "leet": "y0u 4r3 4 f00l",
    "zero-width": "you are a f\u200bo\u200bo\u200bl",
    "spaced letters": "you are a f o o l",
    "emoji letters": "🇫🇴🇴🇱",
}


def seen(text: str) -> MessageSeen:
    """A message with these words."""
    return MessageSeen(guild_id=1, channel_id=20, message_id=300, author_id=7, text=text, posted_at=NOW)


def plain_text(view: Any) -> str:
    """What a card shows, without escapes and the signs that isolate a direction."""
    texts: list[str] = []

    def walk(components: list[Any]) -> None:
        for component in components:
            texts.append(component.get("content", ""))
            walk(component.get("components", []))

    walk(view.to_components())
    return re.sub(r"\\([^\w\s])", r"\1", "\n".join(texts)).replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_reaches_the_judge_unchanged(text: str) -> None:
    """Its bytes are in the content's part of the prompt, and nothing beside them: it is not disguised."""
    content = content_of(seen(text))
    assert (content.target.text, content.target.plain) == (text, "")
    vocabulary = ByteVocabulary()
    prompt = build_prompt(POLICY, content, effort=Effort.LOW, vocabulary=vocabulary, fence_key=b"a key")
    words = [each for each in prompt.segments if each.kind is SegmentKind.CONTENT]
    assert b"".join(vocabulary.decode(each.ids) for each in words).decode("utf-8") == text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_reaches_the_card_unchanged(face_factory: Callable[..., Any], text: str) -> None:
    """As a message, as the title of a rule, as a rationale and as the text after an edit."""
    rule = RuleBroken(id="R1", title=text, severity="high")
    face = face_factory(text=text, rules=(rule,), rationale=text, edited=Edited(edit=1_790_000_000_000, text=text))
    said = plain_text(render_card(face))
    assert said.count(text) == 4, said


@pytest.mark.parametrize("text", DISGUISED.values(), ids=DISGUISED)
def test_a_disguised_text_is_spelt_out_beside_the_original(text: str) -> None:
    """The original stays what is judged; the plain form only helps to read it."""
    target = content_of(seen(text)).target
    assert target.text == text
    assert "fool" in target.plain.casefold().replace(" ", "")
