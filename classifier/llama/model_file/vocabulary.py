"""The vocabulary of a gpt-oss model file, read from the file itself: no native code, no weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from classifier.content import clean_text
from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import GET_ONE, checked_header
from classifier.llama.model_file.gguf import GgufError, read_numbers, read_strings
from classifier.llama.model_file.o200k import encoding
from classifier.prompt.vocabulary import ControlIds

_NORMAL = 1  # GGUF's token type for ordinary text

CONTROL_NAMES = {
    "start": b"<|start|>",
    "end": b"<|end|>",
    "message": b"<|message|>",
    "channel": b"<|channel|>",
    "constrain": b"<|constrain|>",
    "return_": b"<|return|>",
    "call": b"<|call|>",
}


class LlamaVocabulary:
    """A model's tokens, in memory. `encode` cannot produce a control token: the merges do not know them."""

    def __init__(self, pieces: Sequence[bytes | None], control: ControlIds) -> None:
        """Take the bytes of each token, None for those that are not text."""
        self._pieces = tuple(pieces)
        self._control = control
        self._encoding = encoding({piece: token for token, piece in enumerate(pieces) if piece is not None})

    def __len__(self) -> int:
        """The number of tokens, control tokens included."""
        return len(self._pieces)

    @property
    def control(self) -> ControlIds:
        """The control tokens of this vocabulary."""
        return self._control

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of `text` as ordinary text, equal to those of tiktoken's ``encode_ordinary``."""
        return tuple(self._encoding.encode_ordinary(clean_text(text)))

    def decode(self, ids: Iterable[int]) -> bytes:
        """The bytes of ordinary ids; control ids and unknown ids give none."""
        return b"".join(self.piece(token) or b"" for token in ids)

    def piece(self, token: int) -> bytes | None:
        """The bytes of one ordinary token; None for a control token and an unknown id."""
        return self._pieces[token] if 0 <= token < len(self._pieces) else None


def open_vocabulary(path: Path) -> LlamaVocabulary:
    """Read the vocabulary of the model file at `path`; the 201,088 tokens of gpt-oss take half a second.

    Raises:
        ModelFileError: the file cannot be used as a model, or has no byte-level vocabulary with harmony's
            control tokens.
    """
    header = checked_header(path)
    try:
        spellings = read_strings(path, header.arrays["tokenizer.ggml.tokens"])
        types = read_numbers(path, header.arrays["tokenizer.ggml.token_type"])
    except KeyError as error:
        raise ModelFileError(f"{path} has no vocabulary: {GET_ONE}") from error
    except (OSError, GgufError) as error:
        raise ModelFileError(f"{path} has a vocabulary that cannot be read: {GET_ONE}") from error
    if len(types) != len(spellings):
        raise ModelFileError(f"{path} has a damaged vocabulary: {GET_ONE}")
    pieces = _spell_out(spellings, types)
    if not {bytes([byte]) for byte in range(256)} <= {piece for piece in pieces if piece is not None}:
        raise ModelFileError(f"{path} has no byte-level vocabulary: {GET_ONE}")
    return LlamaVocabulary(pieces, _control_ids(path, spellings, types))


def _spell_out(spellings: Sequence[bytes], types: Sequence[int]) -> list[bytes | None]:
    """The bytes of each ordinary token. A spelling outside GPT-2's byte alphabet is not text and gives None."""
    alphabet = byte_alphabet()
    not_a_byte = 0x100
    table = {number: alphabet.get(chr(number), not_a_byte) for number in range(0x200)}
    pieces: list[bytes | None] = []
    for spelling, kind in zip(spellings, types, strict=True):
        piece = None
        if kind == _NORMAL and spelling:
            try:
                piece = spelling.decode().translate(table).encode("latin-1")
            except UnicodeError:
                piece = None
        pieces.append(piece)
    return pieces


def _control_ids(path: Path, spellings: Sequence[bytes], types: Sequence[int]) -> ControlIds:
    every = frozenset(token for token, kind in enumerate(types) if kind != _NORMAL)
    found = {spelling: token for token, spelling in enumerate(spellings) if token in every}
    missing = [spelling.decode() for spelling in CONTROL_NAMES.values() if spelling not in found]
    if missing:
        raise ModelFileError(
            f"{path} lacks harmony control tokens ({', '.join(missing)}), so it is not a gpt-oss model "
            f"that Bylaw can use: {GET_ONE}"
        )
    return ControlIds(**{field: found[spelling] for field, spelling in CONTROL_NAMES.items()}, every=every)


def byte_alphabet() -> Mapping[str, int]:
    """GPT-2's letter for each byte, the other way round: bytes that print stand for themselves, others from U+0100."""
    prints = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return {chr(byte if byte in prints else next(spare)): byte for byte in range(256)}
