"""The list of what others made and Pendapa uses, with its terms; unknown and non-commercial terms are refused.

`python -m pendapa.server.licences` checks that `docs/reference/third-party.md` is current, with `--write` it makes it.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "reference" / "third-party.md"

SHIPPED = frozenset(
    {
        "MIT",
        "MIT-0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "0BSD",
        "ISC",
        "Apache-2.0",
        "PSF-2.0",
        "CNRI-Python",
        "Zlib",
        "Unlicense",
        "CC0-1.0",
        "MPL-2.0",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "OFL-1.1",
        "CC-BY-4.0",
        "ODbL-1.0",
        "EUPL-1.2",
    }
)
TOOLS = SHIPPED | {"GPL-3.0-only", "GPL-3.0-or-later"}  # programs that only build and check, and are not passed on

# What packages write instead of an SPDX name.
SPELLINGS = {
    "mit": "MIT",
    "mit license": "MIT",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "apache-2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "mpl-2.0": "MPL-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psf-2.0": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}
# Packages whose metadata names no terms, with what their own licence file says.
KNOWN = {
    "axe-playwright-python": "MIT AND MPL-2.0",  # it carries axe-core, which is MPL-2.0
    "colorama": "BSD-3-Clause",  # on Windows only, so it is not here to be asked
}
FOREIGN = {".woff", ".woff2", ".ttf", ".otf", ".ogg", ".mp3", ".wav", ".csv", ".geojson", ".parquet"}
FIELDS = ("name", "version", "licence", "source")


class Part(NamedTuple):
    """Something that others made."""

    name: str
    version: str
    licence: str
    source: str
    group: str  # a heading of the page


class Terms(Exception):
    """Something has unknown or unsuitable terms; the text names it."""


def main(arguments: list[str]) -> int:
    """Write or check the page."""
    try:
        page = written(collect())
    except Terms as refused:
        print(refused, file=sys.stderr)
        return 1
    if "--write" in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page:
        print(
            f"{PAGE.relative_to(PROJECT)} is not current: run `.venv/bin/python -m pendapa.server.licences --write`.",
            file=sys.stderr,
        )
        return 1
    return 0


def collect() -> list[Part]:
    """Everything that others made, or `Terms` naming what cannot be used."""
    shipped = _locked(PROJECT / "requirements" / "runtime.txt")
    tools = {
        name: version for name, version in _locked(PROJECT / "requirements" / "dev.txt").items() if name not in shipped
    }
    parts = [
        *(_package(name, version, "Python packages, at run time") for name, version in shipped.items()),
        *(
            _package(name, version, "Python packages, for building and checking only")
            for name, version in tools.items()
        ),
        *vendored(PROJECT / "src"),
    ]
    for part in parts:
        allowed = TOOLS if "only" in part.group else SHIPPED
        if not is_allowed(part.licence, allowed):
            raise Terms(f"{part.name} {part.version} has terms that are unknown or do not suit: {part.licence!r}.")
    return parts


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met by allowed licences: all joined by AND, one of those joined by OR."""
    alternatives = re.split(r"\s+OR\s+", expression.replace("(", "").replace(")", ""))
    return any(all(name in allowed for name in re.split(r"\s+AND\s+", one)) for one in alternatives)


def vendored(source: Path) -> Iterator[Part]:
    """The files of others in the source tree: each folder says what it is, and nothing foreign lies outside one."""
    described: set[Path] = set()
    folders = {
        path for vendor in source.rglob("vendor") if vendor.is_dir() for path in vendor.iterdir() if path.is_dir()
    }
    folders |= {path.parent for path in source.rglob("vendor.json")}
    for folder in sorted(folders):
        place = folder.relative_to(source.parent)
        try:
            facts = json.loads((folder / "vendor.json").read_text("utf-8"))
            name, version, licence, origin = (str(facts[field]) for field in FIELDS)
            files = {str(file) for file in facts["files"]}
        except (OSError, ValueError, KeyError, TypeError) as broken:
            raise Terms(f"{place} needs a vendor.json with {', '.join(FIELDS)} and files ({broken!r}).") from broken
        if not (folder / "LICENSE").exists():
            raise Terms(f"{place} has no LICENSE.")
        present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        if present - {"LICENSE", "vendor.json"} != files:
            raise Terms(f"The files in {place} are not those of its vendor.json: {sorted(files ^ present)}.")
        described.add(folder)
        yield Part(name, version, licence, origin, "Files in the source tree")
    for path in sorted(source.rglob("*")):
        if path.suffix in FOREIGN and not described.intersection(path.parents):
            raise Terms(
                f"{path.relative_to(source.parent)} says nowhere who made it; put it in a folder with a vendor.json."
            )


def written(parts: list[Part]) -> str:
    """The page."""
    lines = [
        "# Made by others",
        "",
        "Pendapa's own terms are EUPL-1.2. This list is made from the locked packages and the `vendor.json` files by",
        "`python -m pendapa.server.licences --write`; `./pendapa check` fails when it is not current, or when terms",
        "are unknown, non-commercial or otherwise unsuitable.",
    ]
    for group in dict.fromkeys(part.group for part in parts):
        lines += ["", f"## {group}", "", "| what | version | licence | source |", "| --- | --- | --- | --- |"]
        rows = sorted((part for part in parts if part.group == group), key=lambda part: part.name.lower())
        lines += [f"| {part.name} | {part.version} | {part.licence} | {part.source} |" for part in rows]
    return "\n".join([*lines, ""])


def _locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", path.read_text("utf-8"), re.M))


def _package(name: str, version: str, group: str) -> Part:
    return Part(name, version, KNOWN.get(name) or _licence_of(name), f"PyPI: {name}", group)


def _licence_of(name: str) -> str:
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return "not installed here, so its terms are unknown"
    fields = {name: metadata.get_all(name) or [] for name in ("License-Expression", "License", "Classifier")}
    if fields["License-Expression"]:
        return str(fields["License-Expression"][0])
    classifiers = [text.split("::")[-1].strip() for text in fields["Classifier"] if text.startswith("License")]
    for text in [*fields["License"], *classifiers]:
        if text.strip().lower() in SPELLINGS:
            return SPELLINGS[text.strip().lower()]
    return ", ".join(classifiers) or "unknown"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
