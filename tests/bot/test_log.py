"""Logging: one line per event, nothing secret, nothing forged."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.log import REDACTED, Redactor, configure_logging, escaped
from bot.storage.database.errors import StorageError

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"
FERNET = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="

Configure = Callable[..., io.StringIO]


@pytest.fixture
def log_stream() -> Iterator[Configure]:
    """Configures logging to a string; afterwards logging is as it was."""
    loggers = [
        logging.getLogger(name)
        for name in (
            None,
            "discord",
            "discord.http",
            "discord.gateway",
            "aiosqlite",
            "alembic",
            "apscheduler",
            "asyncio",
            "sqlalchemy",
            "discord.client",
        )
    ]
    pytests = list(logging.getLogger().handlers)
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]

    def configure(level: str = "info", **options: object) -> io.StringIO:
        stream = io.StringIO()
        logging.getLogger().handlers = [handler for handler in logging.getLogger().handlers if handler not in pytests]
        configure_logging(level, stream=stream, **options)  # type: ignore[arg-type]
        return stream

    yield configure
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


def lines(stream: io.StringIO) -> list[str]:
    """What was logged, line by line."""
    return stream.getvalue().splitlines()


def test_a_line_says_when_where_and_what(log_stream: Configure) -> None:
    """Time in UTC, level, module, message, then key=value pairs."""
    stream = log_stream()
    logging.getLogger("bot.x").info("case opened guild=%d", 5, extra={"case": 7, "why": 'two words "quoted"'})
    time, rest = lines(stream)[0].split(" ", 1)
    assert time.endswith("Z")
    assert rest == r'INFO bot.x case opened guild=5 case=7 why="two words \"quoted\""'


def test_json_holds_the_same(log_stream: Configure) -> None:
    """One object per line; numbers stay numbers."""
    stream = log_stream(json=True)
    told = {"case": 7, "why": ValueError("no"), "told": None, "_of_a_library": 1}
    logging.getLogger("bot.x").warning("card lost", extra=told)
    entry = json.loads(lines(stream)[0])
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "warning",
        "logger": "bot.x",
        "message": "card lost",
        "case": 7,
        "why": "no",
        "told": None,
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_secrets_are_taken_out_wherever_they_stand(log_stream: Configure, as_json: bool) -> None:
    """In messages, arguments, pairs, the texts of errors for operators and their causes."""
    stream = log_stream(json=as_json, secrets=["correct horse battery", "short"])
    log = logging.getLogger("bot.x")
    log.info("with %s and short words", TOKEN, extra={"key": FERNET, "other": "correct horse battery"})
    error = StorageError("postgresql://bylaw:geheim@host/db, correct horse battery")
    error.__cause__ = StorageError(f"401 for {TOKEN}")
    try:
        raise error
    except StorageError:
        log.exception("https://discord.com/api/v10/webhooks/1/aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTA/messages")
    written = stream.getvalue()
    assert all(secret not in written for secret in (TOKEN, FERNET, "geheim", "horse battery", "aW50ZXJh"))
    assert written.count(REDACTED) >= 7
    assert "short words" in written
    assert "StorageError" in written
    assert len(lines(stream)) == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_the_text_of_an_error_is_left_out(log_stream: Configure, as_json: bool) -> None:
    """It may quote a member, whoever logs it: the kinds, the places and the order of cause and effect are enough."""
    stream = log_stream(json=as_json)
    error = ExceptionGroup("what a member said", [ValueError("what a member said")])
    error.__cause__ = KeyError("what a member said")
    try:
        raise error
    except ExceptionGroup:
        logging.getLogger("discord.client").exception("Ignoring exception in on_message")
    (line,) = lines(stream)
    assert "member" not in line
    assert line.index("KeyError") < line.index("ExceptionGroup") < line.index("ValueError")
    assert "test_the_text_of_an_error_is_left_out in " in line


def test_a_line_cannot_be_forged(log_stream: Configure) -> None:
    """Line ends, control characters and direction marks in a text come out escaped."""
    stream = log_stream()
    hostile = "a\nb\r\x1b[2J\u2028c\u202ed\x85\ud800"
    logging.getLogger("bot.x").info("name=%s", hostile, extra={"why": hostile})
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert r"name=a\nb\r\x1b[2J\u2028c\u202ed\x85\ud800" in written
    assert r"why=a\nb" in written


@given(st.text())
def test_an_escaped_text_is_one_printable_line(text: str) -> None:
    """Whatever the text, it stays on its line and can be written to a stream."""
    safe = escaped(text)
    assert len(safe.splitlines()) <= 1
    assert safe.encode("utf-8").decode("utf-8") == safe


@given(st.text(), st.text())
def test_a_secret_is_gone_whatever_stands_around_it(before: str, after: str) -> None:
    """Neither words nor odd characters around a secret protect it from being taken out."""
    secret = "s3cret·\nvalue"
    assert secret not in Redactor([secret])(f"{before}{secret}{after}")


@pytest.mark.parametrize(
    "plain",
    [
        "bot.moderation.judging.pipeline",
        "https://discord.com/channels/1/2/3",
        "a" * 60,
        "1.2.3",
        "gguf:" + "ab" * 32,
        "0a1b2c3d" * 8,
    ],
)
def test_ordinary_texts_stay_as_they_are(plain: str) -> None:
    """Module names, links and fingerprints are no secrets."""
    assert Redactor(["password1"])(plain) == plain


def test_a_wrong_log_call_shows_no_arguments(log_stream: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    """A format that does not fit its arguments is a line in the log, and the arguments do not reach the terminal."""
    stream = log_stream()
    logging.getLogger("bot.x").info("case %d", "what a member wrote")
    assert "case %d (log arguments do not fit: TypeError)" in stream.getvalue()
    assert "member" not in stream.getvalue() + capsys.readouterr().err


def test_libraries_never_log_what_members_wrote(log_stream: Configure) -> None:
    """Even at debug level, the levels at which libraries show payloads and values stay silent."""
    stream = log_stream("debug")
    for name in ("discord.gateway", "discord.client", "discord.http", "aiosqlite", "sqlalchemy.pool", "apscheduler.x"):
        logging.getLogger(name).debug("payload")
    logging.getLogger("discord.gateway").info("connected")
    logging.getLogger("bot.x").debug("details")
    assert [line.split(" ", 3)[3] for line in lines(stream)] == ["connected", "details"]


def test_a_higher_level_holds_for_libraries_too(log_stream: Configure) -> None:
    """Who asks for errors gets errors only."""
    stream = log_stream("error")
    logging.getLogger("discord").warning("rate limited")
    logging.getLogger("bot.x").warning("card not posted")
    assert lines(stream) == []


def test_the_last_call_counts(log_stream: Configure) -> None:
    """Configuring twice writes each line once, to the stream named last."""
    first, second = log_stream(), log_stream()
    logging.getLogger("bot.x").info("once")
    assert (len(lines(first)), len(lines(second))) == (0, 1)


def test_a_stack_can_be_logged(log_stream: Configure) -> None:
    """`stack_info` ends up in the same line."""
    stream = log_stream()
    logging.getLogger("bot.x").info("here", stack_info=True)
    assert len(lines(stream)) == 1
    assert "test_a_stack_can_be_logged" in stream.getvalue()


def test_standard_error_is_the_default(log_stream: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays free for data."""
    log_stream()
    configure_logging("info")
    logging.getLogger("bot.x").info("hello")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hello" in captured.err
