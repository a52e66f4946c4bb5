"""The written pages say what is there, and nothing about the machine they were written on."""

import argparse
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import Resolver404, resolve

from pendapa.operations.queueing import rules
from pendapa.server import commands, env
from pendapa.web.api.description import api
from tests.docs.pages import ROOT, files, leads_somewhere, links, pages, rows, text

REFERENCE = ROOT / "docs" / "reference"
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
READMES = ("README.md", "README.id.md")

# Written in pieces, so that this file does not find itself.
OF_A_MACHINE = ("/" + "work/", "/" + "tmp/boot", "/" + "root/", "/" + "home/" + "runner")
OF_AN_INDEX = re.compile("https?" + r"://[\w.-]*(pypi|pythonhosted|npmjs|registry|artifact|nexus)[\w.-]*")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    assert [target for target in links(page) if not leads_somewhere(page, target)] == []


def test_a_link_to_nowhere_is_seen(tmp_path: Path) -> None:
    assert not leads_somewhere(ROOT / "README.md", "docs/no-such-page.md")
    assert not leads_somewhere(ROOT / "README.md", "docs/README.md#no-such-heading")
    assert not leads_somewhere(ROOT / "README.md", "../outside.md")
    (tmp_path / "page.md").write_text("[one](a.md) and ![two](b.png#c) but [not](https://example.org)\n", "utf-8")
    assert links(tmp_path / "page.md") == ["a.md", "b.png#c"]


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_names_exactly_the_two_commands(readme: str) -> None:
    named = re.findall(r"\./pendapa ([a-z-]+)", (ROOT / readme).read_text("utf-8"))
    assert sorted(set(named)) == ["demo", "test"]


@pytest.mark.parametrize("page", [*READMES, "docs/tutorial/first-day.md"])
def test_the_addresses_that_a_page_names_are_there(page: str) -> None:
    named = re.findall(r"`(/[\w/.-]*)`", (ROOT / page).read_text("utf-8"))
    assert named
    for address in named:
        try:
            resolve(address)
        except Resolver404:
            pytest.fail(f"{page} names {address}, which no page has")


def test_every_variable_of_the_environment_is_explained_and_no_other() -> None:
    explained = [name.strip("`") for name in rows(REFERENCE / "settings.md", 0) if name.startswith("`")]
    assert sorted(explained) == sorted(env.names())


def test_every_command_and_option_is_explained_and_no_other() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    parts = dict(re.findall(r"^### `([a-z]+)(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE))
    parsers = _commands()
    assert sorted(parts) == sorted(parsers)
    for name, parser in parsers.items():
        options = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
        missing = [option for option in options - {"--help"} if option not in parts[name]]
        listed = {option for row in re.findall(r"^\| (.*?) \|", parts[name], re.MULTILINE) for option in _options(row)}
        assert (missing, listed - options) == ([], set()), name


def _options(text: str) -> list[str]:
    return re.findall(r"--[a-z-]+[a-z]", text)


def _commands() -> dict[str, argparse.ArgumentParser]:
    """The commands that `--help` lists."""
    [group] = [action for action in commands._parser()._actions if isinstance(action, argparse._SubParsersAction)]
    listed = {action.dest for action in group._choices_actions}
    return {name: parser for name, parser in group.choices.items() if name in listed}


def test_the_page_of_the_api_lists_exactly_its_calls() -> None:
    schema: Any = api.get_openapi_schema()
    described = {f"{method.upper()} {path}" for path, calls in schema["paths"].items() for method in calls}
    listed = {cell.strip("`") for cell in rows(REFERENCE / "api.md", 0) if re.match(r"`(GET|POST) /api/", cell)}
    assert listed == described


def test_the_page_of_states_lists_the_acts_at_the_counter_as_they_are() -> None:
    page = REFERENCE / "states.md"
    told = {
        act: (tuple(sources.split(", ")), target)
        for act, sources, target in zip(rows(page, 0), rows(page, 1), rows(page, 2), strict=True)
        if act != "act"
    }
    elsewhere = {rules.Act.ARRIVE, rules.Act.EXPIRE}
    known = {
        act.replace("_", " "): (tuple(map(str, step.sources)), str(step.target))
        for act, step in rules.STEPS.items()
        if act not in elsewhere
    }
    assert told == known


def test_every_state_of_a_number_has_its_word_in_the_glossary() -> None:
    glossary = rows(ROOT / "docs" / "glossary.md", 0)
    assert [state for state in rules.State if f"`{state}`" not in glossary] == []


@pytest.mark.parametrize("page", DECISIONS, ids=_name)
def test_a_decision_has_its_number_its_date_and_its_three_parts(page: Path) -> None:
    told = page.read_text("utf-8")
    assert told.startswith(f"# {page.name[:4]} ")
    assert re.search(r"^20\d\d-\d\d-\d\d, (accepted|replaced by \[\d{4}\])", told, re.MULTILINE)
    assert re.findall(r"^## (.+)$", told, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [page.name[:4] for page in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert set(links(ROOT / "docs" / "adr" / "README.md")) >= {page.name for page in DECISIONS}


def test_the_index_of_the_documents_leads_to_every_page_of_them() -> None:
    docs = ROOT / "docs"
    told = {(docs / target.partition("#")[0]).resolve() for target in links(docs / "README.md")}
    missing = [page for page in pages() if page.is_relative_to(docs) and page.parent.name != "adr" and page not in told]
    assert [_name(page) for page in missing if page != docs / "README.md"] == []


def test_no_file_names_the_machine_it_was_written_on_or_an_index_of_packages() -> None:
    found = []
    for path in files():
        told = text(path)
        if told and (any(place in told for place in OF_A_MACHINE) or OF_AN_INDEX.search(told)):
            found.append(_name(path))
    assert found == []


def test_the_licence_is_the_whole_official_text() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert licence.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016\n")
    articles = re.findall(r"^(\d+)\.[A-Z]", licence, re.MULTILINE)
    assert articles == [str(number) for number in range(1, 16)]
    for passage in (
        "Licensed under the EUPL",
        "worldwide, royalty-free, non-exclusive, sublicensable licence",
        "the licence of the economic rights here above listed",
        "this licence shall be governed by Belgian law",
        " according to Article 5 EUPL are:",
        "— GNU Affero General Public License (AGPL) v. 3",
        "All other changes or additions to this Appendix require the production of a new EUPL version.",
    ):
        assert passage in licence
