"""Check a model file before it is loaded, so that a wrong one gives a one-line error and not a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.gguf import GgufCutShort, GgufError, GgufHeader, read_header
from classifier.llama.model_file.parts import COUNT_KEY, NUMBER_KEY, TENSORS_KEY, part_names, parts_of

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

    path: Path  #: of the first file, where there are several
    name: str
    architecture: str
    size_bytes: int  #: of all parts
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
    """Check that `path` is a whole gpt-oss model and tell what is in it. Reads the headers, not the weights.

    A model in several files is named by its first one.

    Raises:
        ModelFileError: it, or a part of it, is missing, a folder, cut short, no GGUF file, or another kind of model.
    """
    header = checked_header(path)
    try:
        return _facts(path, header, sum(part.stat().st_size for part in parts_of(path)))
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error


def checked_header(path: Path) -> GgufHeader:
    """The header of a whole gpt-oss model, of its first part where there are several.

    Raises:
        ModelFileError: as `describe_model`.
    """
    header = _header(path)
    count = header.number(COUNT_KEY)
    names = part_names(path.name)
    if count > 1:
        _check_part(path, header, count, names)
    architecture = header.text("general.architecture")
    if architecture == _OLLAMA_ARCHITECTURE:
        raise ModelFileError(f"{path} is Ollama's own conversion of gpt-oss, which llama.cpp cannot load: {GET_ONE}")
    if architecture != ARCHITECTURE:
        what = f"a model of the architecture {architecture[:40]!a}" if architecture else "no language model"
        raise ModelFileError(f"{path} holds {what}, not {ARCHITECTURE}: {GET_ONE}")
    _check_whole(path, header)
    if count > 1:
        _check_others(path, header, names)
    return header


def _check_part(path: Path, header: GgufHeader, count: int, names: Sequence[str]) -> None:
    """A part of a model must be called as llama.cpp looks for it, and be the first one."""
    number = header.number(NUMBER_KEY) + 1
    if len(names) != count or not 1 <= number <= count or path.name != names[number - 1]:
        raise ModelFileError(
            f"{path} is part {number} of {count} of a model and must be called ...-{number:05d}-of-{count:05d}.gguf, "
            "with the other parts beside it: keep the names that the files were published under"
        )
    if number != 1:
        raise ModelFileError(
            f"{path} is part {number} of {count} of a model: give the first one, {path.with_name(names[0])}"
        )


def _check_others(path: Path, header: GgufHeader, names: Sequence[str]) -> None:
    """The parts behind the first one: all there, whole, and of the same model."""
    tensors = header.tensors
    for number, name in enumerate(names[1:], start=1):
        part = path.with_name(name)
        if not part.exists():
            raise ModelFileError(
                f"{path} is part 1 of {len(names)} of a model, and part {number + 1} is missing: put {name} beside it, "
                "or run bylaw model pull with the --repo and --file that it comes from"
            )
        found = _header(part)
        if (found.number(COUNT_KEY), found.number(NUMBER_KEY)) != (len(names), number):
            raise ModelFileError(f"{part} is not part {number + 1} of {len(names)} of {path}: download it again")
        _check_whole(part, found)
        tensors += found.tensors
    if (announced := header.number(TENSORS_KEY, tensors)) != tensors:
        raise ModelFileError(
            f"the {len(names)} parts of {path} have {tensors} of {announced} tensors, so they are not from "
            "the same model: download them again, all from one repository"
        )


def _check_whole(path: Path, header: GgufHeader) -> None:
    size = path.stat().st_size
    if size < header.whole_size:
        raise ModelFileError(
            f"{path} is incomplete ({size:,} of {header.whole_size:,} bytes): "
            "download it again, or let the download finish"
        )


def check_memory(facts: ModelFacts, *, context_tokens: int, available_bytes: int) -> None:
    """Compare what a model needs on the CPU with what is free.

    Raises:
        ModelFileError: it would not fit.
    """
    needed = facts.memory_bytes(context_tokens)
    if needed > available_bytes:
        raise ModelFileError(
            f"{facts.path} needs {needed / 1e9:.1f} GB of memory with a context of {context_tokens} tokens, but "
            f"only {available_bytes / 1e9:.1f} GB are free: close other programs, or choose a smaller context"
        )


def _header(path: Path) -> GgufHeader:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder: give the GGUF file in it")
    if not path.exists():
        raise ModelFileError(f"there is no model file {path}: {GET_ONE}")
    if not path.is_file():  # a pipe that nobody writes to would be waited for forever
        raise ModelFileError(f"{path} is not a regular file: give a GGUF file")
    try:
        return read_header(path)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error
    except GgufCutShort as error:
        raise ModelFileError(f"{path} is incomplete ({error}): {GET_ONE}") from error
    except GgufError as error:
        raise ModelFileError(f"{path} is not a GGUF model file ({error}): {GET_ONE}") from error


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
