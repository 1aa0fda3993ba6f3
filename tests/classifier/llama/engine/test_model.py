"""The real llama.cpp on random weights: a sequence gives the same numbers whatever its neighbours and its past are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.llama.device.library import NativeLog, library
from classifier.llama.engine.decoding import Row
from classifier.llama.engine.model import (
    DecodeError,
    LlamaModel,
    OutOfMemory,
    Sequences,
    Snapshot,
)
from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.vocabulary import LlamaVocabulary

#: How much a logit may differ when other rows go through the model beside it. Their spread is 3; the digit and the
#: grammar's choices are compared with each other, so what counts is a small part of that. What is multiplied by a
#: quantised matrix is rounded to 8 bits first, so a last bit becomes a step now and then.
LAST_BITS = 0.2


def tokens(count: int, *, seed: int = 0) -> list[int]:
    return [int(token) for token in np.random.default_rng(seed).integers(0, 256, count)]


@pytest.fixture(scope="session")
def many(sequences_factory: Callable[..., Sequences]) -> Sequences:
    """Four sequences over the tiny model."""
    return sequences_factory()


@pytest.fixture(scope="session")
def fresh(sequences_factory: Callable[..., Sequences]) -> Sequences:
    """One sequence of a context of its own, which never holds anything else."""
    return sequences_factory(sequences=1)


def write(many: Sequences, sequence: int, ids: Sequence[int], *, more: int = 4, beside: Sequence[int] = ()) -> Row:
    """The logits behind these ids and behind each of the next likeliest tokens, with other sequences beside it."""
    batch = many.batch_tokens
    for start in range(0, len(ids) - 1, batch):
        many.extend({sequence: ids[start : min(start + batch, len(ids) - 1)]})
    collected, token = [], ids[-1]
    for _ in range(more + 1):
        rows = many.step({sequence: token, **dict.fromkeys(beside, 5)})
        collected.append(rows[sequence].copy())
        token = int(collected[-1].argmax())
    return np.stack(collected)


def alone(fresh: Sequences, ids: Sequence[int]) -> Row:
    """The same in a fresh context."""
    fresh.cut(0, 0)
    return write(fresh, 0, ids)


def test_a_model_tells_what_it_runs_on(many: Sequences, tiny_model: Path, native_log: NativeLog) -> None:
    """Sizes and device."""
    model = LlamaModel(tiny_model, gpu_layers=0, threads=3, log=native_log)
    assert (model.runs_on, model.offloads) == ("CPU with 3 threads", False)
    model.close()
    model.close()
    assert (many.sequences, many.tokens_per_sequence, many.batch_tokens) == (4, 2048, 256)


def test_logits_are_numbers_that_differ(many: Sequences, tiny_vocabulary: LlamaVocabulary) -> None:
    """A row for each sequence that was asked, one number for each token, spread wide enough for one to win."""
    for sequence in range(4):
        many.cut(sequence, 0)
    rows = many.step({0: 5, 3: 6, 2: 7})
    assert sorted(rows) == [0, 2, 3]
    for row in rows.values():
        assert (row.shape, row.dtype) == ((len(tiny_vocabulary),), np.float32)
        assert float(row.std()) > 1
    assert not np.array_equal(rows[0], rows[2])


@pytest.mark.parametrize("length", [2, 60, 128, 200, 700])
def test_a_sequence_does_not_feel_its_past(many: Sequences, fresh: Sequences, length: int) -> None:
    """Cut back to nothing, it gives the same bits as a fresh context."""
    ids = tokens(length, seed=1)
    expected = alone(fresh, ids)
    for other in (tokens(900, seed=3), tokens(3, seed=4)):
        many.cut(1, 0)
        write(many, 1, other)
        many.cut(1, 0)
        assert np.array_equal(write(many, 1, ids), expected)


@pytest.mark.parametrize("length", [60, 128, 200, 700])
def test_a_sequence_hardly_feels_its_neighbours(many: Sequences, fresh: Sequences, length: int) -> None:
    """Other rows beside it change the last bits at most: the sums are made in another order."""
    ids = tokens(length, seed=1)
    expected = alone(fresh, ids)
    for sequence in range(4):
        many.cut(sequence, 0)
    for sequence in (0, 3):
        many.extend({sequence: tokens(150, seed=10 + sequence)})
    assert np.abs(write(many, 2, ids, beside=(0, 3)) - expected).max() < LAST_BITS


@pytest.mark.parametrize("length", [1, 100, 128, 129, 333, 640, 1000])
def test_what_was_kept_can_be_put_anywhere(many: Sequences, fresh: Sequences, length: int) -> None:
    """A policy's prefix as bytes, put into another sequence or back: the text behind it sees all of it.

    Whether a state comes back whole is not taken on trust: it is compared with a context that never lost it.
    """
    prefix, rest = tokens(length, seed=1), tokens(400, seed=2)
    expected = alone(fresh, [*prefix, *rest])
    for sequence in range(4):
        many.cut(sequence, 0)
    for start in range(0, length, 256):
        many.extend({1: prefix[start : start + 256]})
    snapshot = many.keep(1)
    assert snapshot.tokens == length
    many.cut(1, 0)
    write(many, 1, tokens(500, seed=9))
    many.extend({3: tokens(200, seed=8)})
    results = []
    for sequence in (3, 1, 3):
        many.put(sequence, snapshot)
        results.append(write(many, sequence, rest))
        assert np.abs(results[-1] - expected).max() < LAST_BITS
        many.cut(sequence, length)
        results.append(write(many, sequence, rest))
    assert all(np.array_equal(result, results[0]) for result in results)


def test_a_kept_prefix_comes_back_to_the_last_bit(many: Sequences, fresh: Sequences) -> None:
    """Where the cells lie alike, which they do up to the length of the sliding window."""
    prefix, rest = tokens(128, seed=1), tokens(90, seed=2)
    expected = alone(fresh, [*prefix, *rest])
    for sequence in range(4):
        many.cut(sequence, 0)
    many.extend({0: prefix})
    snapshot = many.keep(0)
    many.put(2, snapshot)
    assert np.array_equal(write(many, 2, rest), expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    work=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 200), st.booleans()), min_size=1, max_size=8
    )
)
def test_no_sequence_reads_another_policys_cells(
    many: Sequences, fresh: Sequences, work: list[tuple[int, int, int, bool]]
) -> None:
    """Policies put into sequences in any order, with messages of any length behind them: as in a fresh context."""
    policies = [tokens(150 * (1 + number), seed=50 + number) for number in range(3)]
    snapshots: dict[int, Snapshot] = {}
    for sequence, number, length, beside in work:
        if number not in snapshots:
            many.cut(sequence, 0)
            for start in range(0, len(policies[number]), 256):
                many.extend({sequence: policies[number][start : start + 256]})
            snapshots[number] = many.keep(sequence)
        many.put(sequence, snapshots[number])
        message = tokens(length, seed=length)
        neighbours = [(sequence + 1) % 4] if beside and many.length((sequence + 1) % 4) < 1900 else []
        result = write(many, sequence, message, more=1, beside=neighbours)
        fresh.cut(0, 0)
        expected = write(fresh, 0, [*policies[number], *message], more=1)
        assert np.abs(result - expected).max() < LAST_BITS


def test_a_prefix_goes_on_from_what_it_has_in_common(many: Sequences, fresh: Sequences) -> None:
    """What two policies begin with is kept, put into another sequence, and the second policy read behind it."""
    common, other, rest = tokens(290, seed=1), tokens(310, seed=3), tokens(60, seed=4)
    for sequence in range(4):
        many.cut(sequence, 0)
    for start in range(0, 290, 256):
        many.extend({0: common[start : start + 256]})
    many.put(2, many.keep(0))
    for start in range(0, 310, 256):
        many.extend({2: other[start : start + 256]})
    many.put(3, many.keep(2))
    for sequence in (2, 3):
        assert np.abs(write(many, sequence, rest) - alone(fresh, [*common, *other, *rest])).max() < LAST_BITS


def test_what_was_put_cannot_be_cut_in_the_middle(many: Sequences) -> None:
    """It has no more of the layers with a sliding window than what comes next would see."""
    many.cut(0, 0)
    many.extend({0: tokens(200)})
    many.put(1, many.keep(0))
    many.extend({1: tokens(20)})
    many.cut(1, 200)
    with pytest.raises(ValueError, match="200 tokens were put there as one piece"):
        many.cut(1, 199)
    many.cut(1, 0)
    many.extend({1: tokens(20)})
    many.cut(1, 10)


def test_another_text_gives_other_numbers(many: Sequences, fresh: Sequences) -> None:
    """What is in the prefix and what stands behind it both count, far more than the last bits."""
    base = alone(fresh, tokens(50, seed=1) + tokens(50, seed=2))
    for ids in (tokens(50, seed=5) + tokens(50, seed=2), tokens(50, seed=1) + tokens(50, seed=5)):
        assert np.abs(alone(fresh, ids) - base).max() > 10 * LAST_BITS


def test_a_gap_between_sequences_is_filled_and_leaves_no_trace(sequences_factory: Callable[..., Sequences]) -> None:
    """The idle ones between those that write hold what they held; a wide gap is left open."""
    wide = sequences_factory(sequences=24, tokens_per_sequence=256, batch_tokens=32)
    wide.extend({1: tokens(20, seed=1)})
    before = wide.keep(1).cells
    for far in (3, 23):
        wide.step({0: 5, far: 6})
        assert [wide.length(number) for number in (1, 2)] == [20, 0]
        assert np.array_equal(wide.keep(1).cells, before)
    wide.close()
    wide.close()


def test_a_full_sequence_is_out_of_memory(sequences_factory: Callable[..., Sequences]) -> None:
    """llama.cpp's refusal comes with its code."""
    small = sequences_factory(sequences=1, tokens_per_sequence=256)
    small.extend({0: tokens(256)})
    with pytest.raises(OutOfMemory, match="code 1"):
        small.step({0: 1})


class Native:
    """llama.cpp, but for some functions."""

    def __init__(self, **instead: Any) -> None:
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(library(), name)


@pytest.mark.parametrize(("code", "error"), [(-2, OutOfMemory), (-1, DecodeError), (2, DecodeError)])
def test_what_llama_cpp_refuses_is_told_apart(
    sequences_factory: Callable[..., Sequences], code: int, error: type[Exception]
) -> None:
    """A lack of memory can be helped; anything else cannot."""
    refused = sequences_factory(sequences=1, tokens_per_sequence=256)
    refused._native = Native(llama_decode=lambda *_: code)
    with pytest.raises(error, match=f"code {code}"):
        refused.step({0: 1})


def test_a_state_that_llama_cpp_does_not_copy_is_an_error(sequences_factory: Callable[..., Sequences]) -> None:
    """Half a policy must never be judged under."""
    one = sequences_factory(sequences=1, tokens_per_sequence=256)
    one.extend({0: tokens(20)})
    snapshot = one.keep(0)
    one._native = Native(llama_state_seq_get_data=lambda *_: 0, llama_state_seq_set_data=lambda *_: 0)
    with pytest.raises(DecodeError):
        one.keep(0)
    with pytest.raises(DecodeError):
        one.put(0, snapshot)


def test_sequences_without_memory_are_refused(tiny_model: Path, native_log: NativeLog) -> None:
    """No context comes back, or its first step fails: one error, and nothing is left behind."""
    model = LlamaModel(tiny_model, gpu_layers=0, threads=1, log=native_log)
    for native in (Native(llama_init_from_model=lambda *_: None), Native(llama_decode=lambda *_: -2)):
        model.native = native
        with pytest.raises(OutOfMemory):
            Sequences(model, sequences=2, tokens_per_sequence=256, batch_tokens=32)
    model.close()


def test_a_model_without_a_tensor_is_refused_in_llama_cpps_words(tiny_model: Path, tmp_path: Path) -> None:
    """The first line of its log says why; stderr stays empty."""
    path = tmp_path / "damaged.gguf"
    path.write_bytes(tiny_model.read_bytes().replace(b"output_norm.weight", b"output_norm.weighX"))
    log = NativeLog()
    try:
        with pytest.raises(ModelFileError, match=r"'output_norm\.weight' not found\): download it again") as caught:
            LlamaModel(path, gpu_layers=None, threads=None, log=log)
    finally:
        log.close()
    assert "\n" not in str(caught.value)


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
