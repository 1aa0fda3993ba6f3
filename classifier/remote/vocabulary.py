"""The vocabulary of gpt-oss on a machine without a model file: tiktoken's ``o200k_harmony``, downloaded once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import tiktoken

from classifier.content import clean_text
from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.vocabulary import CONTROL_NAMES, open_vocabulary
from classifier.prompt.vocabulary import ControlIds, Vocabulary
from classifier.remote.errors import EndpointRefused

_FIRST_CONTROL, _SIZE = 199_998, 201_088  # https://github.com/openai/harmony, ``o200k_harmony``


class TiktokenVocabulary:
    """gpt-oss's tokens by OpenAI's tiktoken. `encode` treats the names of control tokens as ordinary text."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding
        ids = {name: encoding.encode_single_token(spelling) for name, spelling in CONTROL_NAMES.items()}
        self._control = ControlIds(**ids, every=frozenset(range(_FIRST_CONTROL, _SIZE)))

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


def load_vocabulary(file: Path | None) -> Vocabulary:
    """The vocabulary of a model file, or tiktoken's. Blocks for up to a few seconds.

    Raises:
        EndpointRefused: it cannot be had; the line says what to do.
    """
    if file is not None:
        try:
            return open_vocabulary(file)
        except ModelFileError as error:
            raise EndpointRefused(f"the vocabulary of BYLAW_MODEL_PATH cannot be read: {error}") from None
    try:
        return TiktokenVocabulary(tiktoken.get_encoding("o200k_harmony"))
    except Exception as error:  # noqa: BLE001  # tiktoken lets through whatever its HTTP library and the disk raise
        raise EndpointRefused(
            f"the model's vocabulary cannot be downloaded ({type(error).__name__}): set BYLAW_MODEL_PATH to a gpt-oss "
            "GGUF file, or copy tiktoken's o200k_base into TIKTOKEN_CACHE_DIR"
        ) from None
