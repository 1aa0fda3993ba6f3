"""Extracts a file's text from its name, type and bytes. Pure."""

from __future__ import annotations

import codecs
import re
from enum import Enum

from bot.moderation.cases.attached_file import AttachedFile

_SNIFFED = 4_096  # bytes checked to distinguish text from other data
_MOST_CONTROLS = 0.02  # share of a text's characters
_CONTROLS = frozenset(map(chr, [*range(9), *range(14, 27), *range(28, 32), *range(0x80, 0xA0), 0xFFFD]))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT_TYPES = _words(
    "application/json application/ld+json application/xml application/javascript application/x-javascript "
    "application/ecmascript application/typescript application/yaml application/x-yaml application/toml "
    "application/sql application/rtf application/x-sh application/x-httpd-php application/x-ndjson "
    "application/x-subrip application/x-tex application/x-python-code image/svg+xml message/rfc822"
)
_TEXT_ENDINGS = _words(
    "txt text log md markdown rst adoc json jsonl ndjson json5 csv tsv xml html htm xhtml svg css scss less js mjs cjs "
    "jsx ts tsx py pyi ipynb rb php pl lua r jl java kt kts scala groovy c h cc cpp cxx hpp hh cs go rs swift m mm d "
    "dart hs ml ex exs erl clj lisp el vim sh bash zsh fish bat cmd ps1 psm1 sql graphql proto yaml yml toml ini cfg "
    "conf config properties env diff patch srt vtt ass ssa lrc tex bib rtf eml ics vcf nfo asc me readme license "
    "makefile dockerfile cmake gradle asm s nim zig v sv vhd tf hcl gd shader glsl hlsl mcfunction lang po pot"
)
_OTHER_ENDINGS = _words(
    "png jpg jpeg gif webp avif bmp ico heic tif tiff psd mp4 mov mkv webm avi m4v mp3 ogg oga opus wav flac m4a aac "
    "zip rar 7z gz tgz bz2 xz zst tar jar apk exe msi dll so dylib bin iso dmg pdf doc docx xls xlsx ppt pptx odt ods "
    "odp epub mobi ttf otf woff woff2 blend fbx obj stl gguf safetensors pyc class wasm sqlite db"
)
_OTHER_TYPES = ("image/", "video/", "audio/", "font/", "model/", "application/zip", "application/pdf")

#: Byte-order marks, the longer ones first: UTF-32's begins like UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


#: Words in UTF-8. If a file with the mark of a wider encoding has any, programs that ignore marks, such as Discord's
#: own preview, show them: both readings are judged.
_PLAIN = re.compile(rb"[\x20-\x7e\t\n\r]{12}")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_WINDOWS = "cp1252"


class Expected(Enum):
    """What a file probably is, before its bytes are known."""

    TEXT = "text"
    PERHAPS = "perhaps"  #: its bytes will tell
    NO_TEXT = "no_text"


def expected(file: AttachedFile) -> Expected:
    """Is this a text? The file extension takes precedence over the type, which members' programs may invent or leave
    out."""
    kind = file.kind.split(";")[0].strip().lower()
    ending = file.name.rpartition(".")[2].strip().lower()
    if ending in _TEXT_ENDINGS or kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml")):
        return Expected.TEXT
    if kind.startswith(_OTHER_TYPES) or ending in _OTHER_ENDINGS:
        return Expected.NO_TEXT
    return Expected.PERHAPS


def text_of(data: bytes, file: AttachedFile) -> str | None:
    """Decode the bytes as text in any encoding. None if they aren't text.

    If the name or the type says that it is a text, everything readable is returned. Zero bytes, which no program shows,
    are left out.
    """
    surely = expected(file) is Expected.TEXT
    wide = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), _without_mark(data[:_SNIFFED]))
    if wide:
        text = data.decode(wide, "replace").removeprefix("\ufeff")
        plain = data.decode("utf-8", "replace").removeprefix("\ufeff")
        text = f"{text}\n{plain}" if _PLAIN.search(data) and plain != text else text
    else:
        text = _narrow(data, file.kind)
    text = text.replace("\0", "")
    return text if surely or _reads_like_text(text) else None


def _narrow(data: bytes, kind: str) -> str:
    """Decode as UTF-8, or the charset in the type, or Windows-1252."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    charset = _CHARSET.search(kind)
    try:
        return data.decode(charset[1] if charset else _WINDOWS, "replace")
    except (LookupError, ValueError):
        return data.decode(_WINDOWS, "replace")


def _without_mark(head: bytes) -> str:
    """The encoding of a text in which every other byte, or three of four, are zero; empty for other texts."""
    zeros = [sum(byte == 0 for byte in head[place::4]) for place in range(4)]
    quarter = len(head) // 4
    if quarter < 1 or not any(zeros):
        return ""
    mostly = [count >= 0.6 * quarter for count in zeros]
    return {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }.get((mostly[0], mostly[1], mostly[2], mostly[3]), "")


def _reads_like_text(text: str) -> bool:
    head = text[:_SNIFFED]
    return sum(character in _CONTROLS for character in head) <= _MOST_CONTROLS * len(head)
