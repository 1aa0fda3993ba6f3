"""Look at a model file before it is loaded, so that a wrong one is told apart in one line and not by a crash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.gguf import GgufCutShort, GgufError, GgufHeader, read_header

ARCHITECTURE = "gpt-oss"
_OLLAMA_ARCHITECTURE = "gptoss"
_BYTES_PER_CACHED_VALUE = 2  # float16
# llama.cpp's own log: 92.4 MiB for 512 tokens with the 20b's shapes and 16.0 MiB with those of `small`, which is 4.1
# and 4.0 times the float32 values that the experts of a token write.
_WIDE_VALUES = 5

#: What to do about a file that cannot be used.
GET_ONE = "download gpt-oss-safeguard-20b as one GGUF file, for example from lmstudio-community on Hugging Face"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a usable model file says about itself."""

    path: Path
    name: str
    architecture: str
    size_bytes: int
    n_vocab: int
    layers: int
    heads: int  #: of attention, a layer
    context_tokens: int  #: the longest context that the model was trained for
    cache_bytes_per_token: int
    step_bytes_per_token: int  #: what llama.cpp sets aside for each token of a step, without masks and logits

    def memory_bytes(self, context_tokens: int) -> int:
        """Bytes that the weights and a context of this many tokens take."""
        return self.size_bytes + context_tokens * self.cache_bytes_per_token


def gigabytes(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def describe_model(path: Path) -> ModelFacts:
    """Check that `path` is a whole gpt-oss model file and tell what is in it. Reads the header, not the weights.

    Raises:
        ModelFileError: it is missing, a folder, cut short, no GGUF file, or another kind of model.
    """
    return _facts(path, checked_header(path), path.stat().st_size)


def checked_header(path: Path) -> GgufHeader:
    """The header of a whole gpt-oss model file.

    Raises:
        ModelFileError: as `describe_model`.
    """
    header = _header(path)
    architecture = header.text("general.architecture")
    if architecture == _OLLAMA_ARCHITECTURE:
        raise ModelFileError(f"{path} is Ollama's own conversion of gpt-oss, which llama.cpp cannot load: {GET_ONE}")
    if architecture != ARCHITECTURE:
        what = f"a model of the architecture {architecture[:40]!a}" if architecture else "no language model"
        raise ModelFileError(f"{path} holds {what}, not {ARCHITECTURE}: {GET_ONE}")
    if header.number("split.count") > 1:
        raise ModelFileError(f"{path} is one part of a model split into several files: {GET_ONE}")
    size = path.stat().st_size
    if size < header.whole_size:
        raise ModelFileError(
            f"{path} is not complete, it has {size:,} of {header.whole_size:,} bytes: "
            "download it again or let the download finish"
        )
    return header


def check_memory(facts: ModelFacts, *, context_tokens: int, available_bytes: int) -> None:
    """Compare what a model needs on the CPU with what is free.

    Raises:
        ModelFileError: it would not fit.
    """
    needed = facts.memory_bytes(context_tokens)
    if needed > available_bytes:
        raise ModelFileError(
            f"{facts.path} needs {needed / 1e9:.1f} GB of memory with a context of {context_tokens} tokens and "
            f"{available_bytes / 1e9:.1f} GB are free: close other programs or choose a smaller context"
        )


def _header(path: Path) -> GgufHeader:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder: name the GGUF file in it")
    if not path.exists():
        raise ModelFileError(f"there is no model file {path}: {GET_ONE}")
    try:
        return read_header(path)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error
    except GgufCutShort as error:
        raise ModelFileError(f"{path} is not complete, {error}: {GET_ONE}") from error
    except GgufError as error:
        raise ModelFileError(f"{path} is no GGUF model file, {error}: {GET_ONE}") from error


def _facts(path: Path, header: GgufHeader, size: int) -> ModelFacts:
    def number(key: str, default: int = 0) -> int:
        return header.number(f"{ARCHITECTURE}.{key}", default)

    tokens = header.arrays.get("tokenizer.ggml.tokens")
    heads = number("attention.head_count_kv", number("attention.head_count"))
    per_head = number("attention.key_length") + number("attention.value_length")
    layers = number("block_count")
    expert_width = number("expert_feed_forward_length", number("embedding_length"))
    return ModelFacts(
        path=path,
        name=header.text("general.name")[:200],
        architecture=ARCHITECTURE,
        size_bytes=size,
        n_vocab=tokens.count if tokens else 0,
        layers=layers,
        heads=number("attention.head_count"),
        context_tokens=number("context_length"),
        cache_bytes_per_token=layers * heads * per_head * _BYTES_PER_CACHED_VALUE,
        step_bytes_per_token=_WIDE_VALUES * 4 * max(1, number("expert_used_count")) * expert_width,
    )
