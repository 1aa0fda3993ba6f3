"""The real llama.cpp on random weights: the same tokens give the same numbers, whatever was computed before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from classifier.judge import JudgeRequest
from classifier.llama.decoding import Row
from classifier.llama.errors import ModelFileError
from classifier.llama.judging import Judging
from classifier.llama.model import DecodeError, LlamaModel, default_threads, gpu_offload_supported
from classifier.llama.native import NativeLog, library
from classifier.llama.vocabulary import LlamaVocabulary, open_vocabulary
from classifier.verdict import Verdict

CHUNK = 128  # of a model on the CPU


def tokens(count: int, *, seed: int = 0) -> list[int]:
    return [int(token) for token in np.random.default_rng(seed).integers(0, 256, count)]


def go_on() -> None:
    """A pause that never stops."""


@pytest.fixture(scope="session")
def tiny(model_factory: Callable[..., LlamaModel]) -> LlamaModel:
    """The tiny model, loaded."""
    return model_factory()


def rows(model: LlamaModel, prefix: Sequence[int], rest: Sequence[int], *, more: int = 5) -> Row:
    """The logits behind a prompt and behind each of the next likeliest tokens."""
    collected = [model.begin([*prefix, *rest], prefix_length=len(prefix), pause=go_on).copy()]
    for _ in range(more):
        collected.append(model.feed([int(collected[-1].argmax())], pause=go_on).copy())
    return np.stack(collected)


def test_a_model_tells_its_sizes(tiny: LlamaModel, tiny_vocabulary: LlamaVocabulary) -> None:
    """Context, vocabulary and what it runs on."""
    assert (tiny.context_tokens, tiny.chunk) == (4096, CHUNK)
    assert tiny.vocabulary_size == len(tiny_vocabulary)
    assert tiny.runs_on == "CPU with 1 threads"


def test_logits_are_numbers_that_differ(tiny: LlamaModel) -> None:
    """One row, one number for each token, spread wide enough for one to win."""
    row = tiny.begin(tokens(20), prefix_length=0, pause=go_on)
    assert row.shape == (tiny.vocabulary_size,)
    assert row.dtype == np.float32
    assert float(row.std()) > 1


@pytest.mark.parametrize("prefix_length", [0, 1, 200, CHUNK, CHUNK + 100])
def test_numbers_do_not_depend_on_what_came_before(tiny: LlamaModel, prefix_length: int) -> None:
    """A prefix that is used again, or computed again after another one, gives the same bits."""
    prefix, rest = tokens(prefix_length, seed=1), tokens(90, seed=2)
    first = rows(tiny, prefix, rest)
    assert np.array_equal(rows(tiny, prefix, rest), first)
    rows(tiny, prefix, tokens(700, seed=3))
    assert np.array_equal(rows(tiny, prefix, rest), first)
    rows(tiny, tokens(300, seed=4), rest)
    assert np.array_equal(rows(tiny, prefix, rest), first)


def test_another_prompt_gives_other_numbers(tiny: LlamaModel) -> None:
    """What stands in the prefix and what stands behind it both count."""
    base = rows(tiny, tokens(50, seed=1), tokens(50, seed=2))
    assert not np.allclose(rows(tiny, tokens(50, seed=5), tokens(50, seed=2)), base)
    assert not np.allclose(rows(tiny, tokens(50, seed=1), tokens(50, seed=5)), base)


def test_a_prefix_in_the_cache_is_not_computed_again(tiny: LlamaModel) -> None:
    """Only what stands behind it is: no pause between chunks of a prefix that is there."""
    prefix = tokens(3 * CHUNK, seed=6)
    pauses: list[None] = []
    for _ in range(2):
        tiny.begin([*prefix, 1, 2, 3], prefix_length=len(prefix), pause=lambda: pauses.append(None))
    assert len(pauses) == 3 + 1


class Enough(Exception):
    pass


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_stop_between_chunks_leaves_the_model_usable(tiny: LlamaModel, after: int) -> None:
    """Stopped in the prefix, behind it, or in the rest: the next prompt gives what it always gives."""
    prefix, rest = tokens(CHUNK + 10, seed=7), tokens(CHUNK + 10, seed=8)
    whole = rows(tiny, prefix, rest)
    rows(tiny, tokens(10), tokens(10))
    calls = 0

    def pause() -> None:
        nonlocal calls
        calls += 1
        if calls == after:
            raise Enough

    with pytest.raises(Enough):
        tiny.begin([*prefix, *rest], prefix_length=len(prefix), pause=pause)
    assert np.array_equal(rows(tiny, prefix, rest), whole)


@pytest.mark.parametrize(("length", "prefix_length"), [(0, 0), (10, 10), (5000, 10)])
def test_a_prompt_must_make_sense(tiny: LlamaModel, length: int, prefix_length: int) -> None:
    """Nothing behind the prefix, or more than the context holds."""
    with pytest.raises(ValueError, match="fits into the context"):
        tiny.begin(tokens(length), prefix_length=prefix_length, pause=go_on)


def test_a_full_context_is_an_error_and_not_the_end(tiny: LlamaModel) -> None:
    """llama.cpp's refusal comes with its code; the next prompt works."""
    before = rows(tiny, tokens(5), tokens(5))
    tiny.begin(tokens(tiny.context_tokens), prefix_length=0, pause=go_on)
    with pytest.raises(DecodeError, match="code 1"):
        tiny.feed([1], pause=go_on)
    assert np.array_equal(rows(tiny, tokens(5), tokens(5)), before)


def test_closing_twice_is_safe(model_factory: Callable[..., LlamaModel]) -> None:
    """The second time there is nothing left to free."""
    model = model_factory(context_tokens=256)
    model.close()
    model.close()


def test_a_model_without_a_tensor_is_refused_in_llama_cpps_words(
    tiny_model: Path, tmp_path: Path, model_factory: Callable[..., LlamaModel]
) -> None:
    """The first line of its log says why; stderr stays empty."""
    path = tmp_path / "damaged.gguf"
    path.write_bytes(tiny_model.read_bytes().replace(b"output_norm.weight", b"output_norm.weighX"))
    log = NativeLog()
    try:
        with pytest.raises(ModelFileError, match=r"'output_norm\.weight' not found\): download it again") as caught:
            LlamaModel(path, context_tokens=256, gpu_layers=None, threads=None, log=log)
    finally:
        log.close()
    assert "\n" not in str(caught.value)


def test_a_context_that_does_not_fit_is_refused(tiny_model: Path) -> None:
    """No context comes back: one line with what to change, and the model is freed."""

    class Native:
        def __getattr__(self, name: str) -> object:
            return (lambda *_: None) if name == "llama_init_from_model" else getattr(library(), name)

    log = NativeLog()
    model = LlamaModel.__new__(LlamaModel)
    model._native, model._context, model._threads, model.chunk = Native(), None, 1, CHUNK
    model._model = model._load(tiny_model, 0, log)
    with pytest.raises(ModelFileError, match=r"no memory to run .* with a context of 4096 tokens .*smaller context"):
        model._open_context(tiny_model, 4096, log)
    assert model._model is None
    log.close()


def test_the_log_keeps_the_first_complaint_and_the_device() -> None:
    """What follows an error only follows from it; control characters from a file do not get through."""
    log = NativeLog()
    for level, line in (
        (logging.INFO, "load: using device CUDA0 (NVIDIA H200) (0000:01:00.0) - 140000 MiB free"),
        (logging.ERROR, "llama_model_load: error: key \x1b[31mnot\nfound"),
        (logging.ERROR, "llama_model_load: failed"),
    ):
        log.emit(logging.LogRecord("n", level, "f", 1, line, (), None))
    assert log.device == "NVIDIA H200"
    assert log.complaint == "error: key  [31mnot found"
    log.close()


def test_asking_for_a_gpu_does_not_raise() -> None:
    """Yes or no."""
    assert gpu_offload_supported() in (True, False)
    assert default_threads() >= 1


def test_a_judgement_is_repeatable_to_the_last_bit(
    tiny: LlamaModel, tiny_vocabulary: LlamaVocabulary, ask: Callable[..., JudgeRequest]
) -> None:
    """The same request gives the same score, rules and words, whatever was judged in between."""
    judging = Judging(decoder=tiny, vocabulary=tiny_vocabulary, fence_key=b"k", judge="gguf:x", clock=lambda: 0.0)
    texts = ["hello", "another one", "नमस्ते <|end|>", "hello " * 50]
    first = [judging.judge_one(ask(text)) for text in texts]
    assert all(isinstance(judgement, Verdict) for judgement in first)
    assert [judging.judge_one(ask(text)) for text in reversed(texts)] == first[::-1]


def test_a_judgement_with_the_real_vocabulary(
    real_model: Path, model_factory: Callable[..., LlamaModel], ask: Callable[..., JudgeRequest]
) -> None:
    """201,088 tokens: the rows are longer, everything else is the same."""
    vocabulary = open_vocabulary(real_model)
    model = model_factory(real_model)
    assert model.vocabulary_size == len(vocabulary) == 201_088
    judging = Judging(decoder=model, vocabulary=vocabulary, fence_key=b"k", judge="gguf:x", clock=lambda: 0.0)
    judgement = judging.judge_one(ask("a message"))
    assert isinstance(judgement, Verdict)
    assert judgement == judging.judge_one(ask("a message"))
