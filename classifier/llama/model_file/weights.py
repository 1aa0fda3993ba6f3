"""Download a model's weights from the hub: look them up, fetch them, and trust nothing but the checksum.

The hub's own client finds the file and speaks HTTP. The bytes are written here, so that a download of 12 GB resumes
after any interruption. huggingface_hub 2.4 does not do that once its process is killed: `_download_to_tmp_and_move`
gives each attempt a new temporary file. Nor does hf_xet 1.8: killed with 15 and with 31 of 60 MB written, against a
local server of its protocol, it fetched all 60 MB again, with `HF_XET_CHUNK_CACHE_SIZE_BYTES` at 0 (its default) and
at 10 GB.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import OperatorError
from classifier.llama.model_file.checks import gigabytes
from classifier.llama.model_file.parts import part_names

if TYPE_CHECKING:
    from types import TracebackType

_PATIENCE_S = 30.0  # without one byte
_TRIES = 5  # in a row that bring nothing
_CHUNK = 1 << 20
_FILES_SHOWN = 8
_FOR_OTHERS, _NOT_SATISFIABLE, _TOO_MANY = (401, 403), 416, 429


class WeightsError(OperatorError):
    """The weights cannot be downloaded. The message is one line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a file is published: a repository of the hub, its file, and a branch, tag or commit."""

    repo: str = "lmstudio-community/gpt-oss-safeguard-20b-GGUF"
    file: str = "gpt-oss-safeguard-20b-MXFP4.gguf"
    revision: str = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the hub says about a file."""

    source: Source
    commit: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return self.source.file.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A downloaded file with the checksum that the hub gives."""

    path: Path
    offer: Offer
    already_there: bool


def look_up(source: Source, *, endpoint: str | None = None) -> tuple[Offer, ...]:
    """Ask the hub about a file, and about all parts of the model where the file is one of several.

    Args:
        endpoint: the hub's address; None for the usual one, or what ``HF_ENDPOINT`` names.

    Raises:
        WeightsError: the hub cannot be reached, or there is no such file, or no checksum for one.
    """
    from huggingface_hub import HfApi

    with _hub_errors(source):
        info = HfApi(endpoint=endpoint).model_info(
            source.repo, revision=source.revision, files_metadata=True, timeout=_PATIENCE_S
        )
    files = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    offers = []
    for name in part_names(source.file):
        found = files.get(name)
        if found is None:
            others = [name for name in files if name.endswith(".gguf")][:_FILES_SHOWN]
            raise WeightsError(
                f"{source.repo} has no file {name}: "
                + (f"choose one of {', '.join(others)}" if others else "it has no GGUF file, choose another repository")
            )
        if found.lfs is None or info.sha is None:
            raise WeightsError(f"the hub gives no checksum for {name}, so it cannot be trusted: choose another file")
        offers.append(
            Offer(
                source=replace(source, file=name),
                commit=info.sha,
                size_bytes=found.lfs.size,
                sha256=found.lfs.sha256,
            )
        )
    return tuple(offers)


def pull_all(
    offers: Sequence[Offer],
    folder: Path,
    *,
    endpoint: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> tuple[Weights, ...]:
    """Download all parts of a model, one after the other, each as `pull` does; `progress` counts the bytes of all.

    Raises:
        WeightsError: there is no room for all of them, or as `pull`.
    """
    with contextlib.suppress(OSError):  # `pull` says what is wrong with it
        folder.mkdir(parents=True, exist_ok=True)
    missing = sum(offer.size_bytes for offer in offers if not (folder / offer.name).exists())
    held = sum(part.stat().st_size for offer in offers if (part := _part_path(folder, offer)).exists())
    if len(offers) > 1 and folder.is_dir():  # a single one is asked about by `pull`
        _check_space(missing - held, folder, free(folder))
    brought: list[Weights] = []
    before = 0
    for offer in offers:
        brought.append(pull(offer, folder, endpoint=endpoint, progress=partial(_behind, before, progress)))
        before += offer.size_bytes
        progress(before)
    return tuple(brought)


def _behind(before: int, progress: Callable[[int], None], size: int) -> None:
    progress(before + size)


def pull(
    offer: Offer,
    folder: Path,
    *,
    endpoint: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    pause: Callable[[float], None] = time.sleep,
) -> Weights:
    """Download a file into `folder`, under its own name once its checksum is right. Resumes an earlier download.

    Args:
        progress: called with the number of bytes that are here, from the ones of an earlier download on.
        free: how many bytes the disk under a folder can still take.
        pause: waits this many seconds between two tries.

    Raises:
        WeightsError: see the message; what arrived is kept for the next time, unless it was wrong.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / offer.name
        if target.exists():
            return _existing(target, offer)
        with _PartialFile(_part_path(folder, offer), at_most=offer.size_bytes) as part:
            _check_space(offer.size_bytes - part.size, folder, free(folder))
            progress(part.size)
            _fetch_all(offer, part, endpoint, progress, pause)
            part.keep_as(target, sha256=offer.sha256)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WeightsError(f"the disk of {folder} is full: free some space and run it again; it resumes") from None
        raise WeightsError(f"{folder} cannot be written to ({error.strerror}): choose another folder") from None
    return Weights(path=target, offer=offer, already_there=False)


def _part_path(folder: Path, offer: Offer) -> Path:
    """Where a file lies until it is whole."""
    return folder / f"{offer.name}.{offer.sha256[:8]}.part"


class _PartialFile:
    """A download in progress, with the checksum of what has arrived. One process at a time may hold it."""

    def __init__(self, path: Path, *, at_most: int) -> None:
        from filelock import FileLock, Timeout

        self._path = path
        self._lock = FileLock(path.with_suffix(".lock"), timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise WeightsError(f"another download is writing to {path}: wait for it, or stop it") from None
        self._file = path.open("a+b")
        self._digest = hashlib.sha256()
        self.size = 0
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            self._digest.update(chunk)
            self.size += len(chunk)
        if self.size > at_most:
            self.start_again()

    def __enter__(self) -> _PartialFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._lock.release()
        self._path.with_suffix(".lock").unlink(missing_ok=True)

    def add(self, chunk: bytes) -> None:
        """Write what arrived to disk at once, so that a killed process loses nothing."""
        self._file.write(chunk)
        self._file.flush()
        self._digest.update(chunk)
        self.size += len(chunk)

    def start_again(self) -> None:
        """Forget what is in it."""
        self._file.truncate(0)
        self._digest = hashlib.sha256()
        self.size = 0

    def keep_as(self, target: Path, *, sha256: str) -> None:
        """Give it its name.

        Raises:
            WeightsError: its checksum is wrong; then it is deleted.
        """
        found = self._digest.hexdigest()
        if found != sha256:
            self._path.unlink()
            raise WeightsError(
                f"{target.name} arrived with the checksum {found} instead of {sha256} and was deleted: "
                "run it again; if it happens twice, something between you and the hub is changing files"
            )
        os.fsync(self._file.fileno())
        self._path.replace(target)


def _fetch_all(
    offer: Offer,
    part: _PartialFile,
    endpoint: str | None,
    progress: Callable[[int], None],
    pause: Callable[[float], None],
) -> None:
    """Request what is missing until the file is complete."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    failures = 0
    while part.size < offer.size_bytes:
        before = part.size
        with _hub_errors(offer.source):
            try:
                _fetch(offer, part, endpoint, progress)
            except HfHubHTTPError as error:
                status = error.response.status_code
                if status == _NOT_SATISFIABLE:
                    part.start_again()  # what is here cannot be the beginning of what is there
                if status < 500 and status != _TOO_MANY:
                    raise
            except httpx2.TransportError:
                pass  # counted below, by what arrived
        if part.size >= offer.size_bytes:
            return
        failures = 0 if part.size > before else failures + 1
        if failures == _TRIES:
            raise WeightsError(
                f"the connection to the hub broke at {gigabytes(part.size)} of {gigabytes(offer.size_bytes)}: "
                "run it again later; it resumes"
            )
        pause(2.0**failures)


def _fetch(offer: Offer, part: _PartialFile, endpoint: str | None, progress: Callable[[int], None]) -> None:
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

    source = offer.source
    url = hf_hub_url(source.repo, source.file, revision=offer.commit, endpoint=endpoint)
    headers = build_hf_headers(headers={"Range": f"bytes={part.size}-", "Accept-Encoding": "identity"})
    with get_session().stream("GET", url, headers=headers, timeout=_PATIENCE_S) as response:
        if response.is_error:
            response.read()
        hf_raise_for_status(response)
        if response.status_code != 206:  # this server gives the whole file only
            part.start_again()
        for chunk in response.iter_raw():
            part.add(chunk[: offer.size_bytes - part.size])
            progress(part.size)
            if part.size == offer.size_bytes:
                return


def _existing(target: Path, offer: Offer) -> Weights:
    """A file of this name is here already."""
    if target.is_file() and target.stat().st_size == offer.size_bytes:
        with target.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == offer.sha256:
                return Weights(path=target, offer=offer, already_there=True)
    raise WeightsError(f"{target} already exists and is not the hub's file: move it away or choose another folder")


def _check_space(needed: int, folder: Path, free: int) -> None:
    if needed > free:
        raise WeightsError(
            f"the download needs another {gigabytes(needed)}, but {folder} has only {gigabytes(free)} free: "
            "free some space or choose another folder"
        )


@contextmanager
def _hub_errors(source: Source) -> Iterator[None]:
    """Turn errors of the hub or the network into one line that says what to do."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError:
        raise WeightsError(f"{source.repo} is not the name of a repository: write owner/name") from None
    except errors.GatedRepoError:
        raise WeightsError(
            f"{source.repo} is only for people who accepted its terms: accept them on its page, then set HF_TOKEN"
        ) from None
    except errors.RevisionNotFoundError:
        raise WeightsError(f"{source.repo} has no revision {source.revision}: leave it out to get the newest") from None
    except errors.RepositoryNotFoundError:
        raise WeightsError(
            f"the hub has no repository {source.repo}, or it is private: check the name, or set HF_TOKEN"
        ) from None
    except errors.OfflineModeIsEnabled:
        raise WeightsError("HF_HUB_OFFLINE is set, so nothing is downloaded: unset it") from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        advice = "check HF_TOKEN" if status in _FOR_OTHERS else "try again later"
        raise WeightsError(f"the hub answered with status {status}: {advice}") from None
    except (httpx2.TransportError, ValueError, TypeError, KeyError):
        raise WeightsError(
            "the hub cannot be reached: check this machine's network, proxy and firewall, or download the file "
            "elsewhere and copy it here"
        ) from None
