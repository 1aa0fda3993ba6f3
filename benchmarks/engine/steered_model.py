"""A random model whose verdicts differ from message to message.

At the digit of the answer the last words are always the same, so a random model nearly always says the same there, and
clean traffic could not be chosen from its answers. Here its row for the digit 1 is replaced: the two digits then differ
by what the messages leave in the model's last layer, and most probes come out clear. Nothing else changes, so
the model is as fast as before.
"""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from benchmarks.engine.same_tokens import probe_opening
from benchmarks.workload.jobs import Job, jobs
from benchmarks.workload.traffic import MIXES, policies, posts
from classifier.llama.device.library import NativeLog
from classifier.llama.engine.model import LlamaModel
from classifier.llama.model_file.vocabulary import LlamaVocabulary

CLEAR_QUANTILE = 0.88
_SAMPLES, _SEED = 60, 8
_ROWS = "output.weight"
_QUANTISED = gguf.GGMLQuantizationType.Q8_0  # as `benchmarks.random_model` writes them
_CELLS = 4096

Vector = npt.NDArray[np.float64]


def is_random(path: Path) -> bool:
    """Whether `benchmarks.random_model` wrote the file."""
    name = gguf.GGUFReader(path).get_field("general.name")
    return name is not None and str(name.contents()).startswith("random gpt-oss")


def steer(path: Path, out: Path, vocabulary: LlamaVocabulary, *, threads: int) -> None:
    """Write the model at `path` to `out`, with another row for the digit 1."""
    everybody = policies(MIXES["twenty_policies"].policies)
    sample = sorted(posts(MIXES["twenty_policies"], _SAMPLES, seed=_SEED), key=lambda post: post.policy)
    work = jobs(sample, everybody, tokens=1, vocabulary=vocabulary, ending=probe_opening(vocabulary))
    shutil.copyfile(path, out)
    file = gguf.GGUFReader(out, "r+")
    rows = next(tensor for tensor in file.tensors if tensor.name == _ROWS).data
    zero, one = (vocabulary.encode(digit)[0] for digit in "01")
    states = np.array(list(_last_states(path, work, threads)))
    row = gguf.quants.dequantize(rows[zero], _QUANTISED).astype(np.float64)
    steered = row + difference(states, size=float(np.linalg.norm(row)))
    rows[one] = gguf.quants.quantize(steered.astype(np.float32), _QUANTISED)
    file.data.flush()


def difference(states: Vector, *, size: float, quantile: float = CLEAR_QUANTILE) -> Vector:
    """What row 1 has more than row 0, so that the given share of these states gives the digit 0; about `size` long.

    A random direction, less what all states have in common along it, less where the quantile lies.
    """
    common = states.mean(axis=0)
    direction = np.random.default_rng(0).standard_normal(states.shape[1])
    direction *= size / float(np.linalg.norm(direction))
    direction -= common * (direction @ common) / (common @ common)
    threshold = float(np.quantile(states @ direction, quantile))
    result: Vector = direction - common * threshold / (common @ common)
    return result


def _last_states(path: Path, work: Sequence[Job], threads: int) -> Iterator[npt.NDArray[np.float32]]:
    """What the last layer holds behind each prompt."""
    log = NativeLog()
    model = LlamaModel(path, gpu_layers=0, threads=threads, log=log)
    native: Any = model.native
    params = native.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = _CELLS, _CELLS, 512
    params.n_threads = params.n_threads_batch = threads
    params.swa_full = True  # the policy's cells are used again
    context = native.llama_init_from_model(model.handle, params)
    memory = native.llama_get_memory(context)
    width = native.llama_model_n_embd(model.handle)

    def read(ids: Sequence[int], *, look: bool) -> None:
        native.llama_set_embeddings(context, look)
        tokens = (ctypes.c_int32 * len(ids))(*ids)  # the batch only points to them
        if code := native.llama_decode(context, native.llama_batch_get_one(tokens, len(ids))):
            raise RuntimeError(f"llama.cpp stopped with code {code}")

    before: Job | None = None
    for job in work:
        known = job.prefix_length if before is not None and before.post.policy == job.post.policy else 0
        native.llama_memory_seq_rm(memory, 0, known, -1)
        read(job.ids[known:-1], look=False)  # looking costs a row of logits for every token
        read(job.ids[-1:], look=True)
        yield np.ctypeslib.as_array(native.llama_get_embeddings_ith(context, -1), shape=(width,)).copy()
        before = job
    native.llama_free(context)
    model.close()
    log.close()
