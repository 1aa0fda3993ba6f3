"""What fits into a device's memory: pure arithmetic, done before anything is loaded.

Three things share the memory. The *weights* are as large as the file. The *cache* keeps keys and values, a fixed number
of bytes a token; every sequence has its own part of it, large enough for the longest request. The *buffers* of one step
grow with the tokens of a step, each of which has a mask over the cells of its sequence, and without flash attention a
score in each head for each of them. Flash attention is used only if the whole model is on a GPU: on the CPU it is
slower, and llama.cpp skips it when a layer's cache is not where its attention is computed. Policies that were read are
kept in ordinary memory, outside this sum.

Some GPUs have no memory of their own, Apple's for one. What they say is free ignores every other program, so there the
plan goes by what the machine has free as well, and says what it leaves. On macOS a small engine may take more than
that: the system makes room for it, and having no engine would be worse.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import ModelFacts, gigabytes
from classifier.llama.options import EngineOptions

CPU = "CPU"

ALL_LAYERS = -1  #: on the GPU, the output included
MOST_SEQUENCES = 256  #: LLAMA_MAX_SEQ: sequence ids of a context
SMALLEST_BATCH = 32
_SEQUENCES_ON_CPU, _SEQUENCES_ON_GPU = 32, 64
_BATCH_ON_CPU, _BATCH_ON_GPU = 256, 512

_CELLS_STEP = 256  # llama.cpp rounds the cells of a cache to this

_USABLE_ON_CPU = 0.9  # the rest is for the bot, its database and the system
_USABLE_ON_GPU = 0.95
_GPU_RESERVE = 600_000_000  # bytes for what a driver keeps: kernels, work space of its matrix products
_LOGIT_BYTES = 4  # a float32
_MASK_BYTES_ON_CPU, _MASK_BYTES_ON_GPU = (
    8,
    4,
)  # two masks (whole and sliding window): float32, with flash attention half
_SCORE_BYTES = 4  # of attention, for each head, where there is no flash attention
_SMALL = 4  # requests at once of an engine that may take memory from other programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The machine's ordinary memory."""

    free_bytes: int
    total_bytes: int
    gives_way: bool = False  #: the system takes memory from other programs, as macOS does, and kills none of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a model would run on."""

    backend: str  #: ``CPU``, or what llama.cpp calls the kind: ``CUDA``, ``Metal``, ``Vulkan``
    name: str  #: for people: ``NVIDIA GeForce RTX 4090``, ``8 cores``
    free_bytes: int
    total_bytes: int
    cards: int = 1  #: GPUs that the layers are spread over
    shares: Memory | None = None  #: the machine's memory, where the device has none of its own

    @property
    def is_gpu(self) -> bool:
        """Whether it is not the processor itself."""
        return self.backend != CPU

    @property
    def usable_bytes(self) -> int:
        """How much free memory an engine may take so that other programs keep theirs."""
        if self.shares is None:
            return self._own_bytes
        return min(self._own_bytes, int(self.shares.free_bytes * _USABLE_ON_CPU))

    @property
    def most_bytes(self) -> int:
        """What an engine can take at most. For Metal: of the working set that macOS recommends."""
        return self._own_bytes if self.shares is not None and self.shares.gives_way else self.usable_bytes

    @property
    def _own_bytes(self) -> int:
        if self.is_gpu:
            return max(0, int(self.free_bytes * _USABLE_ON_GPU) - self.cards * _GPU_RESERVE)
        return int(self.free_bytes * _USABLE_ON_CPU)

    def __str__(self) -> str:
        """Kind, name and free memory."""
        return f"{self.backend} ({self.name}, {gigabytes(self.free_bytes)} free)"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePlan:
    """The size of an engine. Every sequence has cells of its own (no ``kv_unified``)."""

    facts: ModelFacts
    device: Device
    gpu_layers: int  #: layers on the GPU as llama.cpp counts them, -1 for all
    sequences: int  #: requests that are computed at once
    tokens_per_sequence: int  #: the longest single request: policy, content and reply
    batch_tokens: int  #: tokens that go through the model in one step at most

    @property
    def context_tokens(self) -> int:
        """Cells of the cache, of all sequences together."""
        return self.sequences * _round_up(self.tokens_per_sequence)

    @property
    def weight_bytes(self) -> int:
        """The weights that lie on the device."""
        layers = self.facts.layers + 1  # the output counts as one
        return self.facts.size_bytes * _on_device(self.gpu_layers, layers) // layers

    @property
    def cache_bytes(self) -> int:
        """The cells that lie on the device."""
        layers = max(1, self.facts.layers)
        per_token = self.facts.cache_bytes_per_token * _on_device(self.gpu_layers, layers) // layers
        return self.context_tokens * per_token

    @property
    def buffer_bytes(self) -> int:
        """What one step takes."""
        facts = self.facts
        tokens = max(self.batch_tokens, self.sequences)
        logits = self.sequences * facts.n_vocab * _LOGIT_BYTES
        a_cell = _MASK_BYTES_ON_GPU if self.flash_attention else _MASK_BYTES_ON_CPU + facts.heads * _SCORE_BYTES
        cells = tokens * _round_up(self.tokens_per_sequence)
        return 2 * logits + cells * a_cell + tokens * facts.step_bytes_per_token

    @property
    def flash_attention(self) -> bool:
        """Whether it is used: where the whole model is on a GPU."""
        return self.device.is_gpu and self.gpu_layers == ALL_LAYERS

    @property
    def spread_bytes(self) -> int:
        """What several GPUs take more than one: each has buffers, and may get a layer more than its share."""
        return (self.device.cards - 1) * (self.buffer_bytes + self.weight_bytes // (self.facts.layers + 1))

    @property
    def total_bytes(self) -> int:
        """Everything that is taken of the device's memory."""
        return self.weight_bytes + self.cache_bytes + self.buffer_bytes + self.spread_bytes

    @property
    def fits(self) -> bool:
        """Whether the device has that much free; for a small engine also at the expense of other programs."""
        limit = self.device.most_bytes if self.sequences <= _SMALL else self.device.usable_bytes
        return self.total_bytes <= limit

    @property
    def description(self) -> str:
        """One line for people: model, device, and what was chosen."""
        file = f"{self.facts.path.name} ({gigabytes(self.facts.size_bytes)})"
        part = f", {self.gpu_layers} of {self.facts.layers} layers there" if self.gpu_layers > 0 else ""
        return (
            f"{file} on {self.device}{part}: {self.sequences} at once, up to {self.tokens_per_sequence} tokens each, "
            f"{gigabytes(self.cache_bytes)} of cache{self._left}"
        )

    @property
    def _left(self) -> str:
        """What other programs keep of a memory that they share with the device."""
        memory = self.device.shares
        if memory is None:
            return ""
        used = max(0, memory.total_bytes - memory.free_bytes)
        left = max(0, memory.total_bytes - self.total_bytes)
        return (
            f"; it takes {gigabytes(self.total_bytes)} of the machine's {gigabytes(memory.total_bytes)} and leaves "
            f"{gigabytes(left)} for other programs, which use {gigabytes(used)} now"
        )

    def smaller(self) -> EnginePlan | None:
        """The next plan to try when the device has less memory than it said; None when there is none.

        First fewer requests at once, then smaller steps.
        """
        if self.sequences > 1:
            return dataclasses.replace(self, sequences=self.sequences // 2)
        if self.batch_tokens > SMALLEST_BATCH:
            return dataclasses.replace(self, batch_tokens=max(SMALLEST_BATCH, self.batch_tokens // 2))
        return None


def plan(facts: ModelFacts, device: Device, wishes: EngineOptions) -> EnginePlan:
    """The largest useful engine that fits. Values that `wishes` sets are used as they are.

    Raises:
        ModelFileError: nothing fits; the message is one line that says what to do.
    """
    most = _most(facts, device, wishes)
    batches = _halves(most.batch_tokens, SMALLEST_BATCH) if wishes.batch_tokens is None else [most.batch_tokens]
    counts = range(most.sequences, 0, -1) if wishes.sequences is None else [most.sequences]
    for batch in batches:
        for sequences in counts:
            tried = dataclasses.replace(most, sequences=sequences, batch_tokens=batch)
            if tried.fits or (wishes.sequences is not None and tried.total_bytes <= device.most_bytes):
                return tried
    raise ModelFileError(_refusal(most, wishes))


def _most(facts: ModelFacts, device: Device, wishes: EngineOptions) -> EnginePlan:
    """Everything that was asked for, and the largest useful value where nothing was, whether it fits or not."""
    on_gpu = device.is_gpu
    each = min(wishes.context_tokens, facts.context_tokens)
    sequences = min(wishes.sequences or (_SEQUENCES_ON_GPU if on_gpu else _SEQUENCES_ON_CPU), MOST_SEQUENCES)
    if wishes.cache_tokens is not None:
        sequences = max(1, min(sequences, wishes.cache_tokens // _round_up(each)))
    return EnginePlan(
        facts=facts,
        device=device,
        gpu_layers=_gpu_layers(facts, device, wishes),
        sequences=sequences,
        tokens_per_sequence=each,
        batch_tokens=wishes.batch_tokens or (_BATCH_ON_GPU if on_gpu else _BATCH_ON_CPU),
    )


def _gpu_layers(facts: ModelFacts, device: Device, wishes: EngineOptions) -> int:
    if not device.is_gpu:
        return 0
    layers = ALL_LAYERS if wishes.gpu_layers is None else wishes.gpu_layers
    return layers if 0 <= layers <= facts.layers else ALL_LAYERS


def _on_device(gpu_layers: int, layers: int) -> int:
    """How many of the layers are on the device; all of them if that is the CPU (0)."""
    return min(gpu_layers, layers) if gpu_layers > 0 else layers


def _refusal(most: EnginePlan, wishes: EngineOptions) -> str:
    """Why nothing fits, and what would fit."""
    batch = most.batch_tokens if wishes.batch_tokens else SMALLEST_BATCH
    least = dataclasses.replace(most, sequences=wishes.sequences or 1, batch_tokens=batch)
    text = (
        f"{most.facts.path} needs {gigabytes(least.total_bytes)} of memory ({gigabytes(least.weight_bytes)} for the "
        f"weights, the rest for {least.sequences} at once and {least.context_tokens} tokens), "
        f"but only {gigabytes(most.device.most_bytes)} of {most.device} can be used: "
    )
    bare = dataclasses.replace(least, sequences=1, batch_tokens=SMALLEST_BATCH, tokens_per_sequence=2048)
    if bare.fits:
        return text + "choose a smaller context, cache or batch, or fewer at once"
    if most.device.is_gpu:
        return text + _fewer_layers(bare)
    return text + "close other programs, or use a machine with more memory or with a GPU"


def _fewer_layers(bare: EnginePlan) -> str:
    for layers in range(bare.facts.layers, 0, -1):
        if dataclasses.replace(bare, gpu_layers=layers).fits:
            return f"close other programs, or put only {layers} layers on the GPU, which is slower"
    return "close other programs, use another GPU, or put 0 layers on it to run on the CPU"


def _halves(most: int, least: int) -> list[int]:
    """The number, its half, its quarter and so on, down to the least."""
    numbers = [most]
    while numbers[-1] > least:
        numbers.append(max(least, numbers[-1] // 2))
    return numbers


def _round_up(cells: int) -> int:
    return -(-cells // _CELLS_STEP) * _CELLS_STEP
