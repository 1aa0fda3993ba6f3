"""Examples are made up: they are shown to moderators for years and read with every message.

Only what has a recognisable form is looked for: mentions, ids, e-mail addresses, phone numbers, IP addresses. Names of
no real person are left alone: ``@everyone``, ``name@server.example`` and what else is reserved for documentation (RFC
2606, RFC 5737, RFC 3849; phone numbers with 555).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed

_NOBODY = {
    "everyone", "here", "someone", "somebody", "user", "users", "username", "member", "members", "name", "mod", "mods",
    "moderator", "moderators", "admin", "admins", "staff", "friend", "you", "me", "them", "him", "her",
}  # fmt: skip
_RESERVED = re.compile(r"(?:^|\.)(?:example|test|invalid|localhost)(?:\.(?:com|net|org))?$", re.IGNORECASE)
_SIGNS = re.compile(
    r"(?P<mention><(?:@[!&]?|\#)\d{15,20}>)"
    r"|(?P<email>[\w.+-]{1,64}@(?P<domain>[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}))"
    r"|(?P<handle>(?<![\w@./])@(?P<name>[A-Za-z_][\w.]{1,31}))"
    r"|(?P<ip>(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4})+(?![\w:]))"
    r"|(?P<id>(?<![\w/])\d{17,20}(?!\w))"
    r"|(?P<phone>(?<![\w.,:/$€£-])[+(]?\d[\d ().-]{5,20}\d(?![\w/]))",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}[-. ]\d{1,2}[-. ]\d{1,2}.*|\d{1,2}[-. ]\d{1,2}[-. ]\d{4}.*")
_WHAT = {
    "mention": "a mention of a member",
    "email": "an e-mail address",
    "handle": "somebody's name",
    "ip": "an IP address",
    "id": "a Discord id",
    "phone": "a phone number",
}


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find personal data in examples, once for each line."""
    for line in parsed.lines:
        if _is_example(line) and (match := _found(line)) is not None:
            yield Finding(
                code="examples_hold_no_personal_data",
                line=line.number,
                column=match.start() + 1,
                message=f"This example contains {_WHAT[str(match.lastgroup)]}.",
                hint="Make up something that belongs to nobody, such as @somebody, name@mail.example or 555 0100.",
            )


def _is_example(line: Line) -> bool:
    return line.role in (Role.EXAMPLE, Role.UNLABELLED) or (line.role is Role.MORE and line.rule is not None)


def _found(line: Line) -> re.Match[str] | None:
    return next((match for match in _SIGNS.finditer(line.raw, line.column - 1) if not _stands_for_nobody(match)), None)


def _stands_for_nobody(match: re.Match[str]) -> bool:
    if match["email"]:
        return _RESERVED.search(match["domain"]) is not None
    if match["handle"]:
        return match["name"].rstrip(".").casefold() in _NOBODY
    if match["ip"]:
        return not _is_public(match["ip"])
    return match["phone"] is not None and not _is_phone_number(match["phone"])


def _is_phone_number(text: str) -> bool:
    """Whether it begins like a phone number or comes in several groups; dates, amounts and made-up numbers do not
    count."""
    groups = re.findall(r"\d+", text)
    digits = "".join(groups)
    if not 7 <= len(digits) <= 15 or "555" in digits or _DATE.fullmatch(text):
        return False
    if text[0] in "+(0":
        return True
    amount = all(len(group) == 3 for group in groups[1:])
    return len(groups) > 2 and len(digits) >= 9 and not amount


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False
