"""Logging: one line per event, as key=value or JSON, without secrets and safe from injection.

Texts are cleaned in the formatter, so that this also covers values of ``extra`` and lines of libraries. Line breaks,
control characters and direction marks are escaped: untrusted text can neither start a new line nor disguise one. Of an
error, the log gets its type and the places in the code. Its text may quote a message, so it is only logged if it is
written for operators (`classifier.errors.OperatorError`).
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from json import dumps
from typing import TextIO

from bot.log_context import add_ids
from classifier.errors import described

REDACTED = "[redacted]"
SHORTEST_SECRET = 8  #: shorter ones would redact ordinary words

_PATTERNS = (
    # A bot token: the bot's id in base64, a time stamp, a signature.
    (re.compile(r"[\w-]{22,30}\.[\w-]{5,8}\.[\w-]{27,}", re.ASCII), REDACTED),
    # Addresses of interactions and webhooks carry their own token.
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.%-]{16,}", re.ASCII), rf"\1{REDACTED}"),
    # The password of a database address.
    (re.compile(r"(://[^\s:/@]*:)[^\s/]+(?=@)"), rf"\1{REDACTED}"),
    # A Fernet key.
    (re.compile(r"(?<![\w-])[\w-]{43}=(?![\w=-])", re.ASCII), REDACTED),
)
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, including line breaks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, which reorder a line on the screen
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff]"  # lone surrogates, which streams can't encode
)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Below these levels libraries log what members wrote: gateway payloads, HTTP bodies, statements with their values.
_FLOORS = {
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.ERROR,  # it warns of each run that is due while the last one is running, which is harmless
    "asyncio": logging.INFO,
    "discord": logging.INFO,
    "discord.client": logging.INFO,
    "discord.gateway": logging.INFO,
    "discord.http": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


class Redactor:
    """Redacts secrets in texts: the given ones, and everything that looks like a token, a key or a password."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(secret) for secret in known)) if known else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if self._known:
            text = self._known.sub(REDACTED, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def escaped(text: str) -> str:
    """The text on one line, without anything that moves the cursor or reorders text."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def traceback_of(error: BaseException) -> str:
    """An error and its causes, the first cause first: the places in the code, and each error as in `described`."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(line for each in reversed(chain) for line in _told(each))


def _told(error: BaseException) -> list[str]:
    places = [
        f"  {frame.name} in {frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [*places, described(error), *(f"  {line}" for each in inner for line in traceback_of(each).split("\n"))]


class LineFormatter(logging.Formatter):
    """``2026-01-31T12:00:00.000Z INFO bot.module what happened key=value ...``."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        pairs = [f"{escaped(key)}={self._value(value)}" for key, value in _extras(record).items()]
        error = self._error(record)
        if error:
            pairs.append(f"error={self._value(error)}")
        message = escaped(self._redact(_message(record)))
        return " ".join([_time(record), record.levelname, record.name, message, *pairs])

    def _value(self, value: object) -> str:
        text = escaped(self._redact(str(value)))
        if text and not re.search(r'[\s"=]', text):
            return text
        return '"' + text.replace('"', r"\"") + '"'

    def _error(self, record: logging.LogRecord) -> str:
        parts = [traceback_of(record.exc_info[1])] if record.exc_info and record.exc_info[1] else []
        if record.stack_info:
            parts.append(self.formatStack(record.stack_info))
        return "\n".join(parts)


class JsonFormatter(LineFormatter):
    """One JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        fields: dict[str, object] = {key: self._plain(value) for key, value in _extras(record).items()}
        fields |= {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redact(_message(record)),
        }
        error = self._error(record)
        if error:
            fields["error"] = self._redact(error)
        return dumps(fields)

    def _plain(self, value: object) -> object:
        return value if value is None or isinstance(value, bool | int | float) else self._redact(str(value))


def configure_logging(
    level: str, json: bool = False, *, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logging to one stream, standard error by default. Safe to call again: the last call counts.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``. Libraries that would log what members wrote stay above
            the level at which they do.
        json: one JSON object per line instead of key=value.
        secrets: texts that must never appear, such as the bot's token.
        stream: where to write instead.
    """
    redact = Redactor(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(add_ids)
    handler.setFormatter(JsonFormatter(redact) if json else LineFormatter(redact))
    wanted = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    others = [other for other in root.handlers if not isinstance(other.formatter, LineFormatter)]
    root.handlers[:] = [*others, handler]
    root.setLevel(wanted)
    for name, floor in _FLOORS.items():
        logging.getLogger(name).setLevel(max(floor, wanted))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - a wrong log call must not print its arguments past the redactor
        return f"{record.msg} (log arguments do not fit: {type(error).__name__})"


def _extras(record: logging.LogRecord) -> dict[str, object]:
    # Attributes that begin with an underscore are a library's, such as Ray's timestamp.
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD and not key.startswith("_")}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
