"""What an engine is made of is chosen so that it fits, and a machine that is too small is told what would."""

from __future__ import annotations

import dataclasses
import logging
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.llama.device.library import library
from classifier.llama.device.memory_plan import MOST_SEQUENCES, SMALLEST_BATCH, Device, EnginePlan, Memory, plan
from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import ModelFacts, describe_model
from classifier.llama.options import EngineOptions

GB = 1_000_000_000

#: The shapes of gpt-oss-20b.
THE_20B = ModelFacts(
    path=Path("20b.gguf"),
    name="",
    architecture="gpt-oss",
    size_bytes=12_100_000_000,
    n_vocab=201_088,
    layers=24,
    heads=64,
    context_tokens=131_072,
    cache_bytes_per_token=24 * 8 * 128 * 2,
    step_bytes_per_token=5 * 4 * 2880 * 4,
)


def gpu(free: float, name: str = "RTX 4090", backend: str = "CUDA") -> Device:
    return Device(backend=backend, name=name, free_bytes=int(free * GB), total_bytes=int(free * GB))


def cpu(free: float) -> Device:
    return Device(backend="CPU", name="8 cores", free_bytes=int(free * GB), total_bytes=64 * GB)


def wishes(**given: int) -> EngineOptions:
    return EngineOptions(model=THE_20B.path, fence_key=b"k", **given)  # type: ignore[arg-type]


def refusal(device: Device, **given: int) -> str:
    with pytest.raises(ModelFileError) as caught:
        plan(THE_20B, device, wishes(**given))
    message = str(caught.value)
    assert "\n" not in message
    assert "20b.gguf needs" in message
    return message


def test_a_gaming_card_runs_many_at_once_and_says_so_in_one_line() -> None:
    """Model, device, free memory, and what was chosen."""
    found = plan(THE_20B, gpu(22.1), wishes())
    assert (found.sequences > 8, found.tokens_per_sequence, found.gpu_layers) == (True, 8192, -1)
    assert found.description == (
        "20b.gguf (12.1 GB) on CUDA (RTX 4090, 22.1 GB free): "
        f"{found.sequences} at once, up to 8192 tokens each, {found.cache_bytes / GB:.1f} GB of cache"
    )


def test_the_cache_takes_48_kib_for_each_token_of_the_20b() -> None:
    """Keys and values of all layers, for the whole context."""
    found = plan(THE_20B, gpu(141), wishes())
    assert found.cache_bytes == found.context_tokens * 48 * 1024


def test_a_cpu_gets_fewer_at_once_than_a_gpu() -> None:
    """More at once on a CPU only makes each of them slower."""
    assert plan(THE_20B, cpu(60), wishes()).sequences == 32
    assert plan(THE_20B, gpu(60), wishes()).sequences == 64


def test_with_little_room_there_are_fewer_at_once_and_then_smaller_steps() -> None:
    """A card of 16 GB holds the model and some requests; one that is nearly full still runs one after the other."""
    sizes = [plan(THE_20B, gpu(free), wishes()) for free in (22.1, 15.5, 14.3, 14.0)]
    assert [each.sequences for each in sizes] == sorted((each.sequences for each in sizes), reverse=True)
    assert sizes[0].sequences > sizes[-1].sequences
    assert all(each.context_tokens >= each.tokens_per_sequence for each in sizes)


def test_where_even_one_is_too_much_the_step_gets_smaller() -> None:
    """The buffers of a step are the last thing to save on."""
    smallest = plan(THE_20B, cpu(60), wishes(sequences=1, batch_tokens=SMALLEST_BATCH))
    device = dataclasses.replace(cpu(0), free_bytes=int(smallest.total_bytes / 0.9) + 1)
    found = plan(THE_20B, device, wishes())
    assert (found.sequences, found.batch_tokens) == (1, SMALLEST_BATCH)


@given(free=st.floats(0, 200), on_gpu=st.booleans(), context=st.integers(512, 131_072))
def test_what_is_chosen_fits_and_can_hold_the_longest_request(free: float, on_gpu: bool, context: int) -> None:
    """Whatever the machine: a plan that keeps its promises, or a refusal."""
    device = gpu(free) if on_gpu else cpu(free)
    try:
        found = plan(THE_20B, device, wishes(context_tokens=context))
    except ModelFileError:
        return
    assert found.fits
    assert found.total_bytes == found.weight_bytes + found.cache_bytes + found.buffer_bytes <= device.free_bytes
    assert found.context_tokens >= found.sequences * found.tokens_per_sequence
    assert found.tokens_per_sequence == context
    assert found.context_tokens % 256 == 0
    assert 1 <= found.sequences <= MOST_SEQUENCES


@given(less=st.floats(13, 100), more=st.floats(0, 100))
def test_more_memory_never_makes_a_smaller_engine(less: float, more: float) -> None:
    """As many at once, or more."""
    small, large = (_sequences(gpu(free)) for free in (less, less + more))
    assert small <= large


def _sequences(device: Device) -> int:
    try:
        return plan(THE_20B, device, wishes()).sequences
    except ModelFileError:
        return 0


def test_what_an_operator_sets_is_taken_as_it_is() -> None:
    """Sequences, steps and the room for one request."""
    found = plan(THE_20B, gpu(40), wishes(sequences=5, batch_tokens=64, context_tokens=4096))
    assert (found.sequences, found.context_tokens, found.batch_tokens) == (5, 5 * 4096, 64)


def test_a_limit_for_the_cache_means_fewer_at_once() -> None:
    """As many whole requests as it has room for."""
    assert plan(THE_20B, gpu(40), wishes(cache_tokens=30_000)).sequences == 3


def test_nobody_gets_more_at_once_than_llama_cpp_has_ids() -> None:
    """256, whatever was asked for."""
    assert plan(THE_20B, gpu(180), wishes(sequences=4000)).sequences == MOST_SEQUENCES


def test_a_request_is_never_longer_than_what_the_model_was_trained_for() -> None:
    """The file knows its limit."""
    short = dataclasses.replace(THE_20B, context_tokens=4096)
    assert plan(short, gpu(40), wishes(context_tokens=8192)).tokens_per_sequence == 4096


def test_a_cache_too_small_for_one_request_is_made_large_enough() -> None:
    """Else the longest request would never be judged."""
    assert plan(THE_20B, gpu(40), wishes(cache_tokens=1000)).context_tokens == 8192


def test_wishes_that_do_not_fit_are_refused_with_what_to_change() -> None:
    """Not silently made smaller: the operator set them."""
    message = refusal(gpu(22.1), sequences=100)
    assert message.endswith("choose a smaller context, cache or batch, or fewer at once")
    assert f"{100 * 8192} tokens" in message


def test_a_cpu_without_the_memory_is_told_so() -> None:
    """What is needed, what there is, and what to do."""
    message = refusal(cpu(8))
    assert "12.1 GB for the weights" in message
    assert "7.2 GB of CPU (8 cores, 8.0 GB free) can be used" in message
    assert message.endswith("close other programs, or use a machine with more memory or with a GPU")


def test_a_gpu_that_holds_a_part_is_told_how_much() -> None:
    """The number of layers that fit does fit when it is set."""
    message = refusal(gpu(8, "RTX 3070"))
    layers = int(message.partition("put only ")[2].partition(" ")[0])
    assert 0 < layers < 24
    found = plan(THE_20B, gpu(8, "RTX 3070"), wishes(gpu_layers=layers, context_tokens=2048))
    assert found.gpu_layers == layers
    assert f"on CUDA (RTX 3070, 8.0 GB free), {layers} of 24 layers there: " in found.description
    assert found.weight_bytes < 8 * GB


def test_a_gpu_that_holds_nothing_is_told_to_leave_the_work_to_the_cpu() -> None:
    """A card for a screen."""
    assert refusal(gpu(1)).endswith("use another GPU, or put 0 layers on it to run on the CPU")


@pytest.mark.parametrize("layers", [-1, 25, 99])
def test_all_layers_have_one_name(layers: int) -> None:
    """-1, and anything beyond what the model has."""
    assert plan(THE_20B, gpu(22.1), wishes(gpu_layers=layers)).gpu_layers == -1


def test_on_the_cpu_no_layer_goes_to_a_gpu() -> None:
    """Whatever was asked for."""
    assert plan(THE_20B, cpu(40), wishes(gpu_layers=12)).gpu_layers == 0


def test_out_of_memory_makes_it_smaller_step_by_step_to_an_end() -> None:
    """Fewer at once, then smaller steps; each takes less than the one before."""
    steps: list[EnginePlan] = [plan(THE_20B, gpu(60), wishes())]
    while (following := steps[-1].smaller()) is not None:
        steps.append(following)
    sizes = [each.total_bytes for each in steps]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)
    assert [each.sequences for each in steps][:7] == [64, 32, 16, 8, 4, 2, 1]
    last = steps[-1]
    assert (last.sequences, last.context_tokens, last.batch_tokens) == (1, 8192, SMALLEST_BATCH)
    assert last.tokens_per_sequence == 8192


def mac(free: float, *, total: float = 24.0, working_set: float = 17.2) -> Device:
    """Apple's memory is one for all; what Metal calls free is the working set that macOS recommends."""
    return dataclasses.replace(
        gpu(working_set, "Apple M4 Pro", "Metal"),
        shares=Memory(free_bytes=int(free * GB), total_bytes=int(total * GB), gives_way=True),
    )


def test_a_mac_leaves_other_programs_theirs_and_says_how_much() -> None:
    """The same chip runs fewer at once where they use more, and the line says what is left and why."""
    idle, busy = (plan(THE_20B, mac(free), wishes()) for free in (21, 16.5))
    assert idle.sequences > busy.sequences > 4
    assert busy.total_bytes <= 16.5 * GB * 0.9
    assert idle.total_bytes <= 17.2 * GB * 0.95
    assert busy.description.endswith(
        f"; it takes {busy.total_bytes / GB:.1f} GB of the machine's 24.0 GB and leaves "
        f"{24 - busy.total_bytes / GB:.1f} GB for other programs, which use 7.5 GB now"
    )
    assert "leaves" not in plan(THE_20B, gpu(17.2), wishes()).description


def test_a_busy_mac_still_runs_a_small_engine() -> None:
    """macOS makes room for it: no engine at all would be worse. What an operator sets counts, up to the working set."""
    found = plan(THE_20B, mac(9), wishes())
    assert found.sequences == 4
    assert found.device.usable_bytes < found.total_bytes <= found.device.most_bytes
    assert plan(THE_20B, mac(9), wishes(sequences=6)).sequences == 6
    assert "10.2 GB of Metal (Apple M4 Pro, 11.4 GB free) can be used" in refusal(mac(9, total=16, working_set=11.4))


def test_an_integrated_gpu_elsewhere_takes_only_what_is_free() -> None:
    """Linux makes no room: beyond a container's limit it kills."""
    shares = Memory(free_bytes=13 * GB, total_bytes=32 * GB)
    device = dataclasses.replace(gpu(24, "Radeon 780M", "Vulkan"), shares=shares)
    assert "11.7 GB of Vulkan (Radeon 780M, 24.0 GB free) can be used" in refusal(device)
    assert "11.7 GB" in refusal(device, sequences=1)


@given(free=st.floats(0, 64), more=st.floats(0, 64))
def test_a_mac_with_more_free_memory_never_gets_a_smaller_engine(free: float, more: float) -> None:
    """From the small engine that it always gets to what the working set holds."""
    less, larger = (plan(THE_20B, mac(each, total=128), wishes()) for each in (free, free + more))
    assert (less.batch_tokens, less.sequences) <= (larger.batch_tokens, larger.sequences)


def test_a_model_that_is_only_in_part_on_the_gpu_is_planned_without_flash_attention() -> None:
    """A score in each of 64 heads for each cell that a step looks at: about 1 GB more, as llama.cpp takes it."""
    whole = plan(THE_20B, gpu(40), wishes(batch_tokens=512, sequences=4))
    part = plan(THE_20B, gpu(40), wishes(batch_tokens=512, sequences=4, gpu_layers=20))
    assert (whole.flash_attention, part.flash_attention) == (True, False)
    assert part.buffer_bytes - whole.buffer_bytes == 512 * 8192 * (64 * 4 + 4)
    assert part.weight_bytes < whole.weight_bytes


def test_several_gpus_take_more_than_one() -> None:
    """Each has buffers of its own and may get a layer more than its share, and each driver keeps something."""
    one, two = gpu(48), dataclasses.replace(gpu(48), cards=2)
    alone, spread = (plan(THE_20B, device, wishes(sequences=8)) for device in (one, two))
    assert spread.total_bytes - alone.total_bytes == alone.buffer_bytes + THE_20B.size_bytes // 25
    assert one.usable_bytes - two.usable_bytes == 600_000_000


def test_all_parts_of_a_120b_are_counted() -> None:
    """63.4 GB in two files fit on two cards of 48 GB, not on one."""
    the_120b = dataclasses.replace(THE_20B, size_bytes=63_400_000_000, layers=36, cache_bytes_per_token=36 * 2048)
    two = dataclasses.replace(gpu(96), cards=2)
    assert plan(the_120b, two, wishes()).sequences > 8
    with pytest.raises(ModelFileError, match=r"63\.4 GB for the weights"):
        plan(the_120b, gpu(48), wishes())


def test_a_small_file_gets_a_small_plan(tiny_model: Path) -> None:
    """The facts of a real file, with its sizes in megabytes."""
    found = plan(describe_model(tiny_model), cpu(1), EngineOptions(model=tiny_model, fence_key=b"k"))
    assert found.sequences == 32
    assert found.description.startswith(f"{tiny_model.name} (0.2 MB) on CPU (8 cores, 1.0 GB free): 32 at once")
    assert found.buffer_bytes < 100_000_000


@pytest.mark.parametrize(("sequences", "each", "batch"), [(1, 8192, 128), (16, 1024, 512), (64, 1024, 256)])
def test_llama_cpp_takes_what_the_plan_says(tiny_model: Path, sequences: int, each: int, batch: int) -> None:
    """By its own log: the cache to the byte, the buffers of a step no more than was counted and at least half of it."""
    found = plan(
        describe_model(tiny_model),
        cpu(8),
        EngineOptions(
            model=tiny_model,
            fence_key=b"k",
            sequences=sequences,
            context_tokens=each,
            batch_tokens=batch,
        ),
    )
    taken = buffers_taken(tiny_model, found)
    assert taken["KV"] == found.cache_bytes
    assert found.buffer_bytes / 2 <= taken["compute"] + taken["output"] <= found.buffer_bytes


class Lines(logging.Handler):
    """Keeps what llama.cpp says."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage() + "\n"


def buffers_taken(model: Path, planned: EnginePlan) -> dict[str, int]:
    """The sums of the buffers that llama.cpp allocates for a context of this plan, by kind, in bytes."""
    native = library()
    said = Lines()
    logger = logging.getLogger("classifier.llama.device.library")
    logger.addHandler(said)
    loaded = native.llama_model_load_from_file(os.fsencode(model), native.llama_model_default_params())
    params = native.llama_context_default_params()
    params.n_ctx, params.n_seq_max = planned.context_tokens, planned.sequences
    params.n_batch = params.n_ubatch = planned.batch_tokens
    params.n_outputs_max = planned.sequences
    params.kv_unified, params.swa_full, params.flash_attn_type = False, True, 0
    context = native.llama_init_from_model(loaded, params)
    try:
        assert context
    finally:
        native.llama_free(context)
        native.llama_model_free(loaded)
        logger.removeHandler(said)
    taken = dict.fromkeys(("KV", "compute", "output"), 0)
    for kind, size in re.findall(r"(KV|compute|output) buffer size = +([\d.]+) MiB", said.text):
        taken[kind] += round(float(size) * (1 << 20))
    return taken
