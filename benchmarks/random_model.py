"""Write a gpt-oss model file with random weights: `python -m benchmarks.random_model --size tiny OUT.gguf`.

The file has the real architecture (every key and tensor that llama.cpp asks for) and the published files' kinds of
numbers (MXFP4 in the experts, Q8_0 in the other matrices), so it shows that loading, tokens, batching, budgets and the
answer's grammar work, and how fast. It knows nothing: what it answers says nothing about judgement.

* ``tiny``: 0.2 MB, for tests; its own small vocabulary.
* ``small``: 8 layers of width 512, for benchmarks on a laptop.
* ``20b``: the shapes of gpt-oss-20b, about 12 GB.

`--vocab` takes the rank file of the real vocabulary (``o200k_base.tiktoken``).
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

from benchmarks.random_vocabulary import REAL_SIZE, ModelVocabulary, real_vocabulary, small_vocabulary

_BLOCK = 32  # values in a block of either quantised kind
_E2M1_RMS = 2.93  # root mean square of the 16 values that four bits can name
_LOGIT_SPREAD = 3.0  # standard deviation of the logits: wide enough that one token clearly wins


class NotEnoughDisk(OSError):
    """The file would not fit on the disk."""


class Storage(Enum):
    """How a tensor lies in the file. No float64: llama.cpp loads one and then crashes on it."""

    F32 = "f32"
    Q8_0 = "q8_0"
    MXFP4 = "mxfp4"


_BLOCK_BYTES = {
    Storage.Q8_0: 34,  # a float16 and 32 bytes that it scales
    Storage.MXFP4: 17,  # one exponent and 16 pairs of 4-bit values
}
_QUANTISED = {Storage.Q8_0: gguf.GGMLQuantizationType.Q8_0, Storage.MXFP4: gguf.GGMLQuantizationType.MXFP4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The numbers that make a gpt-oss model of one size."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    expert_width: int
    experts: int
    experts_used: int


SIZES = {
    "tiny": Shape(
        layers=2, width=64, heads=2, kv_heads=1, head_width=32, expert_width=64, experts=4, experts_used=2
    ),
    "small": Shape(
        layers=8, width=512, heads=8, kv_heads=2, head_width=64, expert_width=512, experts=8, experts_used=4
    ),
    "20b": Shape(
        layers=24, width=2880, heads=64, kv_heads=8, head_width=64, expert_width=2880, experts=32, experts_used=4
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor to write. `shape` is numpy's order: the row length comes last."""

    name: str
    shape: tuple[int, ...]
    storage: Storage
    spread: float  #: standard deviation of the values; 0 for tensors that scale by `centre`
    centre: float = 0.0

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape of the array in the file, in bytes for quantised ones."""
        if self.storage is Storage.F32:
            return self.shape
        return (*self.shape[:-1], self.shape[-1] // _BLOCK * _BLOCK_BYTES[self.storage])

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The numpy type that is written."""
        return np.dtype("<f4" if self.storage is Storage.F32 else "u1")

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return math.prod(self.stored_shape) * self.dtype.itemsize


def free_bytes(folder: Path) -> int:
    """How much the disk under `folder` can still take."""
    return shutil.disk_usage(folder).free


def write_random_model(
    path: Path,
    *,
    size: str,
    vocab: Path | None = None,
    real_size: bool = False,
    more_words: Sequence[str] = (),
    seed: int = 0,
    free: Callable[[Path], int] = free_bytes,
) -> None:
    """Write a model file of the given size to `path`; the same arguments give the same bytes.

    `vocab` is the rank file of the real vocabulary; without it the small one is used, padded to the real number of
    tokens for ``20b`` and where `real_size` says so, so that the output costs what it does. `more_words` are tokens of
    the small one, too.

    Raises:
        KeyError: no such size.
        ValueError: the rank file is not the one of o200k_base.
        NotEnoughDisk: the file would not fit.
    """
    shape = SIZES[size]
    padded_to = REAL_SIZE if size == "20b" or real_size else 0
    words = real_vocabulary(vocab) if vocab else small_vocabulary(padded_to=padded_to, more_words=more_words)
    plan = tuple(_tensors(shape, len(words.tokens)))
    needed = sum(tensor.size for tensor in plan) + 32 * len(words.tokens)
    if needed > (room := free(path.parent)):
        raise NotEnoughDisk(
            f"{path.name} needs {needed / 1e9:.1f} GB and {path.parent} has {room / 1e9:.1f} GB free: "
            "free some space or choose another folder"
        )
    part = path.with_name(path.name + ".part")
    writer = _describe(part, shape, words, size)
    try:
        _write(writer, plan, np.random.default_rng(seed))
        part.replace(path)
    finally:
        writer.close()
        part.unlink(missing_ok=True)


def _describe(part: Path, shape: Shape, words: ModelVocabulary, size: str) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(part, "gpt-oss")
    writer.add_name(f"random gpt-oss ({size})")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_MXFP4_MOE)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(131_072)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.expert_width)
    writer.add_expert_feed_forward_length(shape.expert_width)
    writer.add_expert_count(shape.experts)
    writer.add_expert_used_count(shape.experts_used)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_sliding_window(128)
    writer.add_rope_freq_base(150_000.0)
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    writer.add_rope_scaling_factor(32.0)
    writer.add_rope_scaling_orig_ctx_len(4096)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-4o")
    writer.add_token_list(list(words.tokens))
    writer.add_token_types(list(words.types))
    writer.add_token_merges(list(words.merges))
    writer.add_bos_token_id(words.first_id)
    writer.add_eos_token_id(words.last_id)
    return writer


def _write(writer: gguf.GGUFWriter, plan: tuple[Tensor, ...], rng: np.random.Generator) -> None:
    """The header, then tensor after tensor, so that only one is in memory at a time."""
    for tensor in plan:
        raw = _QUANTISED.get(tensor.storage)
        writer.add_tensor_info(tensor.name, tensor.stored_shape, tensor.dtype, tensor.size, raw_dtype=raw)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in plan:
        writer.write_tensor_data(_random_values(tensor, rng))
    writer.close()


def _tensors(shape: Shape, vocabulary: int) -> Iterator[Tensor]:
    width, experts = shape.width, shape.experts
    queries, keys = shape.heads * shape.head_width, shape.kv_heads * shape.head_width

    def matrix(name: str, rows: int, columns: int, spread: float = 1.0) -> Tensor:
        return Tensor(
            name=f"{name}.weight", shape=(rows, columns), storage=Storage.Q8_0, spread=spread / math.sqrt(columns)
        )

    def vector(name: str, *lengths: int, spread: float = 0.02, centre: float = 0.0) -> Tensor:
        return Tensor(name=name, shape=lengths, storage=Storage.F32, spread=spread, centre=centre)

    def expert(name: str, rows: int, columns: int) -> Iterator[Tensor]:
        spread = 1.0 / math.sqrt(columns)
        yield Tensor(name=f"{name}.weight", shape=(experts, rows, columns), storage=Storage.MXFP4, spread=spread)
        yield vector(f"{name}.bias", experts, rows)

    yield matrix("token_embd", vocabulary, width, math.sqrt(width))
    yield vector("output_norm.weight", width, spread=0.0, centre=1.0)
    yield matrix("output", vocabulary, width, _LOGIT_SPREAD)
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        yield vector(f"{block}.attn_norm.weight", width, spread=0.0, centre=1.0)
        yield vector(f"{block}.post_attention_norm.weight", width, spread=0.0, centre=1.0)
        for name, rows, columns in (
            ("attn_q", queries, width),
            ("attn_k", keys, width),
            ("attn_v", keys, width),
            ("attn_output", width, queries),
        ):
            yield matrix(f"{block}.{name}", rows, columns)
            yield vector(f"{block}.{name}.bias", rows)
        yield vector(f"{block}.attn_sinks.weight", shape.heads, spread=1.0)
        yield Tensor(
            name=f"{block}.ffn_gate_inp.weight",
            shape=(experts, width),
            storage=Storage.F32,
            spread=1.0 / math.sqrt(width),
        )
        yield vector(f"{block}.ffn_gate_inp.bias", experts)
        yield from expert(f"{block}.ffn_gate_exps", shape.expert_width, width)
        yield from expert(f"{block}.ffn_up_exps", shape.expert_width, width)
        yield from expert(f"{block}.ffn_down_exps", width, shape.expert_width)


def _random_values(tensor: Tensor, rng: np.random.Generator) -> npt.NDArray[np.generic]:
    if tensor.storage is Storage.MXFP4:
        blocks = math.prod(tensor.shape) // _BLOCK
        values = rng.integers(0, 256, size=(blocks, _BLOCK_BYTES[tensor.storage]), dtype=np.uint8)
        values[:, 0] = 127 + round(math.log2(tensor.spread / _E2M1_RMS))  # the blocks' shared power of two
        return values.reshape(tensor.stored_shape)
    normal = rng.standard_normal(tensor.shape, dtype=np.float32)
    normal *= np.float32(tensor.spread)
    normal += np.float32(tensor.centre)
    return gguf.quants.quantize(normal, _QUANTISED[tensor.storage]) if tensor.storage in _QUANTISED else normal


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when the file is written, 1 when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.random_model", description=__doc__.partition(":")[0])
    parser.add_argument("--size", choices=sorted(SIZES), required=True)
    parser.add_argument("--vocab", type=Path, metavar="FILE", help="o200k_base.tiktoken, for the real vocabulary")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("out", type=Path, metavar="OUT.gguf")
    options = parser.parse_args(arguments)
    try:
        write_random_model(options.out, size=options.size, vocab=options.vocab, seed=options.seed)
    except (OSError, ValueError) as error:
        print(f"cannot write {options.out}: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
