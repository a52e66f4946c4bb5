import json
from pathlib import Path

import pytest

from pendapa.server import licences
from pendapa.server.licences import SHIPPED, TOOLS, Part, Terms


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """A source tree with one vendored folder that is in order."""
    folder = tmp_path / "src" / "ui" / "vendor" / "htmx"
    folder.mkdir(parents=True)
    (folder / "LICENSE").write_text("0BSD")
    (folder / "htmx.js").write_text("")
    describe(folder)
    return folder


def describe(folder: Path, **changes: object) -> None:
    facts = {"name": "htmx", "version": "2", "licence": "0BSD", "source": "npm", "files": ["htmx.js"], **changes}
    (folder / "vendor.json").write_text(json.dumps(facts))


def found(vendor: Path) -> list[Part]:
    return list(licences.vendored(vendor.parents[2]))


@pytest.mark.parametrize(
    ("terms", "suits"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-2.0-only", True),
        ("Apache-2.0 AND BSD-2-Clause", True),
        ("MIT AND CC-BY-NC-4.0", False),
        ("GPL-3.0-or-later", False),
        ("CC-BY-NC-SA-4.0", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_only_terms_that_suit_are_passed_on(terms: str, suits: bool) -> None:
    assert licences.is_allowed(terms, SHIPPED) is suits


def test_a_tool_may_be_under_the_gpl() -> None:
    assert licences.is_allowed("GPL-3.0-or-later", TOOLS)


def test_a_vendored_folder_says_what_it_is(vendor: Path) -> None:
    assert found(vendor) == [Part("htmx", "2", "0BSD", "npm", "Files in the source tree")]


def test_a_folder_without_description_licence_or_with_other_files_is_refused(vendor: Path) -> None:
    (vendor / "more.js").write_text("")
    with pytest.raises(Terms, match=r"more\.js"):
        found(vendor)
    describe(vendor, files=["htmx.js", "more.js"])
    found(vendor)
    (vendor / "LICENSE").unlink()
    with pytest.raises(Terms, match="no LICENSE"):
        found(vendor)
    (vendor / "vendor.json").unlink()
    with pytest.raises(Terms, match=r"needs a vendor\.json"):
        found(vendor)


def test_a_font_or_data_set_outside_such_a_folder_is_refused(vendor: Path) -> None:
    (vendor.parents[1] / "voice.ogg").write_text("")
    with pytest.raises(Terms, match=r"voice\.ogg"):
        found(vendor)


def test_everything_we_use_has_terms_that_suit_and_the_page_is_current() -> None:
    assert licences.written(licences.collect()) == licences.PAGE.read_text("utf-8")
