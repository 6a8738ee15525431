"""Sentences that a window says in other languages: a literal template, and what stands in it."""

from __future__ import annotations

import ast
import json
import math
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import clipasso_core
from clipasso_core.wording import LONGEST, LONGEST_INPUT, Wording

ENGINE = Path(clipasso_core.__file__).parent
SAID_BY = {"UserError": 1, "Wording": 0}  # which of their arguments is the template
# in which a value may be written: such as are the same in each language
FORMATS = ("", ".1f")


def faults(source: str) -> Iterator[str]:
    """What keeps the sentences of a module from being collected or said in other languages."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else name
        if name in SAID_BY:
            fault = fault_of(node, SAID_BY[name])
            if fault:
                yield f"line {node.lineno}: {fault}"


def fault_of(call: ast.Call, place: int) -> str:
    """What is wrong with one sentence, or ""."""
    if len(call.args) != place + 1 or not isinstance(call.args[place], ast.Constant):
        return "its template is no literal"
    template = ast.literal_eval(call.args[place])
    fields = list(string.Formatter().parse(template))
    named = {field for _, field, _, _ in fields if field is not None}
    given = {keyword.arg for keyword in call.keywords}
    if named != given:
        return f"it names {named} and is given {given}"
    if not all(field.isidentifier() for field in named):
        return "a placeholder is no name"
    if any(form not in (None, *FORMATS) or conversion for _, _, form, conversion in fields):
        return "a value is formatted in a way of its own"
    return ""


# Sentences in the engine's code


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('UserError("a", f"no {name}")', "no literal"),
        ('UserError("a", "no " + name)', "no literal"),
        ('errors.UserError("a", message)', "no literal"),
        ('UserError("a", "no {name}", name)', "no literal"),
        ('UserError("a", "no {name}")', "it names"),
        ('UserError("a", "no", name=1)', "it names"),
        ('UserError("a", "no {name}", **values)', "it names"),
        ('UserError("a", "no {}", name=1)', "it names"),
        ('UserError("a", "no {0}", **{"0": 1})', "it names"),
        ('UserError("a", "no {name.first}", name=1)', "it names"),
        ('UserError("a", "no {name!r}", name=1)', "a way of its own"),
        ('Wording("no {count:,}", count=1)', "a way of its own"),
        ('Wording(f"no {name}")', "no literal"),
    ],
)
def test_a_sentence_that_nobody_could_translate_is_found(source: str, fault: str) -> None:
    (found,) = faults(source)
    assert fault in found


@pytest.mark.parametrize(
    "source",
    [
        'UserError(f"bad-{name}", "no {name}" " here", name=name)',
        'UserError("a", "write {{}}, {size:.1f} MB", size=1.0)',
        'Wording("as asked")',
    ],
)
def test_one_that_can_be_translated_passes(source: str) -> None:
    assert list(faults(source)) == []


def test_all_sentences_of_the_engine_can_be_translated() -> None:
    found = {
        str(path.relative_to(ENGINE)): told
        for path in sorted(ENGINE.rglob("*.py"))
        if (told := list(faults(path.read_text(encoding="utf-8"))))
    }
    handed_on = found.pop("errors.py")  # by `UserError`, which is given its template
    assert len(handed_on) == 1
    assert found == {}


# What stands in them


@pytest.mark.parametrize("given", ["{name}", "{0}", "{", "}", "{name.__class__}", "{{}}"])
def test_braces_in_a_value_mean_nothing(given: str) -> None:
    wording = Wording("there is no {name}", name=given)
    assert str(wording) == f"there is no {given}"
    assert wording.text.format(**wording.values) == str(wording)


def test_a_brace_of_the_template_is_doubled() -> None:
    assert str(Wording('send {{"id": {ident}}}', ident=1)) == 'send {"id": 1}'


@pytest.mark.parametrize("number", [0, -3, 2.5, 10**100])
def test_numbers_stay_numbers(number: float) -> None:
    assert Wording("{count}", count=number).values == {"count": number}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Path("a") / "b.png", str(Path("a") / "b.png")),
        (None, "None"),
        (True, "True"),
        ([1, 2], "[1, 2]"),
        (math.inf, "inf"),
        (math.nan, "nan"),
        (ValueError("oh"), "oh"),
    ],
    ids=str,
)
def test_anything_else_becomes_text(value: object, text: str) -> None:
    wording = Wording("{value}", value=value)
    assert wording.values == {"value": text}
    assert json.loads(json.dumps(wording.to_json())) == wording.to_json()


def test_a_number_that_nobody_reads_is_cut_as_a_text() -> None:
    (digits,) = Wording("{count}", count=10**4000).values.values()
    assert isinstance(digits, str)
    assert len(digits) <= LONGEST_INPUT


def test_a_message_is_one_line() -> None:
    wording = Wording("a {name}", name="name\t that\r\n breaks")
    assert str(wording) == "a name that breaks"


def test_a_long_message_keeps_what_happened_and_the_advice() -> None:
    words = "many words " * 500
    message = str(Wording("no such thing: {a}, {b}: choose another", a=words, b=words))
    assert message.startswith("no such thing")
    assert message.endswith("choose another")
    assert len(message) <= LONGEST


@pytest.mark.parametrize(
    ("template", "given"),
    [
        ("there is no thing {thing}: choose another", "x" * 5000),
        ("there is no thing '{thing}': choose another", "many words " * 500),
        ("there is no thing {thing}: choose another", repr("many words " * 500)),
    ],
)
def test_what_somebody_gave_is_repeated_in_two_hundred_letters(template: str, given: str) -> None:
    wording = Wording(template, thing=given)
    assert str(wording).startswith("there is no thing ")
    assert str(wording).endswith(": choose another")
    assert len(str(wording)) <= len(template) - len("{thing}") + LONGEST_INPUT
    assert wording.text.format(**wording.values) == str(wording), "as a window makes it"


def test_lists_of_names_stay_whole() -> None:
    names = ", ".join(f"setting_{number}" for number in range(30))
    wording = Wording("a request has no setting '{name}': it has {names}", name="x", names=names)
    assert str(wording) == f"a request has no setting 'x': it has {names}"
