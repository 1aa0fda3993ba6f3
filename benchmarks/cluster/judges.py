"""`bylaw serve-judge` for `benchmarks.cluster`: replicas on a Ray of this machine, of which one dies at SIGUSR1.

Ends at SIGTERM, or when whoever started it is gone.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from bot.console.inputs.options import ServedJudge
from bot.serving.application import front_options, replica_options
from bot.serving.local import Address, serving
from bot.serving.options import Scale
from bot.settings import Settings

LOOK_EVERY = 1.0  #: seconds between looks at whether the parent lives


def settings_for(key: str, *, places: int, model: Path | None) -> Settings:
    """The settings of the service; nothing comes from the environment."""
    return Settings(serve_key=key, sequences=places, model_path=model, context_tokens=2048, threads=1, _env_file=None)  # type: ignore[call-arg, arg-type]


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--replicas", type=int, required=True)
    parser.add_argument("--places", type=int, required=True, help="requests at once on each replica")
    parser.add_argument("--takes", type=float, default=0.05, help="seconds that a scripted answer takes")
    parser.add_argument("--model", type=Path, help="a model file, instead of a scripted judge")
    given = parser.parse_args()
    settings = settings_for(given.key, places=given.places, model=given.model)
    replica = replica_options(settings, ServedJudge.LLAMA, scripted_s=None if given.model else given.takes)
    over, parent = threading.Event(), os.getppid()
    with serving(front_options(settings), replica, Scale(least=given.replicas), Address(port=given.port)):
        signal.signal(signal.SIGTERM, lambda *_: over.set())
        signal.signal(signal.SIGUSR1, _kill_one)
        while not over.wait(LOOK_EVERY) and os.getppid() == parent:
            pass


def _kill_one(_number: int, _frame: FrameType | None) -> None:
    """A replica dies in the middle of its work. Ray starts another."""
    import ray

    actors: list[Any] = ray.util.list_named_actors(all_namespaces=True)
    for each in actors:
        if "judges" in each["name"]:
            ray.kill(ray.get_actor(each["name"], namespace=each["namespace"]))
            return


if __name__ == "__main__":
    main()
