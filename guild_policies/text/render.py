"""A `Policy`, written the way that an admin would write it. The reverse of `parse`.

What a policy holds can look like a mark of the format; such a line gets a backslash in front (see `grammar`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from guild_policies.policy import Policy, Rule
from guild_policies.text import grammar
from guild_policies.text.grammar import Key, Section
from guild_policies.text.values import written_consequence


def render(policy: Policy) -> str:
    """Write the policy as text.

    Texts come back from `parse` in their normal form: one-line ones stripped, longer ones without spaces at the end
    of a line and without blank lines around them, timeouts in whole minutes.
    """
    parts = [_heading("#", policy.title, grammar.section_name(policy.title) is not None)]
    if policy.purpose:
        parts.append(_escaped(policy.purpose, _means_something))
    if policy.definitions:
        definitions = "\n".join(f"- {_item(text, _means_something_in_a_list)}" for text in policy.definitions)
        parts.append(f"## {Section.DEFINITIONS}\n{definitions}")
    rules = "\n\n".join(map(_rule, policy.rules))
    parts.append(f"## {Section.RULES}\n{rules}".rstrip())
    if policy.when_unclear:
        parts.append(f"## {Section.UNCLEAR}\n{_escaped(policy.when_unclear, _means_something)}")
    for name, text in policy.guidance:
        taken = grammar.section_name(name) is not None or grammar.rule_id(name) is not None
        parts.append(f"{_heading('##', name, taken)}\n{_escaped(text, _means_something)}".rstrip())
    return "\n\n".join(parts) + "\n"


def _rule(rule: Rule) -> str:
    if rule.id:
        heading = _heading(f"### {rule.id}", rule.title, grammar.title_clings_to_id(rule.title))
    else:
        taken = grammar.rule_id(rule.title) is not None or grammar.key_name(rule.title) is not None
        heading = _heading("###", rule.title, taken)
    return "\n".join([heading, *_body(rule)])


def _body(rule: Rule) -> Iterator[str]:
    if rule.notes:
        yield _escaped(rule.notes, _means_something_in_a_rule)
    yield f"{Key.SEVERITY}: {rule.severity}"
    yield f"{Key.LOOKS_AT}: {rule.looks_at}"
    yield f"{Key.CONSEQUENCE}: {written_consequence(rule.consequence)}"
    for key, value in ((Key.BREAKS_IT, rule.breaks_it), (Key.DOES_NOT, rule.does_not)):
        if value:
            first, *further = value.split("\n")
            yield "\n".join([f"{key}: {first}", *(_line(line, _means_something_in_a_rule) for line in further)])
    for pattern in rule.patterns:
        yield f"{Key.PATTERN}: `{pattern}`"
    if rule.examples:
        yield f"{Key.EXAMPLES}:"
    for example in rule.examples:
        label = "violates" if example.violates else "allowed"
        quoted = f'"{example.text}"'
        yield f"- {label}: {_item(quoted, _means_something_among_examples)}"


def _heading(marks: str, text: str, taken: bool) -> str:
    """A heading; `taken` says that its text would mean something else without a backslash."""
    escape = "\\" if taken or text.startswith("\\") else ""
    return f"{marks} {escape}{text}".rstrip()


def _escaped(text: str, means_something: Callable[[str], bool]) -> str:
    return "\n".join(_line(line, means_something) for line in text.split("\n"))


def _line(line: str, means_something: Callable[[str], bool]) -> str:
    stripped = line.strip()
    if not stripped.startswith("\\") and not means_something(stripped):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}\\{line.lstrip()}"


def _item(text: str, means_something: Callable[[str], bool]) -> str:
    """The text of a list item; its further lines are indented, and blank ones are kept from ending it."""
    first, *further = text.split("\n")
    return "\n".join([first, *(f"  {_line(line, means_something)}" for line in further)])


def _means_something(stripped: str) -> bool:
    return grammar.is_heading_here(stripped, in_rule=False)


def _means_something_in_a_list(stripped: str) -> bool:
    return not stripped or _means_something(stripped) or grammar.bullet(stripped) is not None


def _means_something_in_a_rule(stripped: str) -> bool:
    labelled = grammar.label(stripped)
    return (
        grammar.is_heading_here(stripped, in_rule=True)
        or grammar.key(stripped) is not None
        or (labelled is not None and labelled[1].bullet)
    )


def _means_something_among_examples(stripped: str) -> bool:
    return (
        not stripped
        or grammar.label(stripped) is not None
        or grammar.bullet(stripped) is not None
        or _means_something_in_a_rule(stripped)
    )
