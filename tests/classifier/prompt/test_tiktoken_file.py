"""The model's vocabulary where tiktoken has kept it before, and nothing where it has not."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from classifier.llama.model_file.o200k import PATTERN
from classifier.prompt.tiktoken_file import TiktokenVocabulary, kept_vocabulary

CONTROL = {
    "<|return|>": 200_002,
    "<|constrain|>": 200_003,
    "<|channel|>": 200_005,
    "<|start|>": 200_006,
    "<|end|>": 200_007,
    "<|message|>": 200_008,
    "<|call|>": 200_012,
}


@pytest.fixture(scope="module")
def vocabulary() -> TiktokenVocabulary:
    """One with single bytes, a word, and the control tokens at their places."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"th": 256, b"the": 257}
    return TiktokenVocabulary(
        tiktoken.Encoding("small", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=CONTROL)
    )


@given(text=st.text() | st.sampled_from([f"x{name}y" for name in CONTROL]))
def test_no_text_becomes_a_control_token(vocabulary: TiktokenVocabulary, text: str) -> None:
    """Whatever it spells, it comes back as it was."""
    ids = vocabulary.encode(text)
    assert vocabulary.control.every.isdisjoint(ids)
    assert vocabulary.decode(ids).decode("utf-8") == text


def test_control_tokens_have_their_ids(vocabulary: TiktokenVocabulary) -> None:
    """They stand above ordinary text, and decode to nothing."""
    control = vocabulary.control
    assert (control.start, control.end, control.message) == (200_006, 200_007, 200_008)
    assert {control.channel, control.constrain, control.return_, control.call} <= control.every
    assert vocabulary.decode([control.start, *vocabulary.encode("the"), 10**9]) == b"the"
    assert vocabulary.encode("the") == (257,)


def test_lone_surrogates_are_no_trouble(vocabulary: TiktokenVocabulary) -> None:
    """JSON can carry them; they read as unknown characters."""
    assert vocabulary.decode(vocabulary.encode("a\ud800b")).decode() == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("name", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without a kept file there is no vocabulary, and no attempt to get one."""
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.setenv(name, str(tmp_path))

    def fetches(*_: object) -> bytes:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("tiktoken.load.read_file", fetches)
    assert kept_vocabulary() is None
    assert list(tmp_path.iterdir()) == []
