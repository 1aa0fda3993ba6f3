"""Which layout of llama.cpp's cache is fastest: `python -m benchmarks.engine.cache_layouts MODEL.gguf [--json]`.

For each layout and each number of policies: read the policies (600 tokens each), let messages of 60 tokens join under
them, eight at a time, and write tokens to all of them at once. From the speeds of joining and writing follows how many
messages a second there would be with 64 tokens written for each. Policies are shared as each layout allows: in the
unified cache by `seq_cp`, which marks cells; in streams by putting a kept copy into each.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.llama.device.library import NativeLog
from classifier.llama.engine.model import LlamaModel, Sequences

POLICY_TOKENS, MESSAGE_TOKENS, REPLY_TOKENS = 600, 60, 64
_JOIN_TOGETHER = 8
_STEPS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a cache is made."""

    unified: bool
    swa_full: bool
    flash: bool

    def __str__(self) -> str:
        """For the table."""
        cache = "unified" if self.unified else "streams"
        return f"{cache}, {'full' if self.swa_full else 'small'} window, flash {'on' if self.flash else 'off'}"


LAYOUTS = (
    Layout(unified=False, swa_full=True, flash=False),
    Layout(unified=False, swa_full=False, flash=False),
    Layout(unified=False, swa_full=True, flash=True),
    Layout(unified=True, swa_full=True, flash=True),
    Layout(unified=True, swa_full=True, flash=False),
)


class LayoutSequences(Sequences):
    """Sequences over a cache of some layout. In a unified one, the policies have the sequences behind `places`."""

    def __init__(self, model: LlamaModel, layout: Layout, *, places: int, policies: int) -> None:
        self.layout, self.places = layout, places
        shared = policies if layout.unified else 0
        self._cells = shared * POLICY_TOKENS + places * 2 * (MESSAGE_TOKENS + _STEPS) + 1024
        super().__init__(model, sequences=places + shared, tokens_per_sequence=1024, batch_tokens=512)

    def _open(self, model: LlamaModel) -> Any:
        params = self._native.llama_context_default_params()
        params.n_ctx = self._cells if self.layout.unified else self.sequences * self.tokens_per_sequence
        params.n_batch = params.n_ubatch = self.batch_tokens
        params.n_seq_max = params.n_outputs_max = self.sequences
        params.n_threads = params.n_threads_batch = model.threads
        params.kv_unified, params.swa_full = self.layout.unified, self.layout.swa_full
        params.flash_attn_type = int(self.layout.flash)
        return self._native.llama_init_from_model(model.handle, params)

    def share(self, source: int, target: int) -> None:
        """Let a sequence begin with the cells of another one, in a unified cache."""
        self.cut(target, 0)
        self._native.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self._lengths[target] = self._lengths[source]


def measure(model: LlamaModel, layout: Layout, *, places: int, policies: int) -> dict[str, Any]:
    """The speeds of one layout."""
    rng = np.random.default_rng(0)

    def text(count: int) -> list[int]:
        return [int(token) for token in rng.integers(0, 199_000, count)]

    sequences = LayoutSequences(model, layout, places=places, policies=policies)
    begun = time.perf_counter()
    begin_with = [_read_policy(sequences, number, text(POLICY_TOKENS)) for number in range(policies)]
    reading = time.perf_counter() - begun
    for place in range(places):
        begin_with[place * policies // places](place)
    begun = time.perf_counter()
    for first in range(0, places, _JOIN_TOGETHER):
        sequences.extend({place: text(MESSAGE_TOKENS) for place in range(first, min(first + _JOIN_TOGETHER, places))})
    joining = time.perf_counter() - begun
    steps = []
    for _ in range(_STEPS):
        begun = time.perf_counter()
        sequences.step(dict.fromkeys(range(places), 1000))
        steps.append(time.perf_counter() - begun)
    sequences.close()
    step = statistics.median(steps)
    return {
        **asdict(layout),
        "layout": str(layout),
        "places": places,
        "policies": policies,
        "policies_seconds": round(reading, 2),
        "joining_tokens_per_second": round(places * MESSAGE_TOKENS / joining),
        "writing_tokens_per_second": round(places / step),
        "messages_per_second": round(1 / (joining / places + REPLY_TOKENS * step / places), 2),
    }


def _read_policy(sequences: LayoutSequences, number: int, ids: list[int]) -> Callable[[int], None]:
    """Compute a policy once; what lets a place begin with it."""
    source = sequences.places + number if sequences.layout.unified else 0
    sequences.cut(source, 0)
    for start in range(0, len(ids), sequences.batch_tokens):
        sequences.extend({source: ids[start : start + sequences.batch_tokens]})
    if sequences.layout.unified:
        return lambda place: sequences.share(source, place)
    kept = sequences.keep(source)
    sequences.cut(source, 0)
    return lambda place: sequences.put(place, kept)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine.cache_layouts", description=__doc__.partition(":")[0]
    )
    parser.add_argument("model", type=Path, help="a GGUF file with the real vocabulary")
    parser.add_argument("--policies", type=int, nargs="+", default=[1, 20, 200])
    parser.add_argument("--places", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    log = NativeLog()
    model = LlamaModel(options.model, gpu_layers=None, threads=None, log=log)
    log.close()
    figures = []
    for policies, places, layout in itertools.product(options.policies, options.places, LAYOUTS):
        if layout.unified and policies + places > 256:  # llama.cpp has no more sequence ids
            continue
        figures.append(measure(model, layout, places=places, policies=policies))
        if not options.json:
            each = figures[-1]
            print(
                f"{each['layout']:36} {policies:4} policies {places:3} at once: read in {each['policies_seconds']} s, "
                f"joining {each['joining_tokens_per_second']}, writing {each['writing_tokens_per_second']} tokens/s, "
                f"{each['messages_per_second']} messages/s",
                flush=True,
            )
    if options.json:
        print(json.dumps({"runs_on": model.runs_on, "figures": figures}))
    model.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
