"""What the parts of the service are started with. These values travel to the machines of a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.serving.access import Access
from bot.serving.front import RowDefaults
from classifier.llama.client.judge import JudgeLimits
from classifier.llama.options import EngineOptions

USUAL_PLACES = 32  #: requests at once on a replica, where BYLAW_SEQUENCES does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaOptions:
    """What a replica runs."""

    engine: EngineOptions | None = None  #: of the model; None for the lite judge
    limits: JudgeLimits = field(default_factory=JudgeLimits)
    places: int = USUAL_PLACES  #: requests at once; llama.cpp decides for itself where the operator did not
    scripted_s: float | None = None  #: in place of a judge, one that waits so long, for tests and measurements only
    policies: int = 256  #: that count as at home on a replica


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontOptions:
    """Whom the front answers, and how."""

    access: Access
    defaults: RowDefaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many replicas there are. A cluster's own file overrides all of this."""

    least: int = 1
    most: int = 1  #: more than `least`: replicas are added while requests queue up
    gpus: float = 0.0  #: of each replica
    queue: int = 10_000  #: requests that may wait for a replica
