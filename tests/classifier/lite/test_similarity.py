"""Similarity: what is near, what is not, and that the work stays bounded."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.folding import fold
from classifier.lite.reading import Chunks, cut
from classifier.lite.similarity import Examples, Nearest
from classifier.policy_text import LabelledExample

BAD = "selling a rust account cheap, paypal friends and family only"
GOOD = "is it against the rules to sell an account here?"


def examples(*, violates: tuple[str, ...] = (BAD,), allows: tuple[str, ...] = (GOOD,)) -> Examples:
    """Labelled examples, the violating ones first."""
    return Examples(
        [LabelledExample(text=text, violates=True) for text in violates]
        + [LabelledExample(text=text, violates=False) for text in allows]
    )


def chunks_of(text: str) -> Chunks:
    """The text cut up, with all that it quotes."""
    return cut(fold(text))


def nearest(text: str, within: Examples | None = None) -> Nearest:
    """The nearest examples, for a text that has words."""
    found = (within or examples()).nearest(chunks_of(text))
    assert found is not None
    return found


def test_an_example_is_like_itself() -> None:
    """Similarity and score of an example to itself are 1."""
    found = nearest(BAD)
    assert found.violating == 0
    assert found.similarity == pytest.approx(1.0)
    assert found.score == pytest.approx(1.0)


def test_an_allowed_example_outweighs_a_violating_one() -> None:
    """A text nearer to the allowed side scores below one half, though it looks like the other side too."""
    found = nearest(GOOD)
    assert found.allowed == 1
    assert found.allowed_similarity == pytest.approx(1.0)
    assert found.score < 0.5


def test_the_nearer_of_two_examples_is_named() -> None:
    """The index is the example's place among all of them."""
    within = examples(violates=(BAD, "kill yourself"), allows=(GOOD, "that boss killed me again"))
    assert nearest("go kill yourself", within).violating == 1
    assert nearest("the boss killed me again", within).allowed == 3


def test_one_sentence_is_found_in_a_long_text() -> None:
    """Harmless sentences around it, with and without punctuation, hide nothing."""
    chatter = "we played until three and the bridge level still beats me, any tips for the second boss? "
    assert nearest(chatter * 40 + BAD + ". " + chatter * 40).score > 0.9
    assert nearest(" ".join((chatter * 40).replace(",", "").replace("?", "").split()) + " " + BAD).score > 0.7


def test_a_single_word_is_not_the_whole_example() -> None:
    """A short example asks for nearly all of itself."""
    within = examples(violates=("kill yourself",), allows=())
    assert nearest("just kill him already", within).score < 0.5
    assert nearest("you have to see for yourself", within).score < 0.5
    assert nearest("please kill yourself now", within).score >= 0.5


def test_a_repeated_word_counts_once() -> None:
    """Shouting one word of an example again and again does not make the example."""
    assert nearest("account account account account account account").score < 0.5


def test_symbols_count_as_words() -> None:
    """A rule may be about emoji."""
    within = examples(violates=("🍆🍑💦",), allows=("🍕🍔",))
    assert nearest("🍆 🍑 💦", within).score >= 0.5
    assert nearest("🍕 tonight?", within).score < 0.5


def test_scripts_without_spaces_are_compared_letter_by_letter() -> None:
    """A Chinese sentence is found among others."""
    within = examples(violates=("便宜出售账号只收现金",), allows=("可以在这里卖账号吗",))
    assert nearest("大家好，便宜出售账号，只收现金。谢谢", within).score >= 0.5
    assert nearest("大家今天玩什么游戏", within).score < 0.5


@pytest.mark.parametrize("text", ["", "  \n ", "... !!!", "\u200b\u200b"])
def test_a_text_without_words_is_like_nothing(text: str) -> None:
    """There is nothing to compare."""
    assert examples().nearest(chunks_of(text)) is None


def test_without_a_violating_example_nothing_is_near() -> None:
    """Allowed examples alone cannot make a violation; neither can an example without a word."""
    assert examples(violates=()).nearest(chunks_of(BAD)) is None
    assert examples(violates=("...",)).nearest(chunks_of(BAD)) is None
    assert Examples([]).nearest(chunks_of(BAD)) is None


def test_without_an_allowed_example_the_violating_ones_decide() -> None:
    """An allowed example without a word is none."""
    found = nearest(BAD, examples(allows=("!",)))
    assert (found.allowed, found.allowed_similarity) == (None, 0.0)
    assert found.score == pytest.approx(1.0)


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60))
def test_any_text_and_any_examples_give_a_score(text: str, violating: str, allowed: str) -> None:
    """Scores and similarities lie between 0 and 1, and are the same each time."""
    found = examples(violates=(violating, BAD), allows=(allowed,)).nearest(chunks_of(text))
    again = examples(violates=(violating, BAD), allows=(allowed,)).nearest(chunks_of(text))
    assert found == again
    if found is not None:
        assert 0.0 <= found.score <= 1.0
        assert 0.0 <= found.similarity <= 1.0
        assert 0.0 <= found.allowed_similarity <= 1.0


def test_a_text_made_of_near_misses_is_bounded_work() -> None:
    """Twenty thousand characters of shuffled example words take a moment. The bound leaves room for a busy machine."""
    words = (BAD + " " + GOOD).split()
    random.Random(1).shuffle(words)
    many = examples(violates=tuple(f"{BAD} {number}" for number in range(40)))
    text = " ".join(words * 300)[:20_000]
    started = time.process_time()
    many.nearest(chunks_of(text))
    assert time.process_time() - started < 2.0
