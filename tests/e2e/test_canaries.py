"""Words that must never come out: into no log, no standard error, and no file in plain text, errors included.

Each word is used in one place only, so that a failure names the path that leaks.
"""

from __future__ import annotations

import io
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.log import configure_logging
from bot.moderation.cases.action import ActionKind
from bot.settings import Settings
from bot.storage.database.backup import backup
from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.appeals import letters
from tests.e2e.conftest import World, answer

#: In plain text nowhere but where Discord shows them.
SECRET_WORDS = (
    "zorkmessage", "zorkcontext", "zorkrationale", "zorkreasoning", "zorknote", "zorkaction", "zorkappeal", "zorkwhy",
    "zorkreport", "zorkpin", "zorksearch", "zorkclear", "zorkreopen", "zorkcrash", "zorkdown", "zorkrefused",
)  # fmt: skip
#: The server's own words, which every member may read: not in logs either.
PUBLIC_WORDS = ("zorkpolicy", "zorkdraft", "zorkhint")


def _judged(request: JudgeRequest) -> Judgement:
    words = request.content.target.words
    if "zorkcrash" in words:
        raise RuntimeError(f"a judge that quotes: {words}")
    if "butler" in words:
        return violation("R1", rationale="It says zorkrationale.", reasoning="I thought of zorkreasoning.")
    return clear()


@pytest.fixture
def judge() -> Judge:
    """Breaks with the text in its error where it is told to."""
    return ScriptedJudge(_judged)


@pytest.fixture
def log(settings: Settings) -> Iterator[io.StringIO]:
    """The bot's own logging, as loud as it can be set."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    secret = settings.secret_key
    assert secret is not None
    configure_logging(level="debug", json=False, secrets=(), stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def everything_that_members_and_moderators_do(world: World) -> None:
    """One of each, with its own word."""
    here, general = world.guild.id, world.general
    await world.mira.slash(
        general, "setup", channel=world.mods, reviewers=world.reviewers, starters="none", appeal="Ask zorkhint first."
    )
    await world.write("Spoilers", world.policy.replace("Keep surprises safe.", "Keep zorkpolicy safe."))
    draft = world.policy.replace("Keep surprises safe.", "Keep zorkdraft safe.")
    await world.mira.slash(general, "policy edit", name="Spoilers", file=("x.md", draft.encode()))
    await world.mira.slash(general, "policy test", name="Spoilers", text="is zorkclear fine?")
    pin = await world.mira.slash(general, "policy pin", name="Spoilers", must="clear")
    await world.mira.submit_modal(pin, {"text": "zorkpin is fine"})
    await world.omar.send(general, "we talked of zorkcontext")
    message = await world.ana.send(general, "the butler did zorkmessage")
    report = await world.rita.context_menu(world.general, "Report to moderators", message)
    form = await world.rita.click(answer(report), label="Say why")
    await world.rita.submit_modal(form, {"0": "because zorkreport"})
    await world.omar.slash(general, "case note", number=1, text="remember zorknote")
    await world.omar.slash(general, "case search", notes="zorksearch")
    await world.bot.services.act.act(
        here, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="zorkaction", length=None
    )
    form = await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal")
    await world.ana.user.submit_modal(form, {"0": "zorkappeal", "1": "zorkwhy"})
    await world.omar.slash(general, "case reopen", number=1, reason="zorkreopen")


async def everything_that_breaks(world: World, settings: Settings) -> None:
    """The judge, Discord and the database fail while somebody's words are in hand."""
    await world.ana.send(world.general, "zorkcrash")
    world.env.inject_error("POST", "/channels/*/messages", status=500, message="zorkrefused", times=3)
    await world.ana.send(world.general, "the butler zorkrefused")
    with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3", isolation_level=None)) as database:
        database.execute("ALTER TABLE case_notes RENAME TO elsewhere")
        told = await world.omar.slash(world.general, "case note", number=1, text="zorkdown")
        database.execute("ALTER TABLE elsewhere RENAME TO case_notes")
    assert "Something went wrong" in world.said(told)
    assert len(world.env.errors) == 1


def data(folder: Path) -> bytes:
    """Every file of the data folder: the database, its log, copies."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def test_no_word_comes_out(
    world: World, settings: Settings, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever is done and whatever breaks."""
    await everything_that_members_and_moderators_do(world)
    await everything_that_breaks(world, settings)
    await backup(settings.database, settings.data_dir / "copies" / "copy.sqlite3")
    secret = settings.secret_key
    assert secret is not None
    said = log.getvalue() + "".join(capfd.readouterr())
    assert "case" in said, "the log was listened to"
    assert [word for word in (*SECRET_WORDS, *PUBLIC_WORDS) if word in said] == []
    assert secret.get_secret_value() not in said
    kept = data(settings.data_dir)
    assert b"zorkpolicy" in kept, "the files were looked at"
    assert [word for word in SECRET_WORDS if word.encode() in kept] == []
    assert secret.get_secret_value().encode() not in kept
