"""`bylaw plan`: estimates the hardware that a community needs."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.capacity.plan import CapacityPlan, Load, Speeds


def plan(
    messages_per_day: Annotated[
        float, typer.Option("--messages-per-day", min=1, max=1e12, help="Messages judged per day.")
    ],
    policies: Annotated[
        int, typer.Option("--policies", min=1, max=100, help="Policies that apply to each message.")
    ] = 1,
    bench: Annotated[
        Path | None,
        typer.Option("--bench", metavar="FILE.json", help="The output of `bylaw model bench --json` on the machine."),
    ] = None,
    read: Annotated[
        float | None,
        typer.Option("--read", min=0.01, max=1e9, help="Instead of --bench: prompt tokens read per second."),
    ] = None,
    written: Annotated[
        float | None,
        typer.Option("--written", min=0.01, max=1e9, help="Instead of --bench: tokens written per second."),
    ] = None,
    places: Annotated[
        int, typer.Option("--places", min=1, max=256, help="Instead of --bench: judgements at the same time.")
    ] = 16,
    machines: Annotated[int, typer.Option("--machines", min=1, max=10_000, help="Machines of this kind.")] = 1,
    busiest: Annotated[
        float, typer.Option("--busiest", min=1, max=24, help="The busiest hour, as a multiple of the average.")
    ] = 2.0,
    skipped: Annotated[
        float | None,
        typer.Option(
            "--skipped", min=0, max=1, help="With the cascade: the share of messages that the first look settles."
        ),
    ] = None,
    servers: Annotated[int, typer.Option("--servers", min=1, max=10_000, help="Servers with their own policies.")] = 1,
    policy_memory: Annotated[
        float | None,
        typer.Option(
            "--policy-memory", min=0.001, max=1e6, help="Memory for policies that were read, in GB (see above)."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Estimate the load a community puts on a machine, how long a verdict takes, and when you need a second machine.

    Thinking is assumed to be as long as in the real model's published replies. The engine keeps policies it has read in
    a fifth of the memory that is free once the model is loaded: give that with --policy-memory, and the plan counts how
    often a policy must be read again for lack of room. The n-th busiest server has 1/n of the messages of the busiest.
    """
    from bot.capacity.plan import Load
    from bot.capacity.plan import plan as made
    from bot.capacity.policy_memory import PolicyMemory
    from bot.console.screen.output import print_json, print_line

    speeds = _speeds(bench, read, written, places)
    memory = None if policy_memory is None else PolicyMemory(room=policy_memory * 1e9, servers=servers)
    if servers > 1 and memory is None:
        raise BadInput("With --servers, also give the memory for their policies: --policy-memory GB.")
    plain = Load(messages_per_day=messages_per_day, policies=policies, busiest=busiest, memory=memory)
    loads = {"every policy reasoned": plain}
    if skipped is not None:
        loads["with the cascade"] = replace(plain, skipped=skipped)
    found = {name: made(speeds, load, machines=machines) for name, load in loads.items()}
    if json:
        print_json({"speeds": asdict(speeds), "plans": {name: asdict(each) for name, each in found.items()}})
        return
    for line in (*_lines(speeds, plain, found), *_about_memory(loads)):
        print_line(line)


def _speeds(bench: Path | None, read: float | None, written: float | None, places: int) -> Speeds:
    from bot.capacity.plan import Speeds

    if bench is not None:
        return _measured(bench)
    if read is None or written is None:
        raise BadInput(
            "Name the machine's speeds: --bench FILE with what `bylaw model bench --json` printed there, or --read and "
            "--written in tokens a second."
        )
    return Speeds(read=read, written=written, places=places)


def _measured(file: Path) -> Speeds:
    import json

    from bot.capacity.plan import Speeds
    from bot.console.inputs.files import file_errors

    try:
        with file_errors(file):
            found: Any = json.loads(file.read_text(encoding="utf-8"))
        best = max(found["rates"], key=lambda rate: rate["reply_tokens_per_second"])
        speeds: Speeds | None = Speeds(
            read=float(found["prompt_tokens_per_second"]),
            written=float(best["reply_tokens_per_second"]),
            places=min(int(found["places"]), int(best["at_once"])),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        speeds = None
    if speeds is None or not all(0 < each < math.inf for each in (speeds.read, speeds.written, speeds.places)):
        raise BadInput(f"{file} does not hold what `bylaw model bench --json` prints: run it again.")
    return speeds


def _lines(speeds: Speeds, load: Load, found: dict[str, CapacityPlan]) -> Iterator[str]:
    judgements = "1 judgement" if speeds.places == 1 else f"{speeds.places} judgements"
    yield (
        f"{load.messages_per_day:,.0f} messages a day, {load.policies} polic{'y' if load.policies == 1 else 'ies'}, "
        f"{load.busiest:g} times the average in the busiest hour. The machine reads {speeds.read:,.0f} and writes "
        f"{speeds.written:,.0f} tokens a second, {judgements} at once."
    )
    for name, each in found.items():
        yield f"{name[0].upper()}{name[1:]}:"
        busiest = f"{_percent(each.share_at_the_busiest)} at the busiest hour"
        yield f"  {_percent(each.share)} of the machines' time over the day, {busiest}"
        yield f"  {_delay(each)}"
        machines = f"{each.machines} machine{'s' * (each.machines > 1)}"
        yield f"  {machines} can judge {each.messages_a_day:,.0f} messages a day"
        if each.machines_needed > each.machines:
            yield f"  {each.machines_needed} machines are needed to keep 20 % free at the busiest hour"


def _about_memory(loads: dict[str, Load]) -> Iterator[str]:
    """The memory that policies need, if it was given."""
    from bot.capacity.policy_memory import rereading

    for name, load in loads.items():
        if load.memory is None:
            continue
        found = rereading(load.memory, policies=load.policies, skipped=load.skipped)
        yield f"Memory for policies, {name}: {found.needed / 1e9:,.1f} GB would hold all of them."
        if load.skipped is not None and not found.look_fits:
            yield "  The policies do not fit together, so there is no look and every policy is judged alone"
        elif load.skipped is not None:
            yield f"  {_percent(found.looks)} of looks read their policies again"
        yield f"  {_percent(found.judgements)} of judgements read their policy again"


def _delay(plan: CapacityPlan) -> str:
    if plan.delay is None or plan.delay_p95 is None:
        return "More comes in the busiest hour than can be judged: it falls behind, and catches up later if it can"
    return (
        f"At the busiest hour a message has its last verdict after {plan.delay:,.1f} s, "
        f"one in twenty after more than {plan.delay_p95:,.1f} s"
    )


def _percent(share: float) -> str:
    return f"{100 * share:,.1f} %"
