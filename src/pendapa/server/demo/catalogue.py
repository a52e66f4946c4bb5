"""What the demo's agencies offer: one file an agency in `services/`, read as it stands.

An example, not official data: facts of law come from the sources that each file names, the rest is illustrative.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "services"

# Words that people of Magetan say, beyond the language that the search knows: what is meant by them.
SAID = (
    ("kantor capil", "dukcapil"),
    ("pasar baru lantai tiga", "mall pelayanan publik"),
    ("kartu kuning", "kartu ak-1"),
    ("pajek sepeda montor", "samsat"),
    ("lawu tirta", "pdam"),
)


@dataclass(frozen=True)
class Offered:
    """A public service of the demo: its agency's short name, the prefix of its queue, and a version's content."""

    agency: str
    line: str
    slug: str
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.content["name"]["id"])


@dataclass(frozen=True)
class Pledge:
    """The promise of an agency: text by language, the office that signed, the date."""

    agency: str
    values: Mapping[str, Any]


@cache
def offered() -> tuple[Offered, ...]:
    """All services of the demo, in the order of the files."""
    return tuple(
        Offered(file["agency"], one["line"], one["slug"], _content(one)) for file in _files() for one in file["service"]
    )


def pledges() -> list[Pledge]:
    return [Pledge(file["agency"], file["maklumat"]) for file in _files()]


def _content(service: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in service.items() if key not in {"line", "slug"}}


@cache
def _files() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml")))
