"""Habits that every template of every face keeps, because the content security policy and readers rely on them."""

import json
import re
from pathlib import Path

import pytest
from django.template.loader import get_template

UI = Path(__file__).parent.parent
WEB = UI.parent
TEMPLATES = sorted(WEB.glob("*/templates/**/*.html"))
COMPONENTS = sorted((UI / "templates/ui/components").glob("*.html"))
VENDORED = sorted((UI / "static/ui/vendor").iterdir())

FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.I),
    "an inline style sheet": re.compile(r"<style\b", re.I),
    "an event attribute": re.compile(r"\son(?!ly\b)[a-z]+\s*=", re.I),
    "htmx's event attribute": re.compile(r"\shx-on", re.I),
    "evaluated values": re.compile(r"hx-(?:vals|headers)\s*=\s*[\"']\s*js(?:on)?:", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=.application/(?:ld\+)?json)[^>]*>", re.I),
    "a script: address": re.compile(r"(?:href|action)\s*=\s*[\"']\s*javascript:", re.I),
    "another host": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.I),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_no_template_needs_what_the_policy_forbids(template: Path) -> None:
    text = re.sub(r"{%\s*comment\b.*?{%\s*endcomment\s*%}", "", template.read_text(), flags=re.S)
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_every_template_compiles(template: Path) -> None:
    get_template(str(template).split("/templates/", 1)[1])


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.name)
def test_every_component_says_what_it_takes(component: Path) -> None:
    opening = re.match(r"{% comment %}(.*?){% endcomment %}", component.read_text(), re.S)
    assert opening, "the first thing in a component is a comment that lists its variables"
    told = set(re.findall(r"\w+", opening[1]))
    body = component.read_text()[opening.end() :]
    loops = " ".join(re.findall(r"{% for ([\w, ]+) in", body))
    bound = set(re.findall(r"\w+", loops)) | set(re.findall(r"(\w+)=", body)) | set(re.findall(r"as (\w+) ?%}", body))
    used = set(re.findall(r"{{\s*([a-z_]+)", body)) | set(re.findall(r"{%\s*(?:if|elif)\s+(?:not )?([a-z_]+)", body))
    assert used - told - bound - {"n", "forloop", "it", "csrf_token", "_"} == set()


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.name)
def test_every_component_is_used(component: Path) -> None:
    name = f"ui/components/{component.name}"
    assert any(name in template.read_text() for template in TEMPLATES), f"nothing shows {name}"


@pytest.mark.parametrize("folder", VENDORED, ids=lambda path: path.name)
def test_every_vendored_file_has_its_origin_and_licence(folder: Path) -> None:
    origin = json.loads((folder / "vendor.json").read_text())
    assert set(origin) == {"name", "version", "licence", "source", "files", "changes"}
    assert {path.name for path in folder.iterdir()} == {*origin["files"], "vendor.json", "LICENSE"}


def test_every_icon_that_code_names_is_in_the_set() -> None:
    sheets = [(UI / "static/ui/vendor/bootstrap-icons" / name).read_text() for name in ("icons.svg", "staff.svg")]
    drawn = [name for sheet in sheets for name in re.findall(r'<symbol id="([^"]+)"', sheet)]
    assert len(drawn) == len(set(drawn))
    named = {name for path in TEMPLATES for name in re.findall(r'{%\s*icon "([^"]+)"', path.read_text())}
    from pendapa.web.ui.templatetags.ui import STATES

    assert (named | {look.icon for look in STATES.values()}) - set(drawn) == set()


def test_own_scripts_build_no_markup_from_data() -> None:
    own = [path for path in WEB.glob("*/static/**/*.js") if "vendor" not in path.parts]
    assert own
    for path in own:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
        ), path
