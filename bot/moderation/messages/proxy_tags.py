"""Could a webhook's message be a proxy's copy of a member's? Its words are the member's without the tags that tell the
proxy whose words these are, such as ``L: hello``, ``-hello-``, ``[hello]`` or ``hello -l``, and its files are theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Part, PartKind

LONGEST_TAGS = 16  #: characters before and after the words together
USUAL_TAGS = 8  #: around short words. Tags without any sign are as long at most, and half as long as the words
TAG_WORDS = 2  #: in a tag such as ``Luna says:``

_OF_SENTENCES = frozenset(",.;!?…")  #: these part clauses, and are no tags
_QUOTE = ">"
#: Proxies post these again. Embeds are theirs or Discord's, and what a file says is compared by the file.
_REPOSTED = frozenset({PartKind.POLL, PartKind.STICKER})


def could_be_copy(copy: MessageSeen, original: MessageSeen) -> bool:
    """Does the copy have the words and the files of the original, and nothing else?"""
    if original.message_id > copy.message_id or not _brings_only_what_was_there(copy, original):
        return False
    words, whole = copy.text.strip(), original.text.strip()
    if words:
        return words == whole or _is_tagged(whole, words)
    return bool(copy.files or _reposted(copy.parts)) and (not whole or _is_tag_before(whole))


def _brings_only_what_was_there(copy: MessageSeen, original: MessageSeen) -> bool:
    files, parts = Counter(_alike(copy.files)), Counter(_reposted(copy.parts))
    return files <= Counter(_alike(original.files)) and parts <= Counter(_reposted(original.parts))


def _alike(files: Iterable[AttachedFile]) -> list[tuple[str, int]]:
    """Discord changes spaces and signs in the name of a file that is posted again."""
    return [(re.sub(r"\W+", "_", file.name).casefold(), file.size) for file in files]


def _reposted(parts: Iterable[Part]) -> list[str]:
    return [part.text for part in parts if part.kind in _REPOSTED]


def _is_tagged(whole: str, words: str) -> bool:
    """Is all that is around the words, wherever they begin, a proxy's tags?"""
    starts = range(min(LONGEST_TAGS, len(whole) - len(words)) + 1)
    return any(
        whole.startswith(words, start) and _are_tags(whole[:start], whole[start + len(words) :], words)
        for start in starts
    )


def _are_tags(before: str, after: str, words: str) -> bool:
    if _in_one_word(before[-1:], words[0]) or _in_one_word(words[-1], after[:1]) or before.startswith(_QUOTE):
        return False
    before, after = before.strip(), after.strip()
    size = len(before) + len(after)
    if (not before or _is_tag_before(before)) and (not after or _is_tag_after(after)):
        return size <= max(USUAL_TAGS, min(LONGEST_TAGS, 2 * len(words)))
    is_short = len(before.split()) <= 1 and len(after.split()) <= 1
    return is_short and size <= min(USUAL_TAGS, len(words) // 2)


def _in_one_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _is_tag_before(text: str) -> bool:
    return _ends_a_tag(text[-1]) and len(text.split()) <= TAG_WORDS and len(text) <= LONGEST_TAGS


def _is_tag_after(text: str) -> bool:
    return _ends_a_tag(text[0]) and len(text.split()) <= TAG_WORDS and len(text) <= LONGEST_TAGS


def _ends_a_tag(sign: str) -> bool:
    """Is this the sign of a tag that is next to the words?"""
    return not sign.isalnum() and sign not in _OF_SENTENCES
