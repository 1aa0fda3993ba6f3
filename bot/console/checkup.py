"""The checks of `bylaw doctor`: each looks at one thing and says in one line how it is and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.errors import UserError
from bot.console.judging import MODEL_FILE, MODEL_HOW_TO

if TYPE_CHECKING:
    from bot.settings import Settings


class Status(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"  #: the bot works, but not as well as it could
    FAIL = "fail"  #: the bot does not work like this


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the report."""

    name: str
    status: Status
    text: str


def ok(name: str, text: str) -> Line:
    """All is well."""
    return Line(name=name, status=Status.OK, text=text)


def warn(name: str, text: str) -> Line:
    """It works, and could be better."""
    return Line(name=name, status=Status.WARN, text=text)


def fail(name: str, text: str) -> Line:
    """It does not work."""
    return Line(name=name, status=Status.FAIL, text=text)


async def check_discord(settings: Settings) -> list[Line]:
    """The token, the intents, and the address with which the bot is invited."""
    from bot.console.application import Offline, look_up

    if settings.token is None:
        return [fail("token", "not set: make a bot on https://discord.com/developers/applications, set BYLAW_TOKEN.")]
    token = settings.token.get_secret_value()
    try:
        application = await look_up(token)
    except Offline as offline:
        return [warn("token", f"set, but not tried. {offline}")]
    except UserError as refusal:
        return [fail("token", str(refusal))]
    return [
        ok("token", f"accepted, for the bot {application.bot_name}"),
        _intents(token, reads_messages=application.reads_messages),
        ok("invitation", f"{_invitation(application.id)} asks for what the bot needs and no more"),
    ]


def _invitation(application_id: int) -> str:
    import discord

    from bot.cogs.board import NEEDED

    permissions = discord.Permissions(**dict.fromkeys(NEEDED, True))
    return discord.utils.oauth_url(
        application_id, permissions=permissions, scopes=("bot", "applications.commands")
    )  # fmt: skip


def _intents(token: str, *, reads_messages: bool) -> Line:
    from bot.console.application import bot_page

    if reads_messages:
        return ok("intents", "the Message Content intent is granted")
    return fail("intents", f"turn on Message Content under Privileged Gateway Intents on {bot_page(token)}")


async def check_database(settings: Settings) -> Line:
    """Can the database be opened and read? Makes nothing and changes nothing."""
    from bot.storage.engine import create_engine, database_file, database_url, place_of
    from bot.storage.errors import StorageError
    from bot.storage.server_store import SqlServerStore

    try:
        url = database_url(settings.database)
        file = database_file(url)
        if file is not None and not file.exists():
            return ok("database", f"{file} will be made by the first run")
        engine = create_engine(settings.database)
        try:
            servers = await SqlServerStore(engine, now=lambda: datetime.now(UTC)).all()
        finally:
            await engine.dispose()
    except StorageError as error:
        return fail("database", str(error))
    return ok("database", f"{place_of(url)} can be read; servers set up: {len(servers)}")


def check_key(settings: Settings) -> Line:
    """The key that encrypts the texts of cases. A missing file is made by the first run, not here."""
    from bot.console.inputs import load_keys
    from bot.keys import KEY_FILE

    file = settings.data_dir / KEY_FILE
    if settings.secret_key is None and not file.exists():
        return ok("secret key", f"will be made in {file} by the first run; keep a copy of it then")
    try:
        load_keys(settings)
    except UserError as trouble:
        return fail("secret key", str(trouble))
    place = "in BYLAW_SECRET_KEY" if settings.secret_key else f"in {file}"
    return ok("secret key", f"{place}; keep a copy of it apart from the database's")


def check_model(settings: Settings) -> list[Line]:
    """The model file, the memory that it takes, and what it runs on."""
    from bot.settings import JudgeChoice
    from classifier.llama.checks import describe_model
    from classifier.llama.errors import ModelFileError

    if settings.judge is JudgeChoice.LITE:
        return [warn("model", "not used: BYLAW_JUDGE=lite goes by the examples and patterns of a policy alone.")]
    if settings.model_path is None:
        return [fail("model", f"none is named: {MODEL_HOW_TO}.")]
    try:
        facts = describe_model(settings.model_path)
    except ModelFileError as error:
        return [fail("model", f"{error} (the file is {MODEL_FILE}).")]
    described = f"{facts.path}, {facts.architecture}, {_size(facts.size_bytes)}, {facts.layers} layers"
    offload = _gpu()
    return [
        ok("model", described),
        _fingerprint(settings, facts.path),
        _memory(facts.memory_bytes(settings.context_tokens), on_gpu=offload.status is Status.OK),
        offload,
    ]


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _fingerprint(settings: Settings, model: Path) -> Line:
    """The checksum that verdicts name. The first time it takes up to half a minute; then it is remembered."""
    from classifier.llama.fingerprint import fingerprint

    folder = settings.data_dir if settings.data_dir.is_dir() else None
    try:
        digest = fingerprint(model, cache_folder=folder)
    except OSError as error:
        return fail("fingerprint", f"{model} cannot be read to its end ({error.strerror}): check the disk.")
    return ok("fingerprint", f"sha256 {digest}; compare it with the one on the download page")


def _memory(needed: int, *, on_gpu: bool) -> Line:
    import psutil

    memory = psutil.virtual_memory()
    return memory_line(needed, free=memory.available, total=memory.total, on_gpu=on_gpu)


def memory_line(needed: int, *, free: int, total: int, on_gpu: bool) -> Line:
    """Does a model that needs so many bytes fit into what is free?"""
    text = f"{_size(free)} of {_size(total)} are free, the model takes {_size(needed)}"
    if needed <= free:
        return ok("memory", text)
    if on_gpu:
        return warn("memory", f"{text}: it fits only if the GPU takes it.")
    if needed <= total:
        return fail("memory", f"{text}: close other programs or lower BYLAW_CONTEXT_TOKENS.")
    return fail("memory", f"{text}: use a machine with more memory or with a GPU.")


def _gpu() -> Line:
    from classifier.llama.model import gpu_offload_supported

    if gpu_offload_supported():
        return ok("gpu", "llama.cpp was built with GPU support")
    return warn(
        "gpu",
        "this llama.cpp works on the CPU alone, which is slow. For NVIDIA, build it anew: "
        'CMAKE_ARGS="-DGGML_CUDA=on" pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python '
        "llama-cpp-python",
    )
