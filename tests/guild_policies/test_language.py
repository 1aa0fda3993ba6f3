"""Which language a policy and its server's messages are in: told where it is plain, and never guessed."""

from __future__ import annotations

import time

import pytest

from guild_policies import templates
from guild_policies.language import language_of, other_language, words_of
from guild_policies.text.parse import parse

CHAT = {
    "English": ["anyone up for ranked", "that was the best game of the week", "you are not wrong but it is late"],
    "German": ["wer hat lust auf ne runde", "ich bin gleich da", "das ist mir egal", "nicht so laut, es ist spät"],
    "French": ["on joue ce soir ?", "je suis pas là", "c'est pas grave, tu viens avec nous", "et la suite ?"],
    "Spanish": ["quién juega hoy", "no lo sé pero está muy bien", "eso es lo que yo digo", "con los del otro día"],
    "Portuguese": ["bora jogar hoje", "não sei mas eu quero", "isso é muito bom pra mim", "você vai com eles"],
    "Italian": ["chi gioca stasera", "non lo so ma è molto bello", "ci sono anche gli altri", "questo non mi va"],
    "Dutch": ["wie doet er mee", "ik weet het niet maar het is wel leuk", "dat is ook niet van mij"],
    "Polish": ["kto gra dzisiaj", "nie wiem ale to jest dobre", "co się dzieje", "już nie mam za co"],
    "Turkish": ["kim var", "bu çok iyi bir şey", "ben de gelmek için varım", "ne kadar güzel değil mi"],
    "Russian": ["кто играет", "я не знаю, что это", "как он так", "мы бы тоже, но уже нет", "если вы за"],
    "Ukrainian": ["хто грає", "я не знаю, що це", "він та ти", "якщо є ще тільки для нас", "але ми за"],
    "Japanese": ["誰かゲームしませんか", "今日は暇です"],
    "Korean": ["오늘 게임 할 사람", "나는 잘 모르겠어요"],
    "Chinese": ["今天有人玩游戏吗", "我不知道这个是什么"],
    "Arabic": ["من يلعب اليوم", "لا أعرف ما هذا"],
}


@pytest.mark.parametrize("language", CHAT)
def test_chat_is_told_by_its_commonest_words(language: str) -> None:
    """A few lines are enough."""
    assert language_of("\n".join(CHAT[language])) == language


@pytest.mark.parametrize("text", ["", "gg", "lol xd", "12345 67890", "https://a.example/b", "😀😀😀", "xdd kekw pog"])
def test_what_says_nothing_is_not_guessed(text: str) -> None:
    """None where there are too few words."""
    assert language_of(text * 3) is None


@pytest.mark.parametrize("name", templates.names())
def test_the_starter_policies_are_english(name: str) -> None:
    """Their terse sentences are enough."""
    assert language_of(words_of(parse(templates.load(name)).policy)) == "English"


def test_a_policy_in_another_language_gets_one_finding() -> None:
    """Advice that names both; none where they agree, or where nothing is known of the messages."""
    policy = parse(templates.load("scams")).policy
    found = other_language(policy, CHAT["German"])
    assert found is not None
    assert found.message == "The policy is in English, but recent messages here are in German."
    assert not found.blocking
    assert other_language(policy, CHAT["English"]) is None
    assert other_language(policy, []) is None
    assert other_language(policy, ["gg"]) is None


def test_examples_do_not_count() -> None:
    """They are in the members' language, whatever the policy's is."""
    text = "# A\n## Rules\n### R1 B\nBreaks it: the kind of advert that is for other servers, and not for this one\n"
    examples = "Examples:\n" + "".join(f'- violates: "{line}"\n' for line in CHAT["German"] * 5)
    assert language_of(words_of(parse(text + examples).policy)) == "English"


def test_a_long_text_is_told_quickly() -> None:
    """However long it is, less than 50 ms."""
    start = time.process_time()
    language_of("the word is not a thing " * 100_000)
    assert time.process_time() - start < 0.05
