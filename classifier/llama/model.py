"""The model in memory: thin and typed over llama.cpp's C API.

One context, one sequence. The policy's prefix stays in the KV cache from one prompt to the next; everything after it
is computed anew, always in the same chunks, so that the same prompt gives the same logits to the last bit whatever
was judged before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil

from classifier.llama.decoding import Row
from classifier.llama.errors import ModelFileError
from classifier.llama.native import NativeLog, library

CHUNK = 512  # tokens that are computed in one call; between two calls a judgement can be stopped
_ALL_LAYERS = -1


class DecodeError(Exception):
    """llama.cpp refused to compute. The message has its return code, no content."""


def gpu_offload_supported() -> bool:
    """Whether this llama.cpp was built for a GPU (CUDA, Metal, Vulkan, ...) and one is there."""
    return bool(library().llama_supports_gpu_offload())


class LlamaModel:
    """A loaded gpt-oss model with one sequence of tokens in its context.

    Raises:
        ModelFileError: llama.cpp cannot load the file, or has no memory for its context.
    """

    def __init__(
        self, path: Path, *, context_tokens: int, gpu_layers: int | None, threads: int | None, log: NativeLog
    ) -> None:
        self._native = native = library()
        self._context = self._model = None
        native.llama_backend_init()
        offloads = gpu_offload_supported() and gpu_layers != 0
        self._model = self._load(path, (_ALL_LAYERS if gpu_layers is None else gpu_layers) if offloads else 0, log)
        self._threads = threads or default_threads()
        self._context = self._open_context(path, context_tokens, log)
        self._memory = native.llama_get_memory(self._context)
        self._batch = native.llama_batch_init(CHUNK, 0, 1)
        self._tokens = np.ctypeslib.as_array(self._batch.token, shape=(CHUNK,))
        self._positions = np.ctypeslib.as_array(self._batch.pos, shape=(CHUNK,))
        self._wanted = np.ctypeslib.as_array(self._batch.logits, shape=(CHUNK,))
        for i in range(CHUNK):
            self._batch.n_seq_id[i] = 1
            self._batch.seq_id[i][0] = 0
        self._prefix: tuple[int, ...] = ()
        self._length = 0
        self.context_tokens = int(native.llama_n_ctx(self._context))
        self.vocabulary_size = int(native.llama_vocab_n_tokens(native.llama_model_get_vocab(self._model)))
        self.runs_on = f"GPU {log.device}".strip() if offloads else f"CPU with {self._threads} threads"

    def _load(self, path: Path, gpu_layers: int, log: NativeLog) -> object:
        params = self._native.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        model = self._native.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            raise ModelFileError(f"llama.cpp cannot load {path} ({log.complaint}): download it again")
        return model

    def _open_context(self, path: Path, context_tokens: int, log: NativeLog) -> object:
        params = self._native.llama_context_default_params()
        params.n_ctx = min(context_tokens, self._native.llama_model_n_ctx_train(self._model))
        params.n_batch = params.n_ubatch = CHUNK
        params.n_outputs_max = 1  # one row of logits at a time; the default reserves a row for each token of a chunk
        params.n_seq_max = 1
        params.n_threads = params.n_threads_batch = self._threads
        params.swa_full = True  # else cells outside the sliding window are gone when a prefix is used again
        context = self._native.llama_init_from_model(self._model, params)
        if not context:
            reason = log.complaint
            self.close()
            raise ModelFileError(
                f"there is no memory to run {path} with a context of {context_tokens} tokens ({reason}): "
                "choose a smaller context, or fewer layers on the GPU"
            )
        return context

    def begin(self, ids: Sequence[int], *, prefix_length: int, pause: Callable[[], None]) -> Row:
        """Start a new prompt and return the logits after its last token.

        The first `prefix_length` tokens are kept for the next prompt that starts with the same ones. `pause` is
        called between chunks and may raise to stop.

        Raises:
            ValueError: there is nothing after the prefix, or it is too long for the context.
            DecodeError: llama.cpp refused.
        """
        prefix = tuple(ids[:prefix_length])
        if len(ids) <= prefix_length or len(ids) > self.context_tokens:
            raise ValueError("a prompt has tokens after its prefix, and fits into the context")
        if prefix and prefix == self._prefix and self._native.llama_memory_seq_rm(self._memory, 0, len(prefix), -1):
            self._length = len(prefix)
        else:
            self._forget()
            self._compute(prefix, pause)
            self._prefix = prefix
        pause()
        return self.feed(ids[prefix_length:], pause=pause)

    def feed(self, ids: Sequence[int], *, pause: Callable[[], None]) -> Row:
        """Add tokens and return the logits after the last one. The row is valid until the next call.

        Raises:
            DecodeError: llama.cpp refused, or the context is full.
        """
        self._compute(ids, pause)
        return np.ctypeslib.as_array(
            self._native.llama_get_logits_ith(self._context, -1), shape=(self.vocabulary_size,)
        )

    def _compute(self, ids: Sequence[int], pause: Callable[[], None]) -> None:
        for start in range(0, len(ids), CHUNK):
            if start:
                pause()
            self._compute_chunk(ids[start : start + CHUNK])

    def _compute_chunk(self, ids: Sequence[int]) -> None:
        count = len(ids)
        self._tokens[:count] = ids
        self._positions[:count] = np.arange(self._length, self._length + count)
        self._wanted[: count - 1] = 0
        self._wanted[count - 1] = 1
        self._batch.n_tokens = count
        code = self._native.llama_decode(self._context, self._batch)
        if code != 0:
            self._forget()
            raise DecodeError(f"llama.cpp stopped with code {code}")
        self._length += count

    def _forget(self) -> None:
        self._native.llama_memory_clear(self._memory, True)
        self._prefix, self._length = (), 0

    def close(self) -> None:
        """Free the context and the model. Safe to call twice."""
        if self._context:
            self._native.llama_batch_free(self._batch)
            self._native.llama_free(self._context)
            self._context = None
        if self._model:
            self._native.llama_model_free(self._model)
            self._model = None


def default_threads() -> int:
    """The physical cores that this process may use: a second thread on a core makes decoding slower, not faster."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))
