"""The secret key: made once, kept from others, changed without losing texts or fences."""

from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.keys import KEY_FILE, Cipher, KeyTrouble, keys_from, load_keys, new_key


def test_a_text_comes_back_as_it_was() -> None:
    """Whatever a member writes can be encrypted and read again."""
    cipher = Cipher((new_key().encode(),))

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def holds(text: str) -> None:
        assert cipher.decrypt(cipher.encrypt(text)) == text

    holds()


def test_the_encrypted_text_shows_nothing() -> None:
    """The stored bytes hold no part of the text, and the same text never looks the same."""
    cipher = Cipher((new_key().encode(),))
    first, second = cipher.encrypt("meet me at the harbour"), cipher.encrypt("meet me at the harbour")
    assert b"harbour" not in first
    assert first != second


@pytest.mark.parametrize("stored", [b"", b"\x00", b"gAAAAA", "ü".encode() * 40])
def test_a_damaged_text_is_none_and_no_error(stored: bytes) -> None:
    """Stored bytes that are no text of ours read as None."""
    assert Cipher((new_key().encode(),)).decrypt(stored) is None


def test_a_text_of_a_lost_key_is_none() -> None:
    """Without the key the text cannot be read; that is no reason to fail."""
    stored = Cipher((new_key().encode(),)).encrypt("hello")
    assert Cipher((new_key().encode(),)).decrypt(stored) is None


def test_a_new_key_in_front_reads_old_texts_and_keeps_the_fence() -> None:
    """Changing the key loses no text and changes no prompt."""
    old, new = new_key(), new_key()
    before, after = keys_from(old, source="test"), keys_from(f"{new}, {old}", source="test")
    assert after.cipher.decrypt(before.cipher.encrypt("hello")) == "hello"
    assert after.fence_key == before.fence_key
    assert before.cipher.decrypt(after.cipher.encrypt("hello")) is None


def test_the_fence_is_another_one_for_another_key() -> None:
    """Nobody can work out a server's fence from that of another installation."""
    fences = {keys_from(new_key(), source="test").fence_key for _ in range(3)}
    assert len(fences) == 3
    assert {len(fence) for fence in fences} == {32}


def test_the_key_is_not_the_fence() -> None:
    """The fence key is derived: what a prompt gives away says nothing about the key of the texts."""
    key = new_key()
    keys = keys_from(key, source="test")
    assert (repr(keys), repr(keys.cipher)) == ("Keys()", "Cipher()")
    assert keys.fence_key not in key.encode()


def test_the_first_run_makes_a_key_for_this_user_only(tmp_path: Path) -> None:
    """Folder and file are made with the rights that a secret needs, and the next run uses the same key."""
    data_dir = tmp_path / "new" / "data"
    first = load_keys(None, data_dir)
    assert stat.S_IMODE((data_dir / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert load_keys(None, data_dir).cipher.decrypt(first.cipher.encrypt("hello")) == "hello"
    assert [path.name for path in data_dir.iterdir()] == [KEY_FILE]


def test_two_processes_starting_at_once_agree_on_the_key(tmp_path: Path) -> None:
    """The key that is first there stays; everybody uses it."""
    with ThreadPoolExecutor(8) as pool:
        fences = set(pool.map(lambda _: load_keys(None, tmp_path).fence_key, range(8)))
    assert len(fences) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_in_the_settings_stands_alone(tmp_path: Path) -> None:
    """With a key in the settings no file is made."""
    key = new_key()
    keys = load_keys(key, tmp_path)
    assert keys.cipher.decrypt(Cipher((key.encode(),)).encrypt("hello")) == "hello"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that may have been read is no secret: the operator is told which command mends it."""
    load_keys(None, tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        load_keys(None, tmp_path)


@pytest.mark.parametrize("text", ["", " , ", "not a key", "AAAA", new_key()[:-2], f"{new_key()},short"], ids=range(6))
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    """One line says what a key looks like; it repeats nothing of what was given."""
    with pytest.raises(KeyTrouble) as trouble:
        keys_from(text, source="BYLAW_SECRET_KEY")
    said = str(trouble.value)
    assert said.startswith("BYLAW_SECRET_KEY")
    assert "\n" not in said
    assert all(part not in said for part in text.replace(",", " ").split() if len(part) > 3)
    assert trouble.value.__cause__ is None


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"hello\n"])
def test_a_file_that_is_no_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """A broken key file is never replaced by a new key: texts may depend on the right one."""
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyTrouble, match=KEY_FILE):
        load_keys(None, tmp_path)
    assert path.read_bytes() == content


def test_a_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    """Where no folder can be made the operator hears which one, and of the other way."""
    (tmp_path / "data").write_text("")
    with pytest.raises(KeyTrouble, match="set BYLAW_SECRET_KEY"):
        load_keys(None, tmp_path / "data")


def test_making_a_key_logs_no_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is logged on the first run, the key is not in it."""
    with caplog.at_level(logging.DEBUG):
        load_keys(None, tmp_path)
    assert (tmp_path / KEY_FILE).read_text().strip() not in caplog.text
