"""How growth is told from times, on made-up figures; and that each scenario runs, at a size that says nothing."""

from __future__ import annotations

import pytest

from benchmarks.growth.figures import Measure, exponent, table
from benchmarks.growth.sample import Sample
from benchmarks.growth.scenarios import SCENARIOS

SMALL = {"start": 2, "bare_start": 2, "catch_up": 2}


def measure(*seconds: float, late_p99_ms: float = 1.0) -> Measure:
    """Made-up times at sizes 10, 100 and 1,000."""
    samples = {
        size: Sample(seconds=each, late_p99_ms=late_p99_ms, late_max_ms=late_p99_ms + 1)
        for size, each in zip((10, 100, 1_000), seconds, strict=True)
    }
    return Measure(name="listing", unit="cases", samples=samples)


@pytest.mark.parametrize(
    ("times", "grows"), [((1.0, 1.0, 1.0), 0.0), ((0.1, 1.0, 10.0), 1.0), ((0.01, 1.0, 100.0), 2.0)]
)
def test_the_exponent_tells_flat_from_linear_from_quadratic(times: tuple[float, ...], grows: float) -> None:
    """It is the slope of the logarithms."""
    assert measure(*times).exponent == pytest.approx(grows)


def test_one_size_says_nothing_about_growth() -> None:
    """It is refused rather than reported as flat."""
    with pytest.raises(ValueError, match="two sizes"):
        exponent([(10, 1.0), (10, 2.0)])


def test_only_what_grows_faster_than_its_input_is_trouble() -> None:
    """In proportion is fine, and so is the noise of a busy machine."""
    assert measure(0.1, 1.0, 10.0).troubles == ()
    assert measure(0.1, 1.3, 17.0).troubles == ()
    assert measure(0.1, 3.0, 90.0).troubles == ("grows faster than its input",)


def test_a_late_event_loop_is_trouble() -> None:
    """Above 50 ms in 1 of 100 turns, whatever the growth."""
    assert measure(1.0, 1.0, 1.0, late_p99_ms=51.0).troubles == ("holds up the event loop",)


def test_people_read_sizes_times_and_growth_in_one_line() -> None:
    """And programs get the same."""
    line = table([measure(0.1, 1.0, 10.0)]).splitlines()[1]
    assert "10: 100.0 ms, 100: 1.0 s, 1,000: 10.0 s (cases)" in line
    assert "n^1.00" in line
    assert measure(0.1, 1.0, 10.0).as_json()["exponent"] == 1.0


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_every_scenario_does_what_it_says(name: str) -> None:
    """Each checks its own outcome: nothing is measured that did not happen."""
    found = await SCENARIOS[name].work(SMALL.get(name, 40))
    assert found
    assert all(sample.seconds >= 0 for sample in found.values())
