"""Random-weight model files: the real architecture, the same bytes each time, and a disk that is asked first."""

from __future__ import annotations

import base64
from pathlib import Path

import gguf
import numpy as np
import pytest

from benchmarks.random_model import SIZES, NotEnoughDisk, main, write_random_model
from benchmarks.random_vocabulary import CONTROL_TOKENS, REAL_SIZE, real_vocabulary, small_vocabulary, split_by_rank
from benchmarks.workload.jobs import jobs, words_of_prompts
from benchmarks.workload.traffic import MIXES, policies, posts
from classifier.llama.model_file.o200k import encoding
from classifier.llama.model_file.vocabulary import open_vocabulary


def test_tensors_are_never_float64(tiny_model: Path) -> None:
    """One float64 tensor would crash llama.cpp; experts are MXFP4, other matrices Q8_0, vectors float32."""
    kinds = {tensor.tensor_type for tensor in gguf.GGUFReader(tiny_model).tensors}
    assert kinds == {
        gguf.GGMLQuantizationType.F32,
        gguf.GGMLQuantizationType.Q8_0,
        gguf.GGMLQuantizationType.MXFP4,
    }


def test_weights_have_the_spread_that_was_asked_for(tiny_model: Path) -> None:
    """Experts keep the size of their input, and the logits spread wide enough for one token to win."""
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(tiny_model).tensors}
    experts = tensors["blk.0.ffn_up_exps.weight"]
    values = gguf.quants.dequantize(experts.data, experts.tensor_type)
    assert 0.5 < float(np.std(values)) * 8 < 2.0  # the width is 64
    output = tensors["output.weight"]
    logits = gguf.quants.dequantize(output.data, output.tensor_type)
    assert float(np.std(logits)) * 8 == pytest.approx(3.0, rel=0.05)


def test_the_same_seed_gives_the_same_file(tmp_path: Path, tiny_model: Path) -> None:
    """A file can be made again to the last byte; another seed gives another one."""
    write_random_model(tmp_path / "again.gguf", size="tiny")
    write_random_model(tmp_path / "other.gguf", size="tiny", seed=1)
    assert (tmp_path / "again.gguf").read_bytes() == tiny_model.read_bytes()
    assert (tmp_path / "other.gguf").read_bytes() != tiny_model.read_bytes()


def test_the_20b_has_the_true_shapes() -> None:
    """The sizes that the published model states."""
    shape = SIZES["20b"]
    assert (shape.layers, shape.width, shape.heads, shape.kv_heads, shape.head_width) == (24, 2880, 64, 8, 64)
    assert (shape.experts, shape.experts_used, shape.expert_width) == (32, 4, 2880)


def test_a_full_disk_is_noticed_before_writing(tmp_path: Path) -> None:
    """One line with the two numbers, and no file."""
    with pytest.raises(NotEnoughDisk, match=r"big\.gguf needs 12\.\d GB and .* has 0\.0 GB free"):
        write_random_model(tmp_path / "big.gguf", size="20b", free=lambda _folder: 1000)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what it wrote."""
    assert main(["--size", "tiny", str(tmp_path / "m.gguf")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'm.gguf'}: 211,")


def test_a_missing_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that cannot be written to is no traceback."""
    assert main(["--size", "tiny", str(tmp_path / "nowhere" / "m.gguf")]) == 1
    assert capsys.readouterr().err.startswith("cannot write")


def test_the_small_vocabulary_holds_bytes_words_and_control_tokens() -> None:
    """Every byte is a token, harmony's control tokens are there, and the size is a multiple of 32."""
    words = small_vocabulary()
    assert len(words.tokens) == len(words.types) == len(set(words.tokens))
    assert len(words.tokens) % 32 == 0
    assert {name for name in CONTROL_TOKENS if name} <= set(words.tokens)
    assert words.tokens[words.last_id] == "<|return|>"
    assert len(small_vocabulary(padded_to=1000).tokens) == 1000


def test_a_merge_is_recovered_from_ranks() -> None:
    """A token splits into the two that were merged last, using only lower ranks."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"th": 256, b"he": 257, b"the": 258, b"them": 259}
    assert split_by_rank(b"the", ranks) == (b"th", b"e")
    assert split_by_rank(b"them", ranks) == (b"the", b"m")
    assert encoding(ranks).encode_ordinary("them") == [259]
    with pytest.raises(ValueError, match="not reachable"):
        split_by_rank(b"xyz", {**ranks, b"xyz": 300})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a rank file\n", "no tiktoken rank file"),
        (b"!!! 1\n", "no tiktoken rank file"),
        (base64.b64encode(b"a") + b" 0\n", "has 1 ranks"),
    ],
)
def test_another_file_is_refused_as_vocabulary(tmp_path: Path, content: bytes, message: str) -> None:
    """Only the rank file of o200k_base has 199,998 ranks without gaps."""
    path = tmp_path / "ranks"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        real_vocabulary(path)
    assert main(["--size", "tiny", "--vocab", str(path), str(tmp_path / "m.gguf")]) == 1


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path) -> None:
    """What cannot be put in its place leaves no file that looks like a model."""
    (tmp_path / "m.gguf").mkdir()
    with pytest.raises(OSError, match=r"m\.gguf"):
        write_random_model(tmp_path / "m.gguf", size="tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


def test_the_real_vocabulary_starts_its_control_tokens_at_199998() -> None:
    """The list of names has harmony's published ids."""
    first = REAL_SIZE - 1090
    ids = {name: first + place for place, name in enumerate(CONTROL_TOKENS) if name}
    assert ids == {
        "<|startoftext|>": 199998,
        "<|endoftext|>": 199999,
        "<|return|>": 200002,
        "<|constrain|>": 200003,
        "<|channel|>": 200005,
        "<|start|>": 200006,
        "<|end|>": 200007,
        "<|message|>": 200008,
        "<|call|>": 200012,
    }


def test_prompts_are_about_as_long_as_with_the_real_vocabulary(tmp_path: Path) -> None:
    """With the words of the traffic as tokens: 708 on average with the real one, 1,687 where words are spelled out."""
    made, spelled = tmp_path / "made.gguf", tmp_path / "spelled.gguf"
    write_random_model(made, size="tiny", more_words=words_of_prompts())
    write_random_model(spelled, size="tiny")
    lengths = []
    for path in (made, spelled):
        some = jobs(
            posts(MIXES["twenty_policies"], 40, seed=1), policies(20), tokens=64, vocabulary=open_vocabulary(path)
        )
        lengths.append(sum(len(job.ids) for job in some) / len(some))
    assert 650 < lengths[0] < 850
    assert lengths[1] > 1_280
