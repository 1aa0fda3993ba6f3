"""The vocabulary of a random-weight model file: the real one from its rank file, or a small one made here.

A GGUF file carries a byte-level BPE vocabulary as token strings in GPT-2's byte alphabet, a type for each token and
the merges in order. The published rank file (``o200k_base.tiktoken``: base64 of the bytes, a space, the rank) holds
no merges; they are recovered by splitting each token with the ranks below its own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from classifier.llama.model_file.vocabulary import byte_alphabet

NORMAL, CONTROL = 1, 3  # the token types of GGUF's ``tokenizer.ggml.token_type``

REAL_SIZE = 201_088

#: The control tokens in the order of harmony's ``o200k_harmony`` encoding, which starts them at id 199998.
CONTROL_TOKENS = (
    "<|startoftext|>",
    "<|endoftext|>",
    None,
    None,
    "<|return|>",
    "<|constrain|>",
    None,
    "<|channel|>",
    "<|start|>",
    "<|end|>",
    "<|message|>",
    None,
    None,
    None,
    "<|call|>",
)

#: What the small vocabulary knows as whole tokens; everything else it spells out in bytes.
_WORDS = """
violation rules rationale analysis final commentary assistant system developer user channel message
the and not for are that this with from must only what when rule policy content context member breaks
allowed example answer says text server instructions definitions reasoning low medium high valid channels
you your one two or of to in is it as be on if an
"""
_MARKS = ('{"', '":', '["', '"]', '","', '"}', "],", "\n\n", "# ", "##", "- ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVocabulary:
    """The three lists that a GGUF file holds, and the ids of the first and the last token of a text."""

    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...]
    first_id: int
    last_id: int


def small_vocabulary(*, padded_to: int = 0, more_words: Sequence[str] = ()) -> ModelVocabulary:
    """256 bytes, a few words and the control tokens; padded with reserved tokens to a multiple of 32 or `padded_to`.

    `more_words` become whole tokens, as most words are in the real vocabulary; without them prompts are spelled out.
    """
    ranks = {bytes([byte]): byte for byte in range(256)}
    merges: list[tuple[bytes, bytes]] = []
    words = dict.fromkeys((*_WORDS.split(), *more_words))
    for word in (*_MARKS, *words, *(f" {word}" for word in words)):
        raw = word.encode()
        for end in range(2, len(raw) + 1):
            if raw[:end] not in ranks:
                ranks[raw[:end]] = len(ranks)
                merges.append((raw[: end - 1], raw[end - 1 : end]))
    size = max(padded_to, -(-(len(ranks) + len(CONTROL_TOKENS)) // 32) * 32)
    return _assemble(ranks, merges, size)


def real_vocabulary(rank_file: Path) -> ModelVocabulary:
    """gpt-oss's 201,088 tokens from the published rank file.

    Raises:
        ValueError: the file is not the rank file of o200k_base.
    """
    try:
        lines = [line.split() for line in rank_file.read_bytes().splitlines() if line]
        ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in lines}
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"{rank_file} is no tiktoken rank file: {error}") from error
    if sorted(ranks.values()) != list(range(REAL_SIZE - 1090)):
        raise ValueError(f"{rank_file} has {len(ranks)} ranks; o200k_base has {REAL_SIZE - 1090}, without gaps")
    ordered = sorted(ranks, key=ranks.__getitem__)
    return _assemble(ranks, [split_by_rank(token, ranks) for token in ordered if len(token) > 1], REAL_SIZE)


def split_by_rank(token: bytes, ranks: Mapping[bytes, int]) -> tuple[bytes, bytes]:
    """The two tokens whose merge makes `token`: BPE over its bytes, using only ranks below its own.

    Raises:
        ValueError: no merge of lower ranks makes this token.
    """
    limit = ranks[token]
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        joined = [ranks.get(left + right, limit) for left, right in pairwise(parts)]
        best = min(joined)
        if best >= limit:
            raise ValueError(f"rank {limit} is not reachable by merges")
        at = joined.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts[0], parts[1]


def _assemble(ranks: Mapping[bytes, int], merges: Iterable[tuple[bytes, bytes]], size: int) -> ModelVocabulary:
    alphabet = {byte: letter for letter, byte in byte_alphabet().items()}

    def spell(token: bytes) -> str:
        return "".join(alphabet[byte] for byte in token)

    ordinary = [spell(token) for token in sorted(ranks, key=ranks.__getitem__)]
    count = len(ordinary)
    named = dict(enumerate(CONTROL_TOKENS, start=count))
    control = [named.get(token_id) or f"<|reserved_{token_id}|>" for token_id in range(count, size)]
    return ModelVocabulary(
        tokens=(*ordinary, *control),
        types=(NORMAL,) * count + (CONTROL,) * len(control),
        merges=tuple(f"{spell(left)} {spell(right)}" for left, right in merges),
        first_id=count,
        last_id=count + CONTROL_TOKENS.index("<|return|>"),
    )
