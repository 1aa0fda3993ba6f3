"""Reads files and settings for commands, with errors that say what to do."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.screen.errors import BadInput
from bot.console.screen.output import print_remark

if TYPE_CHECKING:
    from bot.keys import Keys
    from bot.settings import Settings
    from classifier import PolicyText
    from guild_policies.findings import Finding

MAX_FILE_BYTES = 1 << 20

#: For prompts built without an installation: no secret, but just as deterministic.
_NO_INSTALLATION = b"bylaw: a prompt outside an installation"


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn errors while reading a file into one line, the same for every command.

    Raises:
        BadInput: there is no such file, it isn't a regular file, it can't be read, or it isn't text.
    """
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe without a writer would block forever
            raise BadInput(f"{path} is not a regular file: save it as one and use that.")
        yield
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist: check the path.") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name a file in it.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): name a file that this user may read.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text: save it as UTF-8.") from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of at most `MAX_FILE_BYTES`.

    Raises:
        BadInput: there is no such file, or it cannot be read.
    """
    path = expanded(path)
    with file_errors(path), path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise BadInput(f"{path} is larger than {MAX_FILE_BYTES // 1024} KiB: name a text file.")
    return data


def named_once(option: Path | None, argument: Path | None, *, noun: str, name: str) -> Path | None:
    """The file named with an option, or as an argument, in commands that accept both.

    Args:
        noun: what the file is: ``policy``.
        name: the option: ``--policy``.

    Raises:
        BadInput: it is named twice.
    """
    if option is not None and argument is not None:
        raise BadInput(f"The {noun} is named twice, as {option} and as {argument}: name it once, with {name}.")
    return argument if option is None else option


def named_policy(option: Path | None, argument: Path | None) -> Path:
    """The policy file of a command that takes it as an option or as an argument.

    Raises:
        BadInput: it is named twice, or not at all.
    """
    path = named_once(option, argument, noun="policy", name="--policy")
    if path is None:
        raise BadInput("No policy is named: add --policy FILE.md.")
    return path


def expanded(path: Path) -> Path:
    """The path with ``~`` replaced by the home folder: shells leave it in ``--policy=~/rules.md``."""
    try:
        return path.expanduser()
    except RuntimeError:  # no such user, so treat it as a plain name
        return path


def read_policy_text(path: Path) -> str | Finding:
    """The text of a policy file, or the finding that says why it isn't text.

    Raises:
        BadInput: there is no such file, or it cannot be read.
    """
    from guild_policies.lint import decode_upload

    return decode_upload(read_bytes(path))


def read_policy(path: Path) -> PolicyText:
    """Read a policy file as a judge of messages does. Reports on standard error which rules it leaves out.

    Raises:
        BadInput: there is no such file, or it can't be used to judge messages.
    """
    from guild_policies.compile import NotJudgeable, compile_policy, left_out
    from guild_policies.text.parse import parse

    text = read_policy_text(path)
    blocking = what_blocks(text)
    if blocking or not isinstance(text, str):
        raise BadInput(f"{path} cannot be judged as it is. {blocking}")
    policy = parse(text).policy
    try:
        compiled = compile_policy(policy)
    except NotJudgeable as error:
        raise BadInput(f"{path}: {error} Here, messages are judged: write `Looks at: both` under a rule.") from None
    if missing := left_out(policy):
        print_remark(f"{path}: {missing} Here, messages are judged.")
    return compiled


def what_blocks(text: str | Finding) -> str:
    """Why a policy cannot be judged at all, in a sentence; empty if it can."""
    from guild_policies.lint import lint

    findings = lint(text) if isinstance(text, str) else (text,)
    first = next((finding for finding in findings if finding.blocking), None)
    return f"Line {first.line}: {first.message} {first.hint}" if first else ""


def load_settings(**given: object) -> Settings:
    """Load the settings from the environment and ``.env``.

    Raises:
        BadInput: with all problems of the settings.
    """
    from bot import settings

    try:
        return settings.load_settings(**given)
    except settings.SettingsError as error:
        raise BadInput(str(error)) from None


async def upgrade_database(address: str) -> None:
    """Upgrade the database for a command with another purpose, and say so.

    Raises:
        StorageError: see `bot.storage.database.migrate.upgrade`.
    """
    from bot.storage.database.migrate import upgrade

    report = await upgrade(address)
    if report.before not in (None, report.after):
        copy = f" A copy from before is in {report.copy}." if report.copy else ""
        print_remark(f"The database was upgraded from revision {report.before} to {report.after} first.{copy}")


def load_keys(settings: Settings) -> Keys:
    """Load the installation's keys. Creates the key file if there is none.

    Raises:
        BadInput: they cannot be used.
    """
    from bot import keys

    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    try:
        return keys.load_keys(secret, settings.data_dir)
    except keys.KeyTrouble as trouble:
        raise BadInput(str(trouble)) from None


def fence_key(settings: Settings) -> bytes:
    """The fence key of this installation, so that prompts equal the bot's; a fixed one if there is no installation.
    Never creates a key file.

    A known key does no harm here: the fence's code is also checked against the content (`classifier.prompt.harmony`).
    """
    from bot.keys import KEY_FILE

    if settings.secret_key is None and not (settings.data_dir / KEY_FILE).exists():
        return _NO_INSTALLATION
    return load_keys(settings).fence_key
