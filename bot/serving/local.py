"""Runs the service on this machine, with its own Ray, which starts and stops with it.

This process answers HTTP, instead of Ray's proxy, which saves two hops between processes for every request. Ray's own
ports accept pickles from anybody who can reach them. So they only listen on this machine, and those of replicas, which
Ray opens to all, require a token that is created for each run. Only the judge's port may be open to others. Ray's usage
reports are switched off.

Front and replicas communicate over gRPC instead of Ray's object store, and replicas answer requests in the event loop
that receives them. By default Ray does neither, which is slower.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec

from bot.serving.application import NAME, edge, judges
from bot.serving.http_edge import HttpEdge
from bot.serving.options import FrontOptions, ReplicaOptions, Scale
from classifier.errors import OperatorError

_LOOPBACK = "127.0.0.1"
_KEPT_ALIVE_S = 60  # seconds that a connection may be idle; bots close theirs earlier
_PATIENCE_S = 10.0  # seconds until the port is open, and until it is closed
_OBJECT_STORE = 80 << 20  # bytes: Ray's minimum; requests are small and don't use it
_SHORT_WAY = {
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
}  # read by Ray when it is imported, in each process; `python -m benchmarks.cluster --overhead` measures what they do


class ServingError(OperatorError):
    """The judge can't be served. The text is one line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the judge listens."""

    host: str = _LOOPBACK
    port: int = 8000

    @property
    def url(self) -> str:
        """The URL for people on this machine."""
        host = _LOOPBACK if self.host in ("", "0.0.0.0", "::") else self.host  # noqa: S104  # compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def check_ray() -> None:
    """Check that Ray Serve is installed, without importing it, because it reads its environment when imported.

    Raises:
        ServingError: it isn't.
    """
    if any(find_spec(name) is None for name in ("ray", "starlette", "uvicorn")):  # needs `ray[serve]`
        raise ServingError('serving the judge needs Ray: install it with `pip install "bylaw[ray]"`')


def check_address(address: Address) -> None:
    """Check that the port is free.

    Raises:
        ServingError: it isn't, or the host isn't this machine.
    """
    try:
        family, *_, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
    except OSError as error:
        raise ServingError(
            f"port {address.port} of {address.host} cannot be used ({error.strerror}): stop what uses it, or give "
            "another --port or --host"
        ) from None


@contextmanager
def serving(front: FrontOptions, judge: ReplicaOptions, scale: Scale, address: Address) -> Iterator[str]:
    """Serve inside the context, which begins when all replicas are ready. Yields the URL.

    This machine's GPUs are divided among the replicas unless `scale` says otherwise.

    Raises:
        ServingError: Ray is not installed, the port is taken, or the judge does not start.
    """
    check_ray()
    check_address(address)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on every system: only listen on this machine
    os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)  # replicas listen anyway
    os.environ.setdefault("RAY_SERVE_LOG_TO_STDERR", "0")  # logs go to Ray's own files
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's future default; unset, it warns
    for name, value in _SHORT_WAY.items():
        os.environ.setdefault(name, value)
    with ExitStack() as opened:
        _start_ray(opened)
        _run(opened, front, judge, scale, address)
        yield address.url


def _start_ray(opened: ExitStack) -> None:
    import ray

    opened.callback(ray.shutdown)
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            object_store_memory=_OBJECT_STORE,
            _node_ip_address=_LOOPBACK,
        )
    except Exception as error:  # noqa: BLE001  # Ray raises many kinds, `Exception` itself where a node is too slow
        raise ServingError(
            f"Ray does not start on this machine ({type(error).__name__}): check that the disk and /dev/shm have room, "
            "and look into the newest folder of /tmp/ray"
        ) from None


def _run(opened: ExitStack, front: FrontOptions, judge: ReplicaOptions, scale: Scale, address: Address) -> None:
    """Deploy the application, and wait until it is ready."""
    import ray
    from ray import serve

    logging.getLogger("ray.serve").setLevel(logging.WARNING)  # we print our own messages instead
    gpus = scale.gpus or _share(ray.cluster_resources().get("GPU", 0.0), max(scale.least, scale.most))
    opened.callback(serve.shutdown)
    serve.start(proxy_location="Disabled", logging_config={"enable_access_log": False})
    try:
        handle = serve.run(judges(judge, replace(scale, gpus=gpus)), name=NAME, route_prefix=None)
    except RuntimeError:
        raise ServingError(f"the judge does not start: look into {_log_folder()}") from None
    _listen(opened, edge(handle, front), address)


def _listen(opened: ExitStack, answers: HttpEdge, address: Address) -> None:
    """Answer HTTP in a thread with its own event loop.

    Raises:
        ServingError: the port was taken meanwhile.
    """
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            answers,
            host=address.host,
            port=address.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEPT_ALIVE_S,
            timeout_graceful_shutdown=int(_PATIENCE_S),
        )
    )
    thread = threading.Thread(target=server.run, name="front", daemon=True)

    def stop() -> None:
        server.should_exit = True
        thread.join(2 * _PATIENCE_S)

    thread.start()
    opened.callback(stop)
    until = time.monotonic() + _PATIENCE_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise ServingError(f"port {address.port} of {address.host} cannot be used: give another --port or --host")
        time.sleep(0.01)


def _share(gpus: float, replicas: int) -> float:
    """The number of GPUs per replica: whole ones if there are enough."""
    each = gpus / replicas
    return float(int(each)) if each >= 1 else each


def _log_folder() -> str:
    from ray._private.worker import global_worker  # Ray tells it nowhere else

    return f"{global_worker.node.get_session_dir_path()}/logs/serve"
