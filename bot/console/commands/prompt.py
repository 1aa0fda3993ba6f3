"""`bylaw prompt`: shows exactly what the model would read, token by token; without a model file, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.judge import MODEL_HOW_TO
from bot.console.inputs.options import EffortOption, JsonOption, ModelOption, PolicyOption, TextOption
from bot.console.screen.errors import BadInput
from classifier import Content, Message

if TYPE_CHECKING:
    from rich.text import Text

    from classifier.prompt.harmony import Prompt
    from classifier.prompt.vocabulary import Vocabulary

WITHOUT_MODEL = (
    "No model file: the words and their order are what the model would read, but their token ids, the exact number of "
    f"tokens and whether they fit are not known. {MODEL_HOW_TO}, or add --model FILE.gguf."
)
_STYLES = {"frame": "dim", "policy": "cyan", "context": "yellow", "content": "bold magenta"}


def prompt(
    policy: PolicyOption,
    model: ModelOption = None,
    text: TextOption = None,
    text_file: Annotated[
        Path | None, typer.Option("--text-file", metavar="FILE", help="A file with the message to judge.")
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="TEXT", help="An earlier message. Repeat for more, oldest first."),
    ] = None,
    effort: EffortOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the model would read: each part with its author and its exact token ids.

    Only the vocabulary of the model file is read, so this is quick and needs little memory. Without a model file you
    see the same words, but no token ids, and the number of tokens is an estimate.
    """
    from bot.console.inputs.files import fence_key, load_settings, read_policy
    from bot.console.inputs.judge import open_model_vocabulary
    from bot.console.screen.output import print_json, print_remark
    from classifier.prompt.harmony import build_prompt
    from classifier.prompt.vocabulary import ByteVocabulary

    content = Content(
        target=Message(text=_target(text, text_file)), context=tuple(Message(text=earlier) for earlier in context or ())
    )
    settings = load_settings()
    file = model or settings.model_path
    rules, key = read_policy(policy), fence_key(settings)
    vocabulary: Vocabulary = ByteVocabulary() if file is None else open_model_vocabulary(file)
    effort = effort or settings.effort
    built = build_prompt(rules, content, effort=effort, vocabulary=vocabulary, fence_key=key)
    shown = Shown(prompt=built, vocabulary=vocabulary, model=file)
    if file is None:
        print_remark(WITHOUT_MODEL)
    if json:
        print_json(shown.fields())
    else:
        _show(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A prompt, and what is known about its tokens."""

    prompt: Prompt
    vocabulary: Vocabulary
    model: Path | None  #: None if the vocabulary isn't a model's

    def fields(self) -> dict[str, object]:
        """For programs: no ids if there is no model."""
        known = self.model is not None
        return {
            "segments": [
                {
                    "kind": part.kind.value,
                    "ids": list(part.ids) if known else [],
                    "text": spelled_out(part.ids, self.vocabulary),
                }
                for part in self.prompt.segments
            ],
            "model": str(self.model) if known else None,
            "tokens": len(self.prompt.ids) if known else None,
        }

    def tokens(self, ids: Sequence[int]) -> str:
        """The number of tokens, in words."""
        from guild_policies.lint.fits_the_length_limit import estimated_tokens

        if self.model is not None:
            return f"{len(ids):,} tokens"
        return f"about {estimated_tokens(spelled_out(ids, self.vocabulary)):,} tokens"


def _target(text: str | None, text_file: Path | None) -> str:
    from bot.console.inputs.files import file_errors, read_bytes

    if (text is None) == (text_file is None):
        raise BadInput("Give the message with either --text TEXT or --text-file FILE.")
    if text_file is None:
        return text or ""
    with file_errors(text_file):
        return read_bytes(text_file).decode("utf-8-sig")


def _show(shown: Shown) -> None:
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    built = shown.prompt
    for segment in built.segments:
        style = _STYLES[segment.kind.value]
        console.print(f"{segment.kind.value}, {shown.tokens(segment.ids)}", style=f"{style} underline")
        console.print(readable(segment.ids, shown.vocabulary, style))
    same = shown.tokens(built.ids[: built.prefix_length])
    console.print(
        f"{shown.tokens(built.ids)}, {same.removesuffix(' tokens')} of them the same for every message", style="bold"
    )


def spelled_out(ids: Sequence[int], vocabulary: Vocabulary) -> str:
    """The ids as text, control tokens as ``<|name|>``. The kind of the segment says which of them are ours."""
    from classifier.prompt.readable import runs_of

    return "".join(f"<|{run.text}|>" if run.control else run.text for run in runs_of(ids, vocabulary))


def readable(ids: tuple[int, ...], vocabulary: Vocabulary, style: str) -> Text:
    """The ids as text; control tokens are shown as ``⟦name⟧``, and no text can look like one."""
    from rich.text import Text

    from bot.console.screen.output import terminal_text
    from classifier.prompt.readable import runs_of

    shown = Text()
    for run in runs_of(ids, vocabulary):
        if run.control:
            shown.append(f"⟦{run.text}⟧", style="reverse")
        else:
            shown.append(terminal_text(run.text.replace("⟦", r"\u27e6")), style=style)
    return shown
