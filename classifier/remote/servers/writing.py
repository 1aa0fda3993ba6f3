"""A reply written through a `TokenServer`, in the steps of `classifier.llama.engine.decoding` and with its results.

The server is asked for many tokens at a time. What it writes beyond a mark that is ours is used while it agrees with
that mark, and asked for again where it does not, so the reply is the one that a token-by-token writer gets. Usually
that makes two requests: the thinking, and the digit. A violation takes one for each name, and one for its rationale.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from classifier.judge import Way
from classifier.llama.engine import answer_grammar as grammar
from classifier.llama.engine.decoding import Digit, Reply, Thinking
from classifier.prompt.harmony import Prompt, closing_ids
from classifier.prompt.vocabulary import Vocabulary
from classifier.prompt.wording import OUT_OF_BUDGET
from classifier.remote.errors import EndpointFailed
from classifier.remote.servers.token_server import TokenServer

_CHANNELS = ("analysis", "commentary", "final")
_LONGEST_NAME = 16  # tokens, as in the engine


class RemoteWriter:
    """Writes replies behind one prompt."""

    def __init__(self, server: TokenServer, prompt: Prompt, *, vocabulary: Vocabulary, rule_ids: Sequence[str]) -> None:
        self._server = server
        self._prompt = prompt.ids
        self._vocabulary = vocabulary
        self._control = vocabulary.control
        self._rule_ids = rule_ids
        self._messages = prompt.messages
        self._budget = 0
        self._ids: list[int] = []
        self._ahead: deque[int] = deque()  # what the server wrote behind `_ids`

    async def write(self, *, reasoning_tokens: int, way: Way, think_from: float) -> Reply:
        """The reply; see `classifier.llama.engine.decoding.write_reply`.

        Raises:
            RemoteError: the server gives no answer that can be used.
        """
        if way is not Way.REASON:
            self._begin(0)
            self._open_answer()
            digit = await self._read_digit()
            if way is Way.SCREEN:
                return self._clear(digit, Thinking.SCORE_ONLY)
            if way is Way.PROBE or digit.score < think_from:
                return await self._answer(digit, Thinking.UNASKED)
        self._begin(reasoning_tokens)
        thinking = await self._think()
        return await self._answer(await self._read_digit(), thinking)

    def _begin(self, budget: int) -> None:
        self._budget = budget
        self._ids.clear()
        self._ahead.clear()

    def _open_answer(self) -> None:
        self._write(self._control.channel, *self._vocabulary.encode("final"), self._control.message)

    async def _think(self) -> Thinking:
        """Everything up to and with the header of the final message."""
        if not self._has_budget():
            self._open_answer()
            return Thinking.CUT
        thinking = Thinking.NONE
        role = self._vocabulary.encode("assistant")
        next_header = (self._control.end, self._control.start, *role, self._control.channel)
        self._write(self._control.channel)
        while (channel := await self._read_channel()) != "final":
            begun = len(self._ids)
            ended_by = await self._read_text() if channel else None
            thinking = Thinking.WHOLE if len(self._ids) > begun else thinking
            if ended_by is None and not self._has_budget():
                thinking = Thinking.CUT
                self._write(*self._vocabulary.encode(OUT_OF_BUDGET))
            if ended_by != self._control.end or not self._has_budget(len(next_header)):
                self._write(*closing_ids(self._vocabulary))
                break
            self._write(*next_header)
        return thinking

    async def _read_channel(self) -> str:
        name: list[int] = []
        while len(name) < _LONGEST_NAME and self._has_budget():
            token = await self._next()
            if token in self._control.every:
                break
            self._write(token)
            name.append(token)
            if self._text(name).startswith(_CHANNELS):
                break
        self._write(self._control.message)
        text = self._text(name)
        return next((channel for channel in _CHANNELS if text.startswith(channel)), text)

    async def _read_text(self) -> int | None:
        """Let the model write until it stops by itself; gives the control token, which is not written, or None."""
        while self._has_budget():
            token = await self._next()
            if token in self._control.every:
                return token
            self._write(token)
        return None

    async def _read_digit(self) -> Digit:
        """Open the final message's form and read what the model makes of its digit."""
        self._write(*self._vocabulary.encode(grammar.OPENING))
        digits = tuple(self._vocabulary.encode(digit)[0] for digit in "01")
        ids = self._all()
        found = dict((await self._server.choose(ids, digits)).logprobs)
        for digit in digits:
            if digit not in found:  # not among the likeliest: its number is told where it is the only choice
                found[digit] = (await self._server.choose(ids, (digit,))).logprobs[digit]
        zero, one = (found[digit] for digit in digits)
        score = 1.0 / (1.0 + math.exp(min(zero - one, 700.0)))
        return Digit(score, min(1.0, math.exp(zero) + math.exp(one)))

    async def _answer(self, digit: Digit, thinking: Thinking) -> Reply:
        """The digit and what follows. A clear answer is complete with it."""
        if digit.score <= 0.5:
            return self._clear(digit, thinking)
        self._write(self._vocabulary.encode("1")[0])
        naming: grammar.Naming | None = grammar.after_violation(self._rule_ids, messages=self._messages)
        while naming is not None:
            options = naming.options()
            naming = options[await self._choose(tuple(options))]
        await self._explain()
        return self._end(digit, thinking)

    def _clear(self, digit: Digit, thinking: Thinking) -> Reply:
        zero = self._vocabulary.encode("0")[0]
        self._write(zero, *self._vocabulary.encode(grammar.CLEAR.removeprefix(f"{grammar.OPENING}0")))
        return self._end(digit, thinking)

    def _end(self, digit: Digit, thinking: Thinking) -> Reply:
        self._write(self._control.return_)
        return Reply(tuple(self._ids), digit.score, digit.mass, thinking)

    async def _choose(self, options: Sequence[str]) -> str:
        """Let the model choose one of these texts, token by token, and write it. None begins another one."""
        left = {option: self._vocabulary.encode(option) for option in options}
        place = 0
        while len(left) > 1:
            tokens = {ids[place] for ids in left.values()}
            if len(tokens) > 1:
                token = (await self._server.choose(self._all(), sorted(tokens))).token
                if token not in tokens:
                    raise EndpointFailed("the server chose a token that was ruled out: update it")
                left = {option: ids for option, ids in left.items() if ids[place] == token}
            else:
                token = tokens.pop()
            self._write(token)
            place += 1
        ((option, ids),) = left.items()
        self._write(*ids[place:])
        return option

    async def _explain(self) -> None:
        """Let the model write the rationale; close it where the server's text ends early or leaves the form."""
        most = grammar.LONGEST_RATIONALE_TOKENS
        state, written = grammar.rationale(), 0
        for token in await self._server.explain(self._all(), most=most):
            following = grammar.advance(state, self._vocabulary.decode((token,)))
            if following is None or token in self._control.every or state.ending(full=written >= most):
                break
            state, written = following, written + 1
            self._write(token)
        if not written:
            raise EndpointFailed("the server gave no rationale: it must support grammars (GBNF)")
        if not state.done:
            self._write(*self._vocabulary.encode(state.ending(full=True) or grammar.CLOSING))

    def _write(self, *ids: int) -> None:
        for token in ids:
            if self._ahead and self._ahead[0] == token:
                self._ahead.popleft()
            else:
                self._ahead.clear()
            self._ids.append(token)

    async def _next(self) -> int:
        """The token that the model writes next; it is not written yet."""
        if not self._ahead:
            most = self._budget - len(self._ids)
            ahead = await self._server.go_on(self._all(), most=most, control=self._control)
            self._ahead.extend(ahead or (self._control.return_,))
        return self._ahead[0]

    def _all(self) -> tuple[int, ...]:
        return (*self._prompt, *self._ids)

    def _has_budget(self, ahead: int = 0) -> bool:
        return len(self._ids) + ahead < self._budget

    def _text(self, ids: Sequence[int]) -> str:
        return self._vocabulary.decode(ids).decode("utf-8", "replace").strip()
