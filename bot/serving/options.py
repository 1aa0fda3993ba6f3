"""Options of the service's parts. These values are sent to the machines of a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.serving.access import Access
from bot.serving.front import RowDefaults
from classifier.llama.client.judge import JudgeLimits
from classifier.llama.options import EngineOptions

USUAL_PLACES = 32  #: simultaneous requests per replica, if BYLAW_SEQUENCES isn't set


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaOptions:
    """The options of a replica."""

    engine: EngineOptions | None = None  #: options of the model; None for the lite judge
    limits: JudgeLimits = field(default_factory=JudgeLimits)
    places: int = USUAL_PLACES  #: simultaneous requests; llama.cpp decides unless the operator did
    scripted_s: float | None = None  #: seconds: replaces the judge by one that waits, only for tests
    policies: int = 256  #: policies that count as cached on a replica


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontOptions:
    """The options of the front: who is answered, and how."""

    access: Access
    defaults: RowDefaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The number of replicas. A cluster's own file overrides all of this."""

    least: int = 1
    most: int = 1  #: more than `least`: replicas are added while requests queue up
    gpus: float = 0.0  #: GPUs of each replica
    queue: int = 10_000  #: requests that may wait for a replica
