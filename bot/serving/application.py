"""The application that Ray Serve runs: a front that answers HTTP, and the replicas that judge.

``import_path: bot.serving.application:build`` in a file for ``serve deploy``; `bot.serving.local` runs it here.
"""

from __future__ import annotations

import hmac
from typing import Any

from bot.console.inputs.options import ServedJudge
from bot.judge import engine_options, judge_limits
from bot.serving.access import Access, Doorkeeper, digest_of
from bot.serving.front import Front, RowDefaults
from bot.serving.http_edge import HttpEdge
from bot.serving.options import USUAL_PLACES, FrontOptions, ReplicaOptions, Scale
from bot.serving.replica import JudgeReplica
from bot.serving.replicas import Replicas
from bot.settings import Settings, SettingsError, load_settings

NAME = "bylaw"  #: name of the application
_ARGUMENTS = frozenset({"judge", "scripted_ms"})
_FENCE_LABEL = b"bylaw: content fence of served judges, version 1"
_QUIET = {"enable_access_log": False}
_CONNECTIONS = 10_000  # simultaneous requests in the front, waiting for their answers


class FrontReplica:
    """The front as Ray runs it."""

    def __init__(self, replicas: Any, options: FrontOptions) -> None:
        """`replicas` is Ray's handle of the judges."""
        from ray import serve

        self._edge = edge(replicas, options, application=serve.get_replica_context().app_name)

    def __serve_build_asgi_app__(self) -> HttpEdge:
        """What Ray passes HTTP to."""
        return self._edge


def edge(replicas: Any, options: FrontOptions, *, application: str = NAME) -> HttpEdge:
    """The front over Ray's handle of the judges of an application, as ASGI."""
    judges = Replicas(replicas, application)
    front = Front(judges, Doorkeeper(options.access), judges.capacity, options.defaults)
    return HttpEdge(front.answer)


def build(arguments: dict[str, Any]) -> Any:
    """The application of a config file, by its ``args`` and the settings of the machine that builds it.

    Args:
        arguments: ``judge`` is ``llama`` (the default) or ``lite``. Tests give ``scripted_ms`` instead.

    Raises:
        SettingsError: an argument or a setting cannot be used.
    """
    if unknown := arguments.keys() - _ARGUMENTS:
        raise SettingsError(f"args: {', '.join(sorted(unknown))} is unknown: what is read is judge.")
    try:
        judge = ServedJudge(arguments.get("judge", ServedJudge.LLAMA))
    except ValueError:
        raise SettingsError("args: judge must be llama or lite.") from None
    settings, scripted = load_settings(), arguments.get("scripted_ms")
    replica = replica_options(settings, judge, scripted_s=None if scripted is None else float(scripted) / 1000)
    return application(front_options(settings), replica, Scale(queue=settings.queue_size))


def front_options(settings: Settings) -> FrontOptions:
    """The front's options from the settings.

    Raises:
        SettingsError: there is no key for bots.
    """
    access = Access(
        bots=digest_of(_key(settings)),
        tools=tuple(digest_of(key) for key in settings.tool_keys()),
        rows_per_minute=settings.serve_tool_rows_per_minute,
    )
    defaults = RowDefaults(effort=settings.effort, deadline_s=settings.deadline_seconds)
    return FrontOptions(access=access, defaults=defaults)


def replica_options(settings: Settings, judge: ServedJudge, *, scripted_s: float | None = None) -> ReplicaOptions:
    """The replicas' options from the settings.

    The secret of the fences around content is derived from the key, so that all replicas build the same prompts.

    Raises:
        SettingsError: the model is the judge but no file is named, or there is no key.
    """
    fence_key = hmac.digest(_key(settings).encode(), _FENCE_LABEL, "sha256")
    engine = None
    if judge is ServedJudge.LLAMA and scripted_s is None:
        if settings.model_path is None:
            raise SettingsError("No model file is named: set BYLAW_MODEL_PATH to a gpt-oss-safeguard GGUF file.")
        engine = engine_options(settings, settings.model_path, fence_key=fence_key)
    return ReplicaOptions(
        engine=engine,
        limits=judge_limits(settings),
        places=settings.sequences or USUAL_PLACES,
        scripted_s=scripted_s,
    )


def _key(settings: Settings) -> str:
    if settings.serve_key is None:
        raise SettingsError(
            "BYLAW_SERVE_KEY is not set: set it to a long random text, such as `openssl rand -hex 32` prints, and give "
            "it to the bots as BYLAW_REMOTE_KEY."
        )
    return settings.serve_key.get_secret_value()


def judges(replica: ReplicaOptions, scale: Scale) -> Any:
    """The `ray.serve.Application` with only the judges. Needs the extra `ray`."""
    from ray import serve

    return serve.deployment(
        JudgeReplica,
        name="judges",
        max_ongoing_requests=replica.places + replica.places // 4,  # a few to queue; the others go to another replica
        max_queued_requests=scale.queue,
        ray_actor_options={"num_cpus": 0, "num_gpus": scale.gpus},
        logging_config=_QUIET,
        **_replicas(scale, replica.places),
    ).bind(replica)


def application(front: FrontOptions, replica: ReplicaOptions, scale: Scale) -> Any:
    """The same with a front run by Ray, for a cluster."""
    from ray import serve

    ingress = serve.deployment(
        serve.ingress()(FrontReplica),
        name="front",
        num_replicas=1,
        max_ongoing_requests=_CONNECTIONS,
        ray_actor_options={"num_cpus": 0},
        logging_config=_QUIET,
    )
    return ingress.bind(judges(replica, scale), front)


def _replicas(scale: Scale, places: int) -> dict[str, Any]:
    """The number of replicas: fixed, or autoscaled while requests queue up."""
    if scale.most <= scale.least:
        return {"num_replicas": scale.least}
    scaling = {"min_replicas": scale.least, "max_replicas": scale.most, "target_ongoing_requests": places}
    return {"autoscaling_config": scaling}
