"""What the model wrote, read strictly: token ids in, an `Answer` or `Undecided` with the reason out.

`read_reply` is total: it takes any sequence of ids and never raises. It is lenient about harmony's framing
(`classifier.prompt.framing`) and strict about the answer itself, because a verdict is acted upon:

* The final message is one JSON object, alone or in a code fence, with no text around it and no key twice.
* ``violation`` is the number 0 or 1; ``true``, ``"1"`` and ``1.0`` are refused. Unknown keys are ignored.
* With 1, ``rules`` names at least one rule of the policy and no other; upper and lower case are the same.
* With 1, ``messages`` names at least one message of the content by its number; where there is one it may be absent.
* With 0, no rule is named.
* Several final messages must agree.

What is not in this form is `Undecided`; nothing is guessed from the reasoning or from words around the answer.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classifier.policy_text import PolicyText
from classifier.prompt.framing import ReplyMessage, messages_of
from classifier.prompt.vocabulary import Vocabulary
from classifier.verdict import Outcome, Provenance, Undecided, UndecidedReason, Verdict

LONGEST_RATIONALE = 600  #: characters
LONGEST_REASONING = 16_000  #: characters; the middle of a longer one is left out
_LONG = 200  # characters of a rationale that can have been stopped by the engine, which counts tokens as well
_SHORTEST_CUT = 100  # characters that have to be left when the end is cut off
_LONGEST_FINAL = 16_000  # characters; the agreed form needs a few hundred


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model decided. With a score and its provenance it becomes a `Verdict`."""

    outcome: Outcome
    rule_ids: tuple[str, ...]  #: in the policy's order
    messages: tuple[int, ...]  #: numbers of the messages that break a rule, rising; empty when clear
    rationale: str  #: one line; empty when clear
    reasoning: str

    def verdict(self, score: float, provenance: Provenance) -> Verdict:
        """The verdict that this answer makes.

        Raises:
            ValueError: `score` is not between 0 and 1.
        """
        return Verdict(
            outcome=self.outcome,
            rule_ids=self.rule_ids,
            messages=self.messages,
            score=score,
            rationale=self.rationale,
            reasoning=self.reasoning,
            provenance=provenance,
        )


def read_reply(
    ids: Sequence[int], *, vocabulary: Vocabulary, policy: PolicyText, messages: int = 1
) -> Answer | Undecided:
    """Read everything that was generated after ``<|start|>assistant``, up to and with the stop token if there is one.

    `messages` says how many messages the content has, which are numbered from 1 on.

    An engine that stops at the digit of a clear answer passes on the whole form, ``{"violation":0}``.
    """
    written = list(messages_of(ids, vocabulary))
    finals = [message for message in written if _is_final(message)]
    if not finals:
        return Undecided(reason=UndecidedReason.NO_ANSWER, detail="the reply has no final message")
    reasoning = "\n\n".join(message.text.strip() for message in written if message.channel == "analysis")
    answers = []
    for message in finals:
        answer = _read_final(message, policy, messages, clean_reasoning(reasoning))
        if isinstance(answer, Undecided):
            return answer
        answers.append(answer)
    if len({(answer.outcome, answer.rule_ids, answer.messages) for answer in answers}) > 1:
        return _unreadable("the reply has several final messages that disagree")
    return answers[0]


def clean_reasoning(text: str) -> str:
    """The reasoning without control characters; of a very long one the beginning and the end."""
    text = "".join(character for character in text if character in "\n\t" or not _is_control(character)).strip()
    if len(text) <= LONGEST_REASONING:
        return text
    half = LONGEST_REASONING // 2 - 4
    return f"{text[:half]}\n[…]\n{text[-half:]}"


def clean_rationale(text: str) -> str:
    """The rationale on one line, without control characters, at most `LONGEST_RATIONALE` long.

    One that ran into its limit ends with its last whole sentence, or at a word where its only sentence is that long.
    """
    stopped = len(text) >= LONGEST_RATIONALE or (len(text) >= _LONG and text.endswith("…"))
    text = " ".join("".join(" " if _is_control(character) else character for character in text).split())
    return _whole_sentences(text[:LONGEST_RATIONALE]) if stopped else text


#: The end of a sentence, with what closes behind it. Scripts that put no space behind it have marks of their own.
_SENTENCE_END = re.compile(r"""(?:[.!?؟।]["'”’»)\]]*(?=\s|\Z))|[。！？]["'”’»」』）]*""")


def _whole_sentences(text: str) -> str:
    """What is there without the sentence that has no end."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text.removesuffix("…"))]
    if ends and ends[-1] >= _SHORTEST_CUT:
        return text[: ends[-1]]
    words = text[: LONGEST_RATIONALE - 1].removesuffix("…").rstrip()
    cut = words.rfind(" ")
    return f"{words[:cut] if cut >= _SHORTEST_CUT else words}…"


_JOINERS = "\u200c\u200d"  # invisible, but emoji and several scripts need them


def _is_control(character: str) -> bool:
    """Control, format (the marks that reverse reading direction among them), surrogate and separator characters."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _JOINERS


def _is_final(message: ReplyMessage) -> bool:
    # Without a channel only what looks like an answer is taken for one: other bare text is preamble or noise.
    return message.channel == "final" or (message.channel is None and _unfenced(message.text).startswith("{"))


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```"):
        text = text.removeprefix("```").removeprefix("json").removesuffix("```").strip()
    return text


class _Refused(ValueError):
    """JSON that Python accepts and we refuse."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Refused("a key appears twice")
    return value


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON")


# Not strict: a bare line break inside the rationale harms nobody.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, strict=False)


def _read_final(message: ReplyMessage, policy: PolicyText, messages: int, reasoning: str) -> Answer | Undecided:
    text = _unfenced(message.text)
    if len(text) > _LONGEST_FINAL:
        return _unreadable("the final message is far too long")
    if not message.closed and not text:
        return _truncated()
    try:
        form, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        if not message.closed and text.startswith("{"):
            return _truncated()
        return _unreadable("the final message is not JSON")
    except (ValueError, RecursionError):  # a key twice, NaN, a number of thousands of digits, thousands of brackets
        return _unreadable("the final message is not JSON of the expected form")
    if end != len(text):
        return _unreadable("there is text around the answer")
    if not isinstance(form, dict):
        return _unreadable("the final message is not a JSON object")
    return _read_form(form, policy, messages, reasoning)


def _read_form(form: dict[str, Any], policy: PolicyText, messages: int, reasoning: str) -> Answer | Undecided:
    violation, rules, rationale = form.get("violation"), form.get("rules") or [], form.get("rationale") or ""
    if type(violation) is not int or violation not in (0, 1):
        return _unreadable("the answer says neither 0 nor 1")
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        return _unreadable("the answer's rules are not a list of ids")
    if not isinstance(rationale, str):
        return _unreadable("the answer's rationale is not text")
    if bool(rules) != bool(violation):
        return _unreadable("a violation without a rule" if violation else "a rule without a violation")
    if not violation:
        return Answer(Outcome.CLEAR, (), (), clean_rationale(rationale), reasoning)
    rule_ids = _known(rules, policy)
    if rule_ids is None:
        return Undecided(
            reason=UndecidedReason.UNKNOWN_RULE, detail="the answer names a rule that the policy does not have"
        )
    numbers = _numbers(form.get("messages"), messages)
    if numbers is None:
        return _unreadable("the answer's messages are not numbers of messages")
    rationale = (
        clean_rationale(rationale) or f"The model says that this breaks {', '.join(rule_ids)}, but gives no reason."
    )
    return Answer(Outcome.VIOLATION, rule_ids, numbers, rationale, reasoning)


def _known(rules: list[str], policy: PolicyText) -> tuple[str, ...] | None:
    """The named rules in the policy's order, or None if one of them is not in the policy."""
    known = {rule_id.casefold(): rule_id for rule_id in policy.rule_ids} | {
        rule_id: rule_id for rule_id in policy.rule_ids
    }
    named = {known.get(rule) or known.get(rule.strip().casefold()) for rule in rules}
    return None if None in named else tuple(rule_id for rule_id in policy.rule_ids if rule_id in named)


def _numbers(named: Any, messages: int) -> tuple[int, ...] | None:
    """The numbers of messages, rising, or None if the prompt has no such message. A single message need not be
    named."""
    if named is None and messages == 1:
        return (1,)
    if not isinstance(named, list) or not named:
        return None
    if not all(type(number) is int and 1 <= number <= messages for number in named):
        return None
    return tuple(sorted(set(named)))


def _truncated() -> Undecided:
    return Undecided(reason=UndecidedReason.TRUNCATED, detail="the final message is cut off")


def _unreadable(detail: str) -> Undecided:
    return Undecided(reason=UndecidedReason.UNREADABLE, detail=detail)
