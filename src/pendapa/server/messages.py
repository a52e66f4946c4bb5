"""The translations: compiles them without system tools, and finds sentences that have none.

Texts in the source are English. Each part of the Indonesian catalogue is a file of its own under `parts/`;
together they become the one catalogue that Django reads.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

SOURCE = Path(__file__).resolve().parents[1]
LOCALE = SOURCE / "web" / "ui" / "locale" / "id"
CATALOGUE = LOCALE / "LC_MESSAGES" / "django.mo"

_PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop", "ugettext"}
_PLURAL = {"ngettext", "ngettext_lazy"}
_CONTEXT = {"pgettext", "pgettext_lazy"}
_CONTEXT_PLURAL = {"npgettext", "npgettext_lazy"}
_STRING = r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')"""
_TRANSLATE = re.compile(
    r"{%\s*(?:translate|trans)\s+" + _STRING + r"""(?:[^%]*?\bcontext\s+(?:"(?P<cd>[^"]*)"|'(?P<cs>[^']*)'))?.*?%}""",
    re.S,
)
_FILTER = re.compile(r"""_\(\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*\)""")
_BLOCK = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)\b(?P<options>.*?)%}(?P<body>.*?){%\s*end(?:blocktranslate|blocktrans)\s*%}",
    re.S,
)
_VARIABLE = re.compile(r"{{\s*(\w+).*?}}")


class Message(NamedTuple):
    """A sentence in the source, and where it stands first."""

    text: str
    plural: str | None
    context: str | None
    place: str


def main(arguments: list[str]) -> int:
    """`python -m pendapa.server.messages compile|check`."""
    faults = [*disagreements(), *(missing() if arguments == ["check"] else [])]
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults and arguments == ["compile"]:
        compile_catalogue()
    return 1 if faults else 0


def parts() -> list[Path]:
    """The files that make up the catalogue."""
    return sorted((LOCALE / "parts").glob("*.po"))


def compile_catalogue(target: Path = CATALOGUE) -> None:
    """Write the catalogue for Django, whole or not at all."""
    whole = polib.POFile()
    seen: set[tuple[str | None, str]] = set()
    for part in parts():
        entries = polib.pofile(str(part))
        whole.metadata = whole.metadata or entries.metadata
        for entry in entries:
            if (key := (entry.msgctxt, entry.msgid)) not in seen and not entry.obsolete:
                seen.add(key)
                whole.append(entry)
    whole.metadata = {
        **whole.metadata,
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    whole.save_as_mofile(str(beside))
    beside.replace(target)


def disagreements() -> list[str]:
    """Sentences that two parts translate differently, and translations that lost or gained a placeholder."""
    faults: list[str] = []
    known: dict[tuple[str | None, str], tuple[list[str], Path]] = {}
    for part in parts():
        for entry in polib.pofile(str(part)):
            if entry.obsolete:
                continue
            words = _translations(entry)
            first = known.setdefault((entry.msgctxt, entry.msgid), (words, part))
            if first[0] != words:
                faults.append(f"{part.name}: {entry.msgid!r} is translated differently in {first[1].name}")
            for word in words:
                wanted = _placeholders(entry.msgid_plural or entry.msgid)
                if word and _placeholders(word) != wanted:
                    faults.append(f"{part.name}: {entry.msgid!r} and its translation have different placeholders")
    return faults


def missing() -> list[str]:
    """Sentences in the source that have no Indonesian translation."""
    translated: dict[tuple[str | None, str], bool] = {}
    for part in parts():
        for entry in polib.pofile(str(part)):
            usable = not entry.fuzzy and not entry.obsolete and all(_translations(entry))
            translated[entry.msgctxt, entry.msgid] = usable or translated.get((entry.msgctxt, entry.msgid), False)
    faults: dict[tuple[str | None, str], str] = {}
    for message in sentences():
        key = (message.context, message.text)
        if not translated.get(key) and key not in faults and message.text.strip():
            faults[key] = f"{message.place}: no Indonesian for {message.text!r}"
    return list(faults.values())


def sentences() -> Iterator[Message]:
    """Every translatable sentence of the source: Python by its syntax tree, templates by their tags."""
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix not in {".py", ".html", ".txt"} or {"tests", "migrations", "vendor"} & set(path.parts):
            continue
        text = path.read_text("utf-8")
        place = str(path.relative_to(SOURCE.parent))
        yield from _in_python(text, place) if path.suffix == ".py" else _in_template(text, place)


def _in_python(text: str, place: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        words = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
        where = f"{place}:{node.lineno}"
        match [word if isinstance(word, str) else None for word in words]:
            case [str(one), *_] if name in _PLAIN:
                yield Message(one, None, None, where)
            case [str(one), str(many), *_] if name in _PLURAL:
                yield Message(one, many, None, where)
            case [str(context), str(one), *_] if name in _CONTEXT:
                yield Message(one, None, context, where)
            case [str(context), str(one), str(many), *_] if name in _CONTEXT_PLURAL:
                yield Message(one, many, context, where)


def _in_template(text: str, place: str) -> Iterator[Message]:
    def where(position: int) -> str:
        return f"{place}:{text.count(chr(10), 0, position) + 1}"

    for found in _TRANSLATE.finditer(text):
        context = found["cd"] if found["cd"] is not None else found["cs"]
        yield Message(
            found["double"] if found["double"] is not None else found["single"], None, context, where(found.start())
        )
    for found in re.finditer(r"{[{%].*?[%}]}", text, re.S):
        for inner in _FILTER.finditer(found[0]):
            word = inner["double"] if inner["double"] is not None else inner["single"]
            yield Message(word, None, None, where(found.start()))
    for found in _BLOCK.finditer(text):
        context_match = re.search(r"""\bcontext\s+(?:"([^"]*)"|'([^']*)')""", found["options"])
        context = (
            next((group for group in context_match.groups() if group is not None), None) if context_match else None
        )
        trimmed = re.search(r"\btrimmed\b", found["options"]) is not None
        forms = re.split(r"{%\s*plural\s*%}", found["body"])
        words = [_block_text(form, trimmed=trimmed) for form in forms]
        yield Message(words[0], words[1] if len(words) > 1 else None, context, where(found.start()))


def _block_text(body: str, *, trimmed: bool) -> str:
    """A block's text as Django looks it up: `{{ name }}` becomes `%(name)s`, a plain percent sign is doubled."""
    text = _VARIABLE.sub(r"%(\1)s", body.replace("%", "%%"))
    if trimmed:
        text = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return text


def _translations(entry: polib.POEntry) -> list[str]:
    return (
        [entry.msgstr_plural[index] for index in sorted(entry.msgstr_plural)] if entry.msgid_plural else [entry.msgstr]
    )


def _placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"%\(\w+\)[sd]|(?<!%)%[sd]", text)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
