"""Forms as a browser sends them: what their page holds, with some fields typed over."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

_PLAIN = {"submit", "button", "image", "reset", "file"}  # inputs that are not sent by themselves


class _Form(HTMLParser):
    """The fields of the page's main form, whose changes are watched, as they would be sent now."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._is_inside = self._is_template = False
        self._select = self._area = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = "data-unsaved" in has
        elif tag == "template":
            self._is_template = True
        if not self._is_inside or self._is_template:
            return
        name = "" if "disabled" in has else has.get("name", "")
        match tag:
            case "input" if name and has.get("type") not in _PLAIN:
                is_box = has.get("type") in {"checkbox", "radio"}
                if not is_box or "checked" in has:
                    self._put(name, has.get("value", "on" if is_box else ""))
            case "textarea":
                self._area = name
                if name:
                    self._put(name, "")
            case "select":
                self._select, self._options = name, []
            case "option":
                self._options.append((has.get("value", ""), "selected" in has))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][-1] += data.removeprefix("\n") if not self.fields[self._area][-1] else data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "template":
            self._is_template = False
        elif tag == "textarea":
            self._area = ""
        elif tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen] or [self._options[0][0]]
            for value in chosen:
                self._put(self._select, value)
            self._select = ""

    def _put(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def fields_of(page: Any) -> dict[str, list[str]]:
    """What the form of a page would send; a page is what a test client gets."""
    form = _Form()
    form.feed(page.content.decode())
    assert form.fields, "there is no form on this page"
    return form.fields


def send(client: Client, url: str, page: Any, **typed: object) -> Any:
    """Send the form of a page with some fields typed over."""
    fields = {**fields_of(page), **{name: _texts(value) for name, value in typed.items()}}
    return client.post(url, fields)


def fill_in(client: Client, url: str, **typed: object) -> Any:
    """Open a form, type and send it; what it then asks to have been seen is seen."""
    page = client.get(url)
    assert page.status_code == 200, url
    answer = send(client, url, page, **typed)
    if answer.status_code in {200, 422} and 'name="seen"' in answer.content.decode():
        seen = answer.content.decode().partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
        answer = send(client, url, answer, seen=seen)
    return answer


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
