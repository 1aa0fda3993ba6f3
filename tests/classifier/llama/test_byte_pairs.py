"""Byte-pair merging: the textbook result, in little time for the worst text."""

from __future__ import annotations

import itertools
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.llama.byte_pairs import BytePairs, merge, split_words
from classifier.llama.vocabulary import LlamaVocabulary


def merge_by_the_book(word: bytes, ids: dict[bytes, int]) -> tuple[int, ...]:
    """Look at all pairs, merge the lowest, leftmost first, and start over."""
    parts = [word[i : i + 1] for i in range(len(word))]
    while True:
        ranks = [ids.get(left + right) for left, right in pairwise(parts)]
        known = [rank for rank in ranks if rank is not None]
        if not known:
            return tuple(ids[part] for part in parts)
        at = ranks.index(min(known))
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


BYTES = {bytes([byte]): byte for byte in range(256)}


@given(
    word=st.text(alphabet="abc", max_size=40).map(str.encode),
    tokens=st.lists(st.text(alphabet="abc", min_size=2, max_size=6).map(str.encode), max_size=30, unique=True),
)
def test_merges_are_those_of_the_book(word: bytes, tokens: list[bytes]) -> None:
    """With any tokens and any word, the quick way gives what the slow way gives."""
    ids = {**BYTES, **{token: 256 + place for place, token in enumerate(tokens)}}
    assert merge(word, ids) == merge_by_the_book(word, ids)


@pytest.mark.parametrize("letter", ["a", " ", "!", "\n", "1", "中", "\u0301", "Aa", "<|", "👍"])
def test_a_very_long_word_is_no_trouble(letter: str, tiny_vocabulary: LlamaVocabulary) -> None:
    """60,000 equal letters, on which llama.cpp's own tokenizer overflows its stack."""
    text = letter * 60_000
    assert tiny_vocabulary.decode(tiny_vocabulary.encode(text)) == text.encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b", ["a", " ", " b"]),
        ("a\u3000\u3000b", ["a", "\u3000", "\u3000b"]),
        ("a\u3000\u3000.", ["a", "\u3000", "\u3000", "."]),
        ("a  ", ["a", "  "]),
        (" \n x", [" \n", " x"]),
        ("Don't12345!", ["Don't", "123", "45", "!"]),
        ("<|start|>", ["<|", "start", "|>"]),
    ],
)
def test_text_is_split_where_the_training_split_it(text: str, words: list[str]) -> None:
    """The last character of white space stays with the word behind it, also one of several bytes."""
    assert [word.decode() for word in split_words(text.encode())] == words


def test_words_are_remembered_within_bounds() -> None:
    """The memory for words is emptied when it is full, and results stay the same."""
    pairs = BytePairs({**BYTES, b"ab": 256})
    first = pairs.encode(b"cab cab")
    words = ("".join(letters) for letters in itertools.product("cdefghijklmnopqrstuvwxyz", repeat=4))
    pairs.encode(" ".join(itertools.islice(words, 50_010)).encode())
    assert 0 < len(pairs._remembered) < 100
    assert pairs.encode(b"cab cab") == first == (ord("c"), 256, ord(" "), ord("c"), 256)
