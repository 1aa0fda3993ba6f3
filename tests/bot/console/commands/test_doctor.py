"""`bylaw doctor`: each thing in one line, with what to do about it; and nothing is changed by looking."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot.cogs.bot_permissions import NEEDS, Invitation
from bot.cogs.cards.board import NEEDED as FOR_CARDS
from bot.cogs.cards.board import NEEDED_IN_FORUMS as FOR_FORUMS
from bot.cogs.review.preconditions import NEEDED as FOR_ACTIONS
from bot.console.checkup.bot_checks import check_database, check_discord, check_key
from bot.console.checkup.private_files import check_container, check_private_files
from bot.console.checkup.report import Status
from bot.keys import Cipher, new_key
from bot.settings import Settings
from bot.storage.database.engine import create_engine
from tests.bot.storage.rows import opened_case

Bylaw = Callable[..., Any]


def by_name(outcome: Any) -> dict[str, dict[str, str]]:
    """The lines of `bylaw doctor --json`."""
    return {line["name"]: line for line in outcome.rows[0]["checks"]}


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings; what is given replaces what a healthy installation has."""

    def make(**given: Any) -> Settings:
        return Settings(**{"data_dir": tmp_path, **given})

    return make


def test_an_empty_machine_is_told_what_to_do(bylaw: Bylaw) -> None:
    """Token and model are missing, each line says how to get them, and no file is made."""
    outcome = bylaw("doctor", "--json")
    lines = by_name(outcome)
    assert (outcome.code, outcome.err) == (1, "")
    assert lines["token"]["status"] == lines["model"]["status"] == "fail"
    assert "https://discord.com/developers/applications" in lines["token"]["text"]
    assert "gpt-oss-safeguard-20b-MXFP4.gguf" in lines["model"]["text"]
    assert lines["database"]["status"] == lines["secret key"]["status"] == "ok"
    assert list(Path().iterdir()) == []


def test_people_get_one_line_for_each_thing(bylaw: Bylaw) -> None:
    """Each line begins with ok, warn or fail."""
    lines = bylaw("doctor").out.splitlines()
    assert all(line.split()[0] in {"ok", "warn", "fail"} for line in lines)
    assert [line[5:16].strip() for line in lines] == [
        *("versions", "token", "database", "backups", "disk"),
        *("secret key", "model", "llama.cpp", "gpu"),
    ]


class FakeHttp:
    """Discord's answer to a question about servers."""

    def __init__(self, *allowed: discord.Permissions) -> None:
        self._allowed = allowed

    async def get_guilds(self, limit: int) -> list[dict[str, str]]:
        """Servers with ids from 1 on."""
        assert limit == 200
        return [{"id": str(each), "permissions": str(bits.value)} for each, bits in enumerate(self._allowed, 1)]


class FakeClient:
    """Discord's answer to a login."""

    application_id = 5
    user = "Bylaw#0001"

    def __init__(self, *, reads: bool = True, error: Exception | None = None) -> None:
        self.application_flags = discord.ApplicationFlags(gateway_message_content_limited=reads)
        self._error = error
        self.http = FakeHttp()
        self.closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.closed = True

    async def login(self, token: str) -> None:
        """Accept the token or raise."""
        assert token == "a.b.c"
        if self._error:
            raise self._error


def discord_says(settings: Settings, client: Any) -> dict[str, Any]:
    """The lines about Discord, by name."""
    lines = asyncio.run(check_discord(settings, client=client))
    assert client.closed
    return {line.name: line for line in lines}


def test_a_good_token_is_accepted(settings_with: Callable[..., Settings]) -> None:
    """With the bot's name."""
    lines = discord_says(settings_with(token="a.b.c"), FakeClient())
    assert [line.status for line in lines.values()] == [Status.OK] * 6
    assert "Bylaw#0001" in lines["token"].text


def invited_with(line: Any) -> discord.Permissions:
    """The permissions that the link in a line asks for."""
    query = parse_qs(urlsplit(line.text.split()[0]).query)
    assert query["client_id"] == ["5"]
    assert set(query["scope"][0].split()) == {"bot", "applications.commands"}
    return discord.Permissions(int(query["permissions"][0]))


def test_one_link_invites_to_report_and_one_to_act(settings_with: Callable[..., Settings]) -> None:
    """The first asks for what cards need, the second for what each button needs, too; neither for more."""
    lines = discord_says(settings_with(token="a.b.c"), FakeClient())
    reports, acts = invited_with(lines["invitation"]), invited_with(lines["with actions"])
    assert reports == discord.Permissions(**dict.fromkeys([*FOR_CARDS, *FOR_FORUMS], True))
    to_act = dict.fromkeys((permission for permission, _ in FOR_ACTIONS.values()), True)
    assert acts == reports | discord.Permissions(**to_act, view_audit_log=True)
    assert not acts.administrator
    assert not acts.manage_guild


def test_doctor_lists_what_each_button_needs(settings_with: Callable[..., Settings]) -> None:
    """Permission by permission, for everything that Bylaw can do."""
    lines = asyncio.run(check_discord(settings_with(token="a.b.c"), client=cast("discord.Client", FakeClient())))
    listed = [line.text for line in lines if line.name == "permissions"]
    assert "Delete: Manage Messages" in listed
    assert "Time out: Time out members" in listed
    assert len(listed) == len(NEEDS)
    acting = [need.permissions for need in NEEDS if need.asked_by == (Invitation.WITH_ACTIONS,)]
    assert all(dict([needed]) in acting for needed in FOR_ACTIONS.values())


def test_servers_where_cards_are_not_allowed_are_named(settings_with: Callable[..., Settings]) -> None:
    """With what is missing; an administrator may do everything."""
    client = FakeClient()
    all_of_it = discord.Permissions(**dict.fromkeys(FOR_CARDS, True))
    client.http = FakeHttp(all_of_it, discord.Permissions(administrator=True))
    line = discord_says(settings_with(token="a.b.c"), client)["servers"]
    assert (line.status, line.text.startswith("the bot is in 2")) == (Status.OK, True)
    less = discord.Permissions(all_of_it.value)
    less.send_messages = False
    client = FakeClient()
    client.http = FakeHttp(all_of_it, *[less] * 7)
    line = discord_says(settings_with(token="a.b.c"), client)["servers"]
    assert line.status is Status.WARN
    assert line.said == "in 7 of 8 the bot's roles lack Send Messages (2, 3, 4, 5, 6 and 2 more)"
    assert "Server Settings" in line.fix


def test_a_missing_intent_is_told(settings_with: Callable[..., Settings]) -> None:
    """With the name of the switch."""
    lines = discord_says(settings_with(token="a.b.c"), FakeClient(reads=False))
    assert lines["intents"].status is Status.FAIL
    assert "Message Content" in lines["intents"].text


@pytest.mark.parametrize(
    ("error", "status"),
    [(discord.LoginFailure("no"), Status.FAIL), (ConnectionRefusedError(), Status.WARN), (TimeoutError(), Status.WARN)],
)
def test_a_token_that_was_not_accepted_is_told(
    settings_with: Callable[..., Settings], error: Exception, status: Status
) -> None:
    """A refusal is a failure; no network is a remark, for then nobody knows."""
    lines = discord_says(settings_with(token="a.b.c"), FakeClient(error=error))
    assert [line.status for line in lines.values()] == [status]


def test_an_error_of_ours_is_not_dressed_up(settings_with: Callable[..., Settings]) -> None:
    """It goes to the door."""
    with pytest.raises(ZeroDivisionError):
        discord_says(settings_with(token="a.b.c"), FakeClient(error=ZeroDivisionError()))


def test_a_misspelt_setting_is_noticed(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is close to a setting is told together with it."""
    monkeypatch.setenv("BYLAW_TOKN", "x")
    assert "BYLAW_TOKEN" in by_name(bylaw("doctor", "--json"))["settings"]["text"]


@pytest.mark.parametrize("address", ["sqlite:///other", "sqlite:///empty", "nonsense://"])
def test_a_database_that_cannot_be_used_is_told(settings_with: Callable[..., Settings], address: str) -> None:
    """Somebody else's file, an empty file and a bad address."""
    Path("other").write_text("no database, but long enough to be looked at " * 30)
    Path("empty").touch()
    line = asyncio.run(check_database(settings_with(database_url=address)))
    assert line.status is Status.FAIL
    assert line.text.endswith(".")


def test_an_upgraded_database_is_fine(bylaw: Bylaw) -> None:
    """After `bylaw db upgrade` it can be read."""
    bylaw("db", "upgrade")
    line = by_name(bylaw("doctor", "--json"))["database"]
    assert line["status"] == "ok"
    assert "servers set up: 0" in line["text"]


def test_a_key_is_looked_at(settings_with: Callable[..., Settings], tmp_path: Path) -> None:
    """In the settings, in the file, and a file that others can read."""
    assert check_key(settings_with(secret_key=new_key())).status is Status.OK
    assert check_key(settings_with(secret_key="nonsense")).status is Status.FAIL
    key = tmp_path / "secret.key"
    key.write_text(new_key())
    key.chmod(0o600)
    assert check_key(settings_with()).status is Status.OK
    key.chmod(0o644)
    assert "chmod 600" in check_key(settings_with()).text


@pytest.mark.parametrize(
    ("name", "path", "mode"),
    [(".env", ".env", "600"), ("data folder", "data", "700"), ("database", "other.sqlite3", "600")],
)
def test_what_others_can_read_is_told_with_the_command_that_fixes_it(
    bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch, name: str, path: str, mode: str
) -> None:
    """Token, data folder, and a database outside it; the command does fix it."""
    monkeypatch.setenv("BYLAW_DATABASE_URL", "sqlite+aiosqlite:///other.sqlite3")
    Path("data").mkdir(mode=0o700)
    for file in (".env", "other.sqlite3"):
        Path(file).touch(mode=0o600)
    assert "open to other users" not in bylaw("doctor").out
    Path(path).chmod(int(mode, 8) | 0o040)
    lines = [line for line in bylaw("doctor", "--json").rows[0]["checks"] if "open to other users" in line["text"]]
    assert [(line["name"], line["status"]) for line in lines] == [(name, "warn")]
    assert lines[0]["text"].endswith(f"run `chmod {mode} {path}`")
    Path(path).chmod(int(mode, 8))
    assert "open to other users" not in bylaw("doctor").out


def test_a_key_file_that_is_no_longer_read_is_looked_at_all_the_same(
    settings_with: Callable[..., Settings], tmp_path: Path
) -> None:
    """Texts were encrypted with it before BYLAW_SECRET_KEY was set."""
    tmp_path.chmod(0o700)
    (tmp_path / "secret.key").touch(mode=0o644)
    (line,) = check_private_files(settings_with(secret_key=new_key()))
    assert (line.name, line.status) == ("secret key", Status.WARN)
    assert f"chmod 600 {tmp_path}/secret.key" in line.text


def test_a_data_folder_on_no_volume_is_told(
    settings_with: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go with the container; on a volume, or outside a container, it is fine."""
    settings = settings_with(data_dir=tmp_path / "srv" / "data")
    assert check_container(settings, is_mount=lambda _: False) == []
    monkeypatch.setenv("IN_BYLAW_IMAGE", "1")
    assert check_container(settings, is_mount=lambda place: place == tmp_path / "srv") == []
    (line,) = check_container(settings, is_mount=lambda place: place == Path("/"))
    assert (line.name, line.status) == ("data folder", Status.WARN)
    assert "leave BYLAW_DATA_DIR out of .env" in line.text


def test_a_path_of_the_host_is_told_inside_a_container(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the path to set instead, by `doctor` and by every command that opens the model."""
    monkeypatch.setenv("BYLAW_MODEL_PATH", "/srv/models/my-model.gguf")
    assert "in this container" not in by_name(bylaw("doctor", "--json"))["model"]["text"]
    monkeypatch.setenv("IN_BYLAW_IMAGE", "1")
    line = by_name(bylaw("doctor", "--json"))["model"]
    assert line["status"] == "fail"
    monkeypatch.setenv("BYLAW_TOKEN", "a.b.c")
    for text in (line["text"], bylaw("run").complaint, bylaw("model", "check").complaint):
        assert "/srv/models/my-model.gguf in this container" in text
        assert "BYLAW_MODEL_PATH=/models/my-model.gguf" in text
    page = (Path(__file__).parents[4] / "docs/install/docker.md").read_text(encoding="utf-8")
    assert f"fail model       {line['text']}\n" in page


def test_a_developers_container_is_no_image_of_ours(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no /models there and no volume: advice about Docker would lead astray."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("BYLAW_MODEL_PATH", "/srv/models/my-model.gguf")
    outcome = bylaw("doctor")
    assert "container" not in outcome.out
    assert "volume" not in outcome.out
    assert "/srv/models/my-model.gguf" in outcome.out


def test_a_key_that_does_not_belong_to_the_database_is_told(bylaw: Bylaw) -> None:
    """Missing, or another one; and the copies that upgrades left are listed, for they hold what was erased since."""
    assert bylaw("db", "upgrade").code == 0
    asyncio.run(one_case(new_key()))
    Path("data/bylaw.sqlite3.before-0009").touch()
    lines = by_name(bylaw("doctor", "--json"))
    assert lines["secret key"]["status"] == "fail"
    assert "is missing" in lines["secret key"]["text"]
    assert "bylaw.sqlite3.before-0009" in lines["copies"]["text"]
    assert "30 days" in lines["copies"]["text"]
    assert not Path("data/secret.key").exists()


async def one_case(key: str) -> None:
    """Keep a case under this key."""
    engine = create_engine("sqlite:///data/bylaw.sqlite3")
    await opened_case(engine, Cipher((key.encode(),)))
    await engine.dispose()


def test_the_heartbeat_tells_the_living_from_the_dead(bylaw: Bylaw) -> None:
    """No file, a fresh one, and an old one."""
    assert "bylaw run" in bylaw("doctor", "--heartbeat").complaint
    dead = bylaw("doctor", "--heartbeat", "--json")
    assert (dead.code, dead.rows) == (1, [{"alive": False, "age_seconds": None}])
    Path("data").mkdir()
    beat = Path("data/heartbeat")
    beat.touch()
    assert bylaw("doctor", "--heartbeat", "--json").rows[0]["alive"] is True
    outcome = bylaw("doctor", "--heartbeat")
    assert (outcome.code, outcome.err) == (0, "")
    before = beat.stat().st_mtime - 600
    os.utime(beat, (before, before))
    outcome = bylaw("doctor", "--heartbeat")
    assert outcome.code == 1
    assert "restart" in outcome.complaint
