"""Weights arrive whole and with the right checksum, or not at all, and a broken download goes on where it stopped."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest

from classifier.llama.model_file.weights import Offer, Source, Weights, WeightsError, look_up, pull, pull_all

SOURCE = Source(repo="someone/model-GGUF", file="model.gguf")


@pytest.fixture
def offer(hub) -> Offer:
    (found,) = look_up(SOURCE, endpoint=hub.endpoint)
    return found


@pytest.fixture
def fetch(hub, tmp_path: Path) -> Callable[..., Weights]:
    """Pulls into a folder that is not there yet, without waiting."""

    def pull_now(offer: Offer, **given) -> Weights:
        return pull(offer, tmp_path / "models", **{"endpoint": hub.endpoint, "pause": lambda _: None, **given})

    return pull_now


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(WeightsError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    return message


def parts(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "models").iterdir())


def test_the_published_file_is_the_one_that_is_looked_up_unless_another_is_named() -> None:
    """Native MXFP4, in which the weights were trained."""
    assert Source() == Source(
        repo="lmstudio-community/gpt-oss-safeguard-20b-GGUF",
        file="gpt-oss-safeguard-20b-MXFP4.gguf",
        revision="main",
    )


def test_the_hub_says_size_checksum_and_commit(hub, offer: Offer) -> None:
    """Before one byte of the file is asked for."""
    assert (offer.size_bytes, offer.sha256) == (256_000, hashlib.sha256(hub.content).hexdigest())
    assert len(offer.commit) == 40
    assert hub.ranges == []


def test_a_file_arrives_under_its_name(hub, offer: Offer, fetch, tmp_path: Path) -> None:
    """Whole, and nothing else stays in the folder."""
    seen: list[int] = []
    weights = fetch(offer, progress=seen.append)
    assert weights == Weights(path=tmp_path / "models/model.gguf", offer=offer, already_there=False)
    assert weights.path.read_bytes() == hub.content
    assert parts(tmp_path) == [weights.path]
    assert (seen[0], seen[-1]) == (0, 256_000)
    assert seen == sorted(seen)


def test_a_file_in_a_folder_of_the_repository_gets_its_own_name(hub, fetch, tmp_path: Path) -> None:
    """Folders of the repository are not made here."""
    hub.file = "MXFP4/model.gguf"
    (offered,) = look_up(Source(repo=SOURCE.repo, file=hub.file), endpoint=hub.endpoint)
    found = fetch(offered)
    assert found.path == tmp_path / "models/model.gguf"


def test_a_second_pull_finds_the_file_and_downloads_nothing(hub, offer: Offer, fetch) -> None:
    """It is checked, not trusted for its name."""
    fetch(offer)
    hub.ranges.clear()
    assert fetch(offer).already_there
    assert hub.ranges == []


@pytest.mark.parametrize("content", [b"something else", b"\x00" * 256_000])
def test_another_file_of_that_name_is_left_alone(offer: Offer, fetch, tmp_path: Path, content: bytes) -> None:
    """Of another size, or of the same."""
    (tmp_path / "models").mkdir()
    mine = tmp_path / "models/model.gguf"
    mine.write_bytes(content)
    assert "already exists and is not the hub's file" in refusal(lambda: fetch(offer))
    assert mine.read_bytes() == content


class Killed(BaseException):
    """As from a signal."""


def test_a_killed_download_goes_on_where_it_stopped(hub, offer: Offer, fetch, tmp_path: Path) -> None:
    """The second one asks for the rest alone."""

    def kill(size: int) -> None:
        if size:
            raise Killed

    hub.cuts = [100_000]
    with pytest.raises(Killed):
        fetch(offer, progress=kill)
    (part,) = parts(tmp_path)
    here = part.stat().st_size
    assert here > 0
    hub.ranges.clear()
    assert fetch(offer).path.read_bytes() == hub.content
    assert hub.ranges == [f"bytes={here}-"]


PULL = """
import sys
from pathlib import Path
from classifier.llama.model_file.weights import Source, look_up, pull
endpoint, folder = sys.argv[1:]
(offer,) = look_up(Source(repo="someone/model-GGUF", file="model.gguf"), endpoint=endpoint)
pull(offer, Path(folder), endpoint=endpoint, progress=lambda size: print(size, flush=True))
"""


def test_a_process_that_the_system_kills_loses_nothing_of_what_arrived(
    hub, offer: Offer, fetch, tmp_path: Path
) -> None:
    """Without any warning; not even its lock is in the way of the next one."""
    hub.cuts, hub.stalls = [100_000], True
    command = [sys.executable, "-c", PULL, hub.endpoint, str(tmp_path / "models")]
    root = Path(__file__).parents[4]
    with subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=PIPE) as process:
        assert process.stdout
        assert b"100000\n" in iter(process.stdout.readline, b"")
        process.kill()
    hub.ranges.clear()
    assert fetch(offer).path.read_bytes() == hub.content
    assert hub.ranges == ["bytes=100000-"]
    assert parts(tmp_path) == [tmp_path / "models/model.gguf"]


def test_a_connection_that_breaks_is_made_again(hub, offer: Offer, fetch) -> None:
    """Without the operator, and without asking for anything twice."""
    hub.cuts = [100_000, 0, 50_000]
    waited: list[float] = []
    assert fetch(offer, pause=waited.append).path.read_bytes() == hub.content
    assert hub.ranges == ["bytes=0-", "bytes=100000-", "bytes=100000-", "bytes=150000-"]
    assert waited == [1.0, 2.0, 1.0]


def test_a_connection_that_brings_nothing_is_given_up_and_what_arrived_is_kept(
    hub, offer: Offer, fetch, tmp_path: Path
) -> None:
    """After five times in a row, with how far it came."""
    hub.cuts = [100_000, 0, 0, 0, 0, 0]
    message = refusal(lambda: fetch(offer))
    assert "broke at 0.1 MB of 0.3 MB" in message
    assert "it resumes" in message
    assert [path.stat().st_size for path in parts(tmp_path)] == [100_000]
    assert fetch(offer).path.read_bytes() == hub.content


def test_a_server_that_cannot_continue_begins_again(hub, offer: Offer, fetch) -> None:
    """It sends the whole file, and nothing is in there twice."""
    hub.knows_ranges = False
    hub.cuts = [100_000]
    assert fetch(offer).path.read_bytes() == hub.content


def test_a_server_that_sends_too_much_is_cut_off(hub, offer: Offer, fetch) -> None:
    """The file ends where the hub said; the rest could fill a disk."""
    right = hub.content
    hub.content += b"more" * 1000
    assert fetch(offer).path.read_bytes() == right


def test_a_part_that_is_too_long_is_begun_again(hub, offer: Offer, fetch, tmp_path: Path) -> None:
    """It cannot be the beginning of this file."""
    (tmp_path / "models").mkdir()
    (tmp_path / f"models/model.gguf.{offer.sha256[:8]}.part").write_bytes(b"x" * 300_000)
    assert fetch(offer).path.read_bytes() == hub.content


def test_a_server_that_has_less_than_it_said_is_given_up(hub, offer: Offer, fetch, tmp_path: Path) -> None:
    """It refuses to continue behind its end; what came from there is of no use."""
    hub.content = hub.content[:1000]
    assert "status 416: try again later" in refusal(lambda: fetch(offer))
    assert [path.stat().st_size for path in parts(tmp_path)] == [0]


def test_a_wrong_checksum_throws_the_file_away(hub, fetch, tmp_path: Path) -> None:
    """A file that somebody changed on the way never gets the model's name."""
    hub.sha256 = "0" * 64
    (offer,) = look_up(SOURCE, endpoint=hub.endpoint)
    message = refusal(lambda: fetch(offer))
    assert "0" * 64 in message
    assert "deleted: run it again" in message
    assert parts(tmp_path) == []


def test_a_full_disk_is_noticed_before(hub, offer: Offer, fetch) -> None:
    """What is to come, what is free, and what to do; nothing is asked for."""
    assert refusal(lambda: fetch(offer, free=lambda _: 200_000)).startswith("the download needs another 0.3 MB, but ")
    assert hub.ranges == []
    assert fetch(offer, free=lambda _: 256_000).path.exists()


def test_what_is_here_already_needs_no_space_again(hub, offer: Offer, fetch) -> None:
    """Only the rest counts."""
    hub.cuts = [200_000, 0, 0, 0, 0, 0]
    refusal(lambda: fetch(offer))
    assert fetch(offer, free=lambda _: 56_000).path.exists()


def test_a_disk_that_fills_up_meanwhile_keeps_what_arrived(offer: Offer, fetch) -> None:
    """The system's own error, in our words."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert "is full: free some space and run it again; it resumes" in refusal(lambda: fetch(offer, progress=full))


def test_a_folder_that_cannot_be_made_is_told(offer: Offer, tmp_path: Path) -> None:
    """With the system's reason."""
    (tmp_path / "file").touch()
    message = refusal(lambda: pull(offer, tmp_path / "file/models"))
    assert message.endswith("cannot be written to (Not a directory): choose another folder")


def test_two_downloads_do_not_write_to_one_file(hub, offer: Offer, fetch) -> None:
    """The second one says so; the first one ends well."""
    messages: list[str] = []

    def second(size: int) -> None:
        if size == 0:
            messages.append(refusal(lambda: fetch(offer)))

    assert fetch(offer, progress=second).path.read_bytes() == hub.content
    assert "another download is writing to" in messages[0]


def test_a_missing_file_lists_those_that_are_there(hub) -> None:
    """A name misspelt, or another quantisation."""
    message = refusal(lambda: look_up(Source(repo=SOURCE.repo, file="other.gguf"), endpoint=hub.endpoint))
    assert message == "someone/model-GGUF has no file other.gguf: choose one of model.gguf"
    hub.file = "model.safetensors"
    assert "no GGUF file" in refusal(lambda: look_up(SOURCE, endpoint=hub.endpoint))


def test_a_file_without_a_checksum_is_not_trusted(hub) -> None:
    """Small files have none at the hub; a model has."""
    hub.says_lfs = False
    assert "gives no checksum" in refusal(lambda: look_up(SOURCE, endpoint=hub.endpoint))


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "RepoNotFound", "no repository someone/model-GGUF"),
        (404, "RevisionNotFound", "no revision main"),
        (403, "GatedRepo", "accepted its terms"),
        (401, "", "status 401: check HF_TOKEN"),
        (403, "", "status 403: check HF_TOKEN"),
        (500, "", "status 500: try again later"),
        (200, "", "cannot be reached"),
    ],
)
def test_a_refusal_of_the_hub_says_what_to_do(hub, status: int, code: str, words: str) -> None:
    """Not there, not for everybody, out of order, or no hub at all behind a hotel's login page."""
    hub.refuses = {"/api": (status, code)}
    assert words in refusal(lambda: look_up(SOURCE, endpoint=hub.endpoint))


def test_a_file_that_goes_away_is_not_asked_for_again(hub, offer: Offer, fetch) -> None:
    """A refusal is no broken connection."""
    hub.refuses = {"/bytes": (404, "")}
    waited: list[float] = []
    assert "status 404" in refusal(lambda: fetch(offer, pause=waited.append))
    assert waited == []


def test_a_hub_in_trouble_is_asked_again(hub, offer: Offer, fetch) -> None:
    """It may be better in a moment."""
    hub.refuses = {"/bytes": (503, "")}
    found = fetch(offer, pause=lambda _: hub.refuses.clear())
    assert found.path.read_bytes() == hub.content


def test_no_network_is_told_in_one_line(hub) -> None:
    """Nobody listens there."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert "cannot be reached: check this machine's network" in refusal(lambda: look_up(SOURCE, endpoint=address))


def test_offline_by_setting_is_told(hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's own switch."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in refusal(lambda: look_up(SOURCE, endpoint=hub.endpoint))


@pytest.mark.parametrize("repo", ["../etc/passwd", "a b/c", "a/b/c", ""])
def test_a_name_that_is_none_is_refused(hub, repo: str) -> None:
    """Before anything is asked."""
    message = refusal(lambda: look_up(Source(repo=repo), endpoint=hub.endpoint))
    assert "write owner/name" in message


FIRST, SECOND = "big-00001-of-00002.gguf", "big-00002-of-00002.gguf"


@pytest.fixture
def in_two_parts(hub) -> tuple[Offer, ...]:
    """A model that is published in two files, looked up by its second one."""
    hub.file, hub.others = FIRST, {SECOND: b"the rest" * 1000}
    return look_up(Source(repo=SOURCE.repo, file=SECOND), endpoint=hub.endpoint)


def test_all_parts_of_a_model_are_looked_up_whichever_is_named(in_two_parts: tuple[Offer, ...]) -> None:
    """In their order, each with its own size and checksum."""
    assert [(offer.name, offer.size_bytes) for offer in in_two_parts] == [(FIRST, 256_000), (SECOND, 8_000)]
    assert in_two_parts[1].sha256 == hashlib.sha256(b"the rest" * 1000).hexdigest()


def test_all_parts_arrive_and_one_that_is_there_is_not_fetched_again(
    hub, in_two_parts: tuple[Offer, ...], tmp_path: Path
) -> None:
    """The bytes of all of them count as progress."""
    seen: list[int] = []
    brought = pull_all(in_two_parts, tmp_path / "models", endpoint=hub.endpoint, progress=seen.append)
    assert [weights.path.read_bytes() for weights in brought] == [hub.content, hub.others[SECOND]]
    assert seen == sorted(seen)
    assert seen[-1] == 264_000
    brought[1].path.unlink()
    hub.ranges.clear()
    again = pull_all(in_two_parts, tmp_path / "models", endpoint=hub.endpoint)
    assert [weights.already_there for weights in again] == [True, False]
    assert len(hub.ranges) == 1


def test_a_part_that_is_not_published_is_named(hub) -> None:
    """Nothing is downloaded of a model that would not be whole."""
    hub.file = FIRST
    message = refusal(lambda: look_up(Source(repo=SOURCE.repo, file=FIRST), endpoint=hub.endpoint))
    assert f"has no file {SECOND}" in message
    assert hub.ranges == []


def test_there_must_be_room_for_all_parts(hub, in_two_parts: tuple[Offer, ...], tmp_path: Path) -> None:
    """It is asked before the first one comes, and what is there already does not count."""
    message = refusal(
        lambda: pull_all(in_two_parts, tmp_path / "models", endpoint=hub.endpoint, free=lambda _: 260_000)
    )
    assert "needs another 0.3 MB" in message
    assert hub.ranges == []
    (tmp_path / "models" / SECOND).write_bytes(hub.others[SECOND])
    assert len(pull_all(in_two_parts, tmp_path / "models", endpoint=hub.endpoint, free=lambda _: 260_000)) == 2
