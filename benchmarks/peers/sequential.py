"""llama-cpp-python's own `create_completion`, one prompt after the other: what a bot does that just calls the library.

It keeps the cells of the last prompt and computes only what differs in the next one, which is all of its prefix cache
that is safe for this model (facts on saved states: llama.cpp issue 25295). AMX is kept away, which would crash it
(`classifier.llama.device.amx`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.worker import Worker, serve_in_turn
from classifier.llama.device.amx import without_amx

CONTEXT_TOKENS = 4096
_ENDS = (b"<|return|>", b"<|call|>", b"<|endoftext|>")


async def start_sequential(model: Path, *, threads: int, gpu_layers: int) -> Worker:
    """A worker that does one job at a time.

    Raises:
        WorkerDied: it did not start.
    """
    return await Worker.start("benchmarks.peers.sequential", str(model), str(threads), str(gpu_layers))


def main(arguments: Sequence[str]) -> int:
    """The worker's own program."""
    from llama_cpp import Llama, llama_cpp

    without_amx(llama_cpp)
    model, threads, gpu_layers = arguments
    llama = Llama(
        model,
        n_ctx=CONTEXT_TOKENS,
        n_threads=int(threads),
        n_threads_batch=int(threads),
        n_gpu_layers=int(gpu_layers),
        flash_attn=True,
        verbose=False,
    )
    ends = (llama.tokenize(name, add_bos=False, special=True) for name in _ENDS)
    never = {token: -1000.0 for (token,) in ends}  # a model with random weights stops when it likes

    def write(ids: Sequence[int], tokens: int) -> None:
        answer: Any = llama.create_completion(list(ids), max_tokens=tokens, temperature=0.0, logit_bias=never)
        written = answer["usage"]["completion_tokens"]
        if written < tokens:  # it goes on for a token or two where the last one holds half a character
            raise RuntimeError(f"create_completion wrote {written} tokens, not {tokens}")

    serve_in_turn(f"create_completion, n_ctx {CONTEXT_TOKENS}, flash attention, {threads} threads", write)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
