"""The written pages of the project, and the text files that a commit holds."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"^(?P<fence>```+)\w*$.*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (?P<words>.+)$", re.MULTILINE)


@cache
def ignored() -> tuple[str, ...]:
    """Names that git leaves out, by `.gitignore` (which holds names and endings only) and git's own folder."""
    lines = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    return (".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#")))


def files() -> Iterator[Path]:
    """Every file that a commit of this folder would hold, without those that others made."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name != "vendor" and not _is_ignored(name))
        yield from (Path(folder) / name for name in sorted(names) if not _is_ignored(name))


def pages() -> list[Path]:
    """Every Markdown page."""
    return [path for path in files() if path.suffix == ".md"]


def text(path: Path) -> str | None:
    """What a file says; None where it is no text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def links(page: Path) -> list[str]:
    """Where a page's links lead, without those to the world outside."""
    prose = _FENCE.sub("", page.read_text("utf-8"))
    targets = [found["target"] for found in _LINK.finditer(prose)]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual viewers make them."""
    prose = _FENCE.sub("", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", found["words"].lower()).strip().replace(" ", "-") for found in _HEADING.finditer(prose)
    }


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether a link of a page finds its file and, where it names one, its heading."""
    path, _hash, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    if not there.exists() or not there.is_relative_to(ROOT):
        return False
    return not anchor or (there.suffix == ".md" and anchor in anchors(there))


def rows(page: Path, column: int) -> list[str]:
    """One column of all tables of a page, without the heads."""
    lines = [line for line in page.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [line.strip("|").split("|") for line in lines]
    return [cell[column].strip() for cell in cells if len(cell) > column and not set(cell[0]) <= set(" -:")]


def _is_ignored(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in ignored())
