"""Files and settings that commands start from, with errors that say what to do about them."""

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

#: For prompts that are built where no installation is: without a secret, but no less deterministic.
_NO_INSTALLATION = b"bylaw: a prompt outside an installation"


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Whatever goes wrong while a file is read becomes one line, the same for every command.

    Raises:
        BadInput: there is no such file, it is no regular file, it cannot be read, or it was to be text and is not.
    """
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe that nobody writes to would be waited for forever
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
    """The file that is named with an option, or as an argument in commands that take both.

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
    except RuntimeError:  # no such user, so it is a name like any other
        return path


def read_policy_text(path: Path) -> str | Finding:
    """The text of a policy file, or the one finding that says why it is no text.

    Raises:
        BadInput: there is no such file, or it cannot be read.
    """
    from guild_policies.lint import decode_upload

    return decode_upload(read_bytes(path))


def read_policy(path: Path) -> PolicyText:
    """A policy file as a judge of messages reads it. Which rules it leaves out is told on standard error.

    Raises:
        BadInput: there is no such file, or no message can be judged by it.
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
    """The settings of the environment and ``.env``.

    Raises:
        BadInput: with all that is wrong about them.
    """
    from bot import settings

    try:
        return settings.load_settings(**given)
    except settings.SettingsError as error:
        raise BadInput(str(error)) from None


async def upgrade_database(address: str) -> None:
    """Bring the database to this version's schema for a command that is about something else, and say so.

    Raises:
        StorageError: see `bot.storage.database.migrate.upgrade`.
    """
    from bot.storage.database.migrate import upgrade

    report = await upgrade(address)
    if report.before not in (None, report.after):
        copy = f" A copy from before is in {report.copy}." if report.copy else ""
        print_remark(f"The database was upgraded from revision {report.before} to {report.after} first.{copy}")


def load_keys(settings: Settings) -> Keys:
    """The installation's keys; the key file is made if there is none.

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
    """The fence key of this installation, so that prompts equal the bot's; a fixed one where there is no
    installation. Never makes a key file.

    A known key does no harm here: the fence's code is also checked against the content (`classifier.prompt.harmony`).
    """
    from bot.keys import KEY_FILE

    if settings.secret_key is None and not (settings.data_dir / KEY_FILE).exists():
        return _NO_INSTALLATION
    return load_keys(settings).fence_key
