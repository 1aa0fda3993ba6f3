"""The model in memory: thin and typed over llama.cpp's C API, and the only file that touches it to compute.

`LlamaModel` holds the weights. `Sequences` holds texts that are written side by side over one such model: each has a
stream of its own in the cache (llama.cpp's ``kv_unified=False``), so it sees its own tokens and no others, and its
speed does not depend on how many policies there are. What a sequence holds can be kept as bytes and put into another
one. Why this layout and no other: README.md, "The cache".
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.llama.device.amx import without_amx
from classifier.llama.device.devices import default_threads, gpu_offload_supported
from classifier.llama.device.library import NativeLog, library
from classifier.llama.device.memory_plan import ALL_LAYERS
from classifier.llama.engine.decoding import Row
from classifier.llama.errors import ModelFileError

_FLASH_ATTENTION_OFF, _FLASH_ATTENTION_AUTO = 0, -1
# llama.cpp computes only neighbouring sequences together: a gap makes two passes of one. That costs as much as 17 rows
# in the gap whose logits nobody asks for (8 layers of width 512, 32 sequences, 2 cores).
_MOST_FILLERS = 16
_NO_ROOM = (1, -2)  # llama_decode: no free cells; no memory for the step


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a sequence held: cells of the cache with the bookkeeping around them, and how many tokens that were."""

    cells: npt.NDArray[np.uint8]
    tokens: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.cells.nbytes


class DecodeError(Exception):
    """llama.cpp refused to compute. The message has its return code, no content."""


class OutOfMemory(Exception):
    """The device has no memory for what was asked of it. Smaller sizes may still work."""


class LlamaModel:
    """The weights of a gpt-oss model.

    Raises:
        ModelFileError: llama.cpp cannot load the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        gpu_layers: int | None,
        threads: int | None,
        log: NativeLog,
        gpu_split: Sequence[float] | None = None,
    ) -> None:
        self.native = native = library()
        native.llama_backend_init()
        self.offloads = gpu_offload_supported() and gpu_layers != 0
        self.whole_on_gpu = self.offloads and gpu_layers in (None, ALL_LAYERS)
        self.threads = threads or default_threads()
        params = native.llama_model_default_params()
        params.n_gpu_layers = (ALL_LAYERS if gpu_layers is None else gpu_layers) if self.offloads else 0
        if gpu_split and self.offloads:  # else llama.cpp goes by the free memory of each GPU
            params.tensor_split = (ctypes.c_float * native.llama_max_devices())(*gpu_split)
        params.use_extra_bufts = without_amx(native)
        self.handle = native.llama_model_load_from_file(os.fsencode(path), params)
        if not self.handle:
            raise ModelFileError(f"llama.cpp cannot load {path} ({log.complaint}): download it again")
        self.vocabulary_size = int(native.llama_vocab_n_tokens(native.llama_model_get_vocab(self.handle)))
        self.runs_on = f"GPU {log.device}".strip() if self.offloads else f"CPU with {self.threads} threads"

    def close(self) -> None:
        """Free the weights; the sequences over them must be closed before. Safe to call twice."""
        if self.handle:
            self.native.llama_model_free(self.handle)
            self.handle = None


class Sequences:
    """Texts that one model writes side by side.

    Raises:
        OutOfMemory: there is not enough memory.
    """

    def __init__(self, model: LlamaModel, *, sequences: int, tokens_per_sequence: int, batch_tokens: int) -> None:
        self.sequences = sequences
        self.tokens_per_sequence = tokens_per_sequence
        self.batch_tokens = max(batch_tokens, sequences)
        self._native = model.native
        self._vocabulary_size = model.vocabulary_size
        self._context = self._open(model)
        if not self._context:
            raise OutOfMemory(f"{sequences} sequences of {tokens_per_sequence} tokens")
        self._memory = self._native.llama_get_memory(self._context)
        self._lengths = [0] * sequences
        self._put = [0] * sequences  # how many of them came as a snapshot
        self._batch = _Batch(self.batch_tokens, self._native)
        self._warm_up()

    def _open(self, model: LlamaModel) -> Any:
        params = self._native.llama_context_default_params()
        params.n_ctx = self.sequences * self.tokens_per_sequence
        params.n_batch = params.n_ubatch = self.batch_tokens
        params.n_seq_max = self.sequences
        params.n_outputs_max = self.sequences  # a row for each sequence; the default is one for each token of a batch
        params.n_threads = params.n_threads_batch = model.threads
        params.kv_unified = False
        params.swa_full = True  # else cells outside the sliding window are gone when a sequence is cut back
        params.flash_attn_type = _FLASH_ATTENTION_AUTO if model.whole_on_gpu else _FLASH_ATTENTION_OFF
        return self._native.llama_init_from_model(model.handle, params)

    def _warm_up(self) -> None:
        """Take the memory of the largest step now, and read the weights in. llama.cpp also wants logits first."""
        try:
            self.step(dict.fromkeys(range(self.sequences), 0))
        except OutOfMemory:
            self.close()
            raise
        for sequence in range(self.sequences):
            self.cut(sequence, 0)

    def extend(self, chunks: Mapping[int, Sequence[int]]) -> None:
        """Add tokens to sequences, `batch_tokens` at most in all, without asking what comes next.

        Raises:
            OutOfMemory: the device has no memory for this step. What the sequences hold cannot be relied on.
            DecodeError: llama.cpp refused.
        """
        together: dict[int, Sequence[int]] = {}
        last = length = 0
        for sequence, ids in sorted(chunks.items()):
            if together and (length, last + 1) != (len(ids), sequence):
                self._extend(together)
                together = {}
            together[sequence] = ids
            last, length = sequence, len(ids)
        self._extend(together)

    def _extend(self, chunks: Mapping[int, Sequence[int]]) -> None:
        """Add equally many tokens to neighbours: one pass. Of others llama.cpp would make more passes than one each."""
        batch = self._batch
        count = 0
        for sequence, ids in chunks.items():
            end, length = count + len(ids), self._lengths[sequence]
            batch.tokens[count:end] = ids
            batch.positions[count:end] = range(length, length + len(ids))
            batch.sequences[count:end] = sequence
            self._lengths[sequence] += len(ids)
            count = end
        batch.wanted[:count] = 0
        self._decode(count)

    def step(self, tokens: Mapping[int, int]) -> Mapping[int, Row]:
        """Add one token to each of these sequences; the logits behind it. They are valid until the next call.

        Raises:
            OutOfMemory: as `extend`.
            DecodeError: llama.cpp refused.
        """
        first, last = min(tokens), max(tokens)
        rows = list(range(first, last + 1))
        if len(rows) > len(tokens) + _MOST_FILLERS:
            rows = sorted(tokens)
        batch, count = self._batch, len(rows)
        batch.tokens[:count] = [tokens.get(sequence, 0) for sequence in rows]
        batch.positions[:count] = [self._lengths[sequence] for sequence in rows]
        batch.sequences[:count] = rows
        batch.wanted[:count] = [sequence in tokens for sequence in rows]
        self._decode(count)
        for sequence in rows:
            if sequence in tokens:
                self._lengths[sequence] += 1
            else:
                self.cut(sequence, self._lengths[sequence])
        logits = np.ctypeslib.as_array(
            self._native.llama_get_logits(self._context), shape=(len(tokens), self._vocabulary_size)
        )
        return dict(zip(sorted(tokens), logits, strict=True))

    def _decode(self, count: int) -> None:
        self._batch.struct.n_tokens = count
        code = self._native.llama_decode(self._context, self._batch.struct)
        if code in _NO_ROOM:
            raise OutOfMemory(f"llama.cpp stopped with code {code}")
        if code != 0:
            raise DecodeError(f"llama.cpp stopped with code {code}")

    def length(self, sequence: int) -> int:
        """How many tokens a sequence holds."""
        return self._lengths[sequence]

    def cut(self, sequence: int, length: int) -> None:
        """Forget everything in a sequence behind its first `length` tokens.

        Not in the middle of what was `put`: in the layers with a sliding window a snapshot has only what the next token
        sees (``state_write_meta`` in llama.cpp leaves out the rest, with `swa_full` as well).
        """
        if 0 < length < self._put[sequence]:
            raise ValueError(f"{self._put[sequence]} tokens were put there as one piece")
        if length == 0:
            self._put[sequence] = 0
        self._native.llama_memory_seq_rm(self._memory, sequence, length, -1)
        self._lengths[sequence] = length

    def keep(self, sequence: int) -> Snapshot:
        """What a sequence holds, as bytes.

        Raises:
            DecodeError: llama.cpp gave less than it announced.
        """
        size = self._native.llama_state_seq_get_size(self._context, sequence)
        cells = np.empty(size, dtype=np.uint8)
        place = cells.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        if self._native.llama_state_seq_get_data(self._context, place, size, sequence) != size:
            raise DecodeError("llama.cpp could not copy a sequence")
        return Snapshot(cells, self._lengths[sequence])

    def put(self, sequence: int, snapshot: Snapshot) -> None:
        """Let a sequence hold what `keep` gave, and nothing else.

        Raises:
            DecodeError: llama.cpp did not take it.
        """
        cells = snapshot.cells
        place = cells.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        if self._native.llama_state_seq_set_data(self._context, place, cells.size, sequence) != cells.size:
            raise DecodeError("llama.cpp could not put a sequence back")
        self._lengths[sequence] = self._put[sequence] = snapshot.tokens

    def close(self) -> None:
        """Free the cache. Safe to call twice."""
        if self._context:
            self._native.llama_free(self._context)
            self._context = None


class _Batch:
    """The input of a step: arrays that numpy fills and llama.cpp reads."""

    def __init__(self, size: int, native: Any) -> None:
        self.tokens, self.positions, self.sequences = (np.zeros(size, dtype=np.int32) for _ in range(3))
        self.wanted = np.zeros(size, dtype=np.int8)
        self._ones = np.ones(size, dtype=np.int32)
        self._places = (self.sequences.ctypes.data + 4 * np.arange(size)).astype(np.uintp)
        fields = dict(native.llama_batch._fields_)  # the types that the binding declares
        self.struct = native.llama_batch()
        for name, array in (
            ("token", self.tokens),
            ("pos", self.positions),
            ("n_seq_id", self._ones),
            ("seq_id", self._places),
            ("logits", self.wanted),
        ):
            setattr(self.struct, name, ctypes.cast(array.ctypes.data, fields[name]))
