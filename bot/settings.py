"""The operator's settings: read once at start from the environment and ``.env``, then passed down in pieces.

Every setting is described where it is defined; `settings_table` turns the descriptions into the table of the
operators' manual, so that the two stay in sync. ``python -m bot.settings`` prints it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.allowed_values import Range, allowed, refused
from bot.number_lists import MOST_SHARDS, read_shard_ids, read_shares
from bot.serving.settings import ServeSettings
from bot.setting_names import PREFIX, meant, names_in_file, not_among
from bot.shards import ShardRange, range_trouble
from classifier import Effort
from classifier.errors import OperatorError
from classifier.lite.recall import FINDS_BY_POLICY
from classifier.remote.options import Family, Mode

ENV_FILE = ".env"
DATABASE_FILE = "bylaw.sqlite3"
#: Their values are never shown.
SECRETS = frozenset({"token", "secret_key", "database_url", "remote_key", "serve_key", "serve_tool_keys"})

_BOUNDS = ("gt", "ge", "lt", "le")  # names of pydantic's constraints on numbers


class SettingsError(OperatorError):
    """Settings are invalid. One line per bad setting, without the values of `SECRETS`."""


class JudgeChoice(StrEnum):
    """The judge to use."""

    LLAMA = "llama"  #: the model
    LITE = "lite"  #: the policy's own examples and patterns; only where an operator asks for it
    REMOTE = "remote"  #: the model, behind an OpenAI-compatible server or `bylaw serve-judge`


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(ServeSettings):
    """Everything an operator can set. Frozen; an unknown name given in code is refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    token: SecretStr | None = Field(
        None,
        description="The bot's token, from the page *Bot* of https://discord.com/developers/applications. Only "
        "`bylaw run` and `bylaw doctor` need it.",
    )
    data_dir: Path = Field(
        Path("data"), description="Folder for the database and the key file. Created on first run, for this user only."
    )
    database_url: str = Field(
        "",
        repr=False,
        description=f"Where the database is: empty for the file `{DATABASE_FILE}` in the data folder, or an address "
        "such as `postgresql+asyncpg://user:password@host/name`, which needs the extra `postgres`.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="The key that encrypts the texts of cases: a Fernet key, as `bylaw keys new` prints it. While you "
        "change it, set the new and the old one, separated by a comma. Without this setting, `bylaw run` creates a key "
        "in the file `secret.key` of the data folder. Back up the key, separately from the database: without it the "
        "texts are lost.",
    )
    backup_every_hours: int | None = Field(
        None,
        ge=1,
        le=8_760,
        description="The running bot backs up the database whenever this many hours have passed, such as `24`. "
        "Empty: no backups. [Upkeep](upkeep.md#backups) says what they contain and how to restore one.",
    )
    backup_keep: int = Field(
        7, ge=1, le=1_000, description="How many of these backups are kept. Older ones are deleted after a new one."
    )
    backup_dir: Path | None = Field(
        None, description="The folder for these backups, best on another disk. Empty: `backups` in the data folder."
    )
    judge: Annotated[JudgeChoice, BeforeValidator(_lower)] = Field(
        JudgeChoice.LLAMA,
        description="`llama` for a model on this machine, `remote` for a model on a server, `lite` for a judge without "
        f"a model that uses the examples and patterns of a policy and {FINDS_BY_POLICY}. The bot never switches to "
        "`lite` automatically.",
    )
    model_path: Path | None = Field(
        None,
        description="The model's GGUF file, gpt-oss-safeguard-20b or another gpt-oss. Needed if the judge is `llama`. "
        "If the judge is `remote`, it is optional, and only the vocabulary is read from it.",
    )
    remote_urls: str = Field(
        "",
        description="Addresses of the servers that run the model, separated by commas, such as `http://gpu1:8000`. "
        "Needed if the judge is `remote`.",
    )
    remote_model: str = Field("", description="The model's name on those servers. Empty: the only one that they serve.")
    remote_key: SecretStr | None = Field(
        None,
        description="The API key that those servers need, if any. For `bylaw serve-judge`, its BYLAW_SERVE_KEY.",
    )
    remote_mode: Annotated[Mode, BeforeValidator(_lower)] = Field(
        Mode.AUTO,
        description="How Bylaw asks those servers: `tokens` sends token ids, so messages cannot imitate the model's "
        "control tokens; `chat` sends chat messages; `bylaw` is for `bylaw serve-judge`; `auto` finds out.",
    )
    remote_family: Annotated[Family, BeforeValidator(_lower)] = Field(
        Family.AUTO,
        description="Which prompt the model needs: `gpt-oss`, or `generic` for another model that follows a policy. "
        "`auto` decides by the model's name.",
    )
    remote_timeout_seconds: float = Field(
        120.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="How many seconds a server may take for one step of an answer; thinking is one step.",
    )
    remote_connect_seconds: float = Field(
        5.0, gt=0, le=600, allow_inf_nan=False, description="How many seconds a connection to a server may take."
    )
    effort: Annotated[Effort, BeforeValidator(_lower)] = Field(
        Effort.LOW, description="How long the model may think: `low`, `medium` or `high`. More is slower."
    )
    context_tokens: int = Field(
        8192,
        ge=512,
        le=131_072,
        description="How many tokens one message may use, including its policy, the reasoning and the answer.",
    )
    sequences: int | None = Field(
        None,
        ge=1,
        le=256,
        description="How many messages the model works on at once; with `remote`, on each server. Empty: as many as "
        "fit into memory and make it faster, or as the server says.",
    )
    cache_tokens: int | None = Field(
        None,
        ge=512,
        description="How many tokens all messages in progress may use together, each with its policy and answer. "
        "Empty: as many as fit into memory.",
    )
    batch_tokens: int | None = Field(
        None,
        ge=32,
        le=16_384,
        description="At most this many tokens go through the model in one step. Empty: what suits the device.",
    )
    gpu_layers: int | None = Field(
        None,
        ge=-1,
        description="How many layers of the model go to the GPU: -1 for all, 0 for none. Empty: all if there is a "
        "GPU or Metal, otherwise none.",
    )
    gpu_split: Annotated[tuple[float, ...] | None, NoDecode, BeforeValidator(read_shares)] = Field(
        None,
        description="With several GPUs: how the model is divided among them, one number for each, such as `3,1`; "
        "0 leaves one out. Empty: by their free memory.",
    )
    threads: int | None = Field(
        None, ge=1, le=512, description="Threads for the model on the CPU. Empty: as many as there are physical cores."
    )
    deadline_seconds: float = Field(
        300.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="How many seconds a message waits for an answer before it gets another turn later.",
    )
    think_from: float | None = Field(
        None,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="The model reasons about a new message only if its first guess reaches this score, such as `0.2`. "
        "Below it, the first guess counts, which is faster and less careful. Empty: it reasons about every "
        "message.",
    )
    queue_size: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="How many messages may wait for the judge before more are put off. Moderators' questions, new "
        "messages, second turns and backtests are counted separately.",
    )
    server_queue_size: int = Field(
        1_000, ge=1, le=1_000_000, description="The same for one server, so that a raid leaves room for other servers."
    )
    hang_seconds: float = Field(
        60.0,
        ge=10,
        le=86_400,
        allow_inf_nan=False,
        description="The model's process is restarted if it has work and gives no sign of life for this many seconds.",
    )
    retention_days: int = Field(
        30,
        ge=1,
        le=365,
        description="How many days the text of a case is kept if a server sets no other time. The case itself stays.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info", description="How much is logged: `debug`, `info`, `warning` or `error`. Message texts are never logged."
    )
    log_json: bool = Field(False, description="Log one JSON object per line, for log collectors.")
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="The port for Prometheus metrics (`/metrics`) and for `/healthz` and `/readyz`, such as `9464`. "
        "Empty: nothing is served. [Monitoring](monitoring.md) says what they mean.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="The address of the metrics. With the default, only this machine can reach them. They need no "
        "password, so open them to others only behind a firewall.",
    )
    shard_count: int | None = Field(
        None, ge=1, le=MOST_SHARDS, description="How many shards there are. Empty: as many as Discord recommends."
    )
    shard_ids: Annotated[tuple[int, ...] | None, NoDecode, BeforeValidator(read_shard_ids)] = Field(
        None,
        description="The shards (connections to Discord) of this process, such as `0-3,8`, if several processes share "
        "one PostgreSQL database. Empty: all of them. [Scale](scale.md) says when that is worth it.",
    )
    sync_guild_id: int | None = Field(
        None,
        ge=1,
        lt=2**63,
        description="A server that gets the slash commands directly, so that they appear at once. For development.",
    )

    @field_validator("data_dir", "model_path", "backup_dir", mode="after")
    @classmethod
    def _home(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else path

    @field_validator("remote_key", mode="after")
    @classmethod
    def _key(cls, key: SecretStr | None) -> SecretStr | None:
        value = key.get_secret_value().strip() if key else ""
        if not value.isascii() or not value.isprintable():
            raise ValueError("give the key alone, in plain letters, digits and signs")
        return SecretStr(value) if value else None

    @field_validator("token", mode="after")
    @classmethod
    def _one_word(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        value = token.get_secret_value().strip()
        if not value:
            return None
        if len(value.split()) > 1 or not value.isascii():
            raise ValueError("give the token alone, without spaces and without the word Bot")
        return SecretStr(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The precedence of sources. Only our own names are read from ``.env``, because it may have others."""
        del file_secret_settings
        env_file = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        return init_settings, env_settings, _OwnNames(settings_cls, env_file=env_file)

    @property
    def database(self) -> str:
        """The database's address, with the default filled in."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / DATABASE_FILE}"

    @property
    def backups(self) -> Path:
        """The folder for scheduled copies of the database, with the default filled in."""
        return self.backup_dir or self.data_dir / "backups"

    @property
    def shards(self) -> ShardRange | None:
        """The shards of this process; None if it has all."""
        return None if not self.shard_ids else ShardRange(self.shard_ids, self.shard_count or 1)

    def secrets(self) -> tuple[str, ...]:
        """The secrets that must never be logged, for `bot.log.configure_logging`."""
        keys = self.secret_key.get_secret_value().replace(",", " ").split() if self.secret_key else []
        token = [self.token.get_secret_value()] if self.token else []
        password = re.search(r"://[^:/@]*:(.+)@", self.database_url)
        passwords = {password[1], unquote(password[1])} if password else ()
        remote = [self.remote_key.get_secret_value()] if self.remote_key else []
        return (*token, *keys, *remote, *self.serve_secrets(), *passwords)


class _OwnNames(DotEnvSettingsSource):
    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__call__().items() if name in self.settings_cls.model_fields}


def load_settings(**given: Any) -> Settings:
    """Load the settings from the environment and ``.env``; values given here take precedence.

    Raises:
        SettingsError: with one line for each invalid setting.
    """
    if "_env_file" not in given and Path(ENV_FILE).is_dir():
        raise SettingsError("The file .env cannot be read: it is a folder. Remove it, or write a text file instead.")
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(sorted({_line(problem) for problem in error.errors()}))) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("The file .env cannot be read: it must be text in UTF-8 that this user may read.") from None
    if settings.data_dir.is_file():
        raise SettingsError(f'BYLAW_DATA_DIR is "{settings.data_dir}", which is a file; it must be a folder.')
    if why := range_trouble(settings.shard_ids or (), settings.shard_count, database=settings.database):
        raise SettingsError(why)
    return settings


def unknown_names(environment: Iterable[str] = ()) -> tuple[str, ...]:
    """Names that look like settings but aren't, each with the setting it may have meant, if one is similar.

    Args:
        environment: the names to look at; those of the process and ``.env`` if empty.
    """
    return not_among(Settings.model_fields, environment or {*os.environ, *names_in_file(Path(ENV_FILE))})


def settings_table() -> str:
    """Every setting, its default and its meaning, as a Markdown table."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in sorted(Settings.model_fields.items(), key=lambda each: each[0] in ServeSettings.model_fields)
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    if field.default in (None, ""):
        return ""
    value = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"`{value}`"


def _line(problem: ErrorDetails) -> str:
    own = str(problem["loc"][0])
    name, field = PREFIX + own.upper(), Settings.model_fields.get(own)
    if field is None:
        return f"{name} is no setting{meant(own, Settings.model_fields)}"
    if own in SECRETS:
        return f"{name} cannot be used: {problem['msg'].removeprefix('Value error, ')}."
    return refused(name, problem["input"], allowed(field.annotation, _numbers(field)))


def _numbers(field: FieldInfo) -> Range:
    """The bounds of a number."""
    found = ((name, getattr(each, name, None)) for each in field.metadata for name in _BOUNDS)
    bounds = {name: value for name, value in found if value is not None}
    low, above = (bounds["gt"], True) if "gt" in bounds else (bounds.get("ge"), False)
    return Range(low=low, above=above, high=bounds.get("le", bounds.get("lt")))


if __name__ == "__main__":
    sys.stdout.write(settings_table() + "\n")
