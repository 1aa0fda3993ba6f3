"""The model's vocabulary without a model file: OpenAI's own, where tiktoken has kept it on this machine before.

tiktoken would fetch a missing file from the internet. Here nothing is fetched: without the file there is no vocabulary.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import tiktoken

from classifier.content import clean_text
from classifier.prompt.vocabulary import ControlIds

_NAME = "o200k_harmony"
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
_FIRST_CONTROL = 199_998  #: of this encoding; the ids below are ordinary text


class TiktokenVocabulary:
    """A vocabulary that keeps the port's promises: ordinary text never becomes a control token."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding
        single = encoding.encode_single_token
        self._control = ControlIds(
            start=single("<|start|>"),
            end=single("<|end|>"),
            message=single("<|message|>"),
            channel=single("<|channel|>"),
            constrain=single("<|constrain|>"),
            return_=single("<|return|>"),
            call=single("<|call|>"),
            every=frozenset(range(_FIRST_CONTROL, encoding.n_vocab)),
        )

    @property
    def control(self) -> ControlIds:
        """The control tokens of this vocabulary."""
        return self._control

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of `text` as ordinary text."""
        return tuple(self._encoding.encode_ordinary(clean_text(text)))

    def decode(self, ids: Iterable[int]) -> bytes:
        """The bytes of ordinary ids; control ids and unknown ids give none."""
        return self._encoding.decode_bytes([token for token in ids if 0 <= token < _FIRST_CONTROL])


def kept_vocabulary() -> TiktokenVocabulary | None:
    """The vocabulary from tiktoken's own folder of kept files; None where it is not there. Takes up to a second."""
    if not _kept_file().is_file():
        return None
    return TiktokenVocabulary(tiktoken.get_encoding(_NAME))


def _kept_file() -> Path:
    """Where tiktoken keeps it: the same rule as in ``tiktoken.load``."""
    named = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    folder = Path(named) if named else Path(tempfile.gettempdir(), "data-gym-cache")
    return folder / hashlib.sha1(_ADDRESS.encode(), usedforsecurity=False).hexdigest()
