import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from pendapa.web.ui.templatetags.ui import (
    icon,
    initials,
    is_wide,
    look,
    thousands,
    thousands_if_number,
    unit,
    unit_before,
    whole_labels,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sorry, A-012 is over.", 'Sorry, <span class="pd-nowrap">A-012</span> is over.'),
        ("AB-1004", '<span class="pd-nowrap">AB-1004</span>'),
        ("KTP-el", "KTP-el"),
        ("<b>A-012</b>", '&lt;b&gt;<span class="pd-nowrap">A-012</span>&lt;/b&gt;'),
    ],
)
def test_a_queue_number_stays_on_one_line(text: str, expected: str) -> None:
    assert whole_labels(text) == expected


def test_a_state_has_a_word_and_an_icon_beside_its_colour() -> None:
    called = look("called")
    assert (called.tone, called.icon) == ("kunyit", "megaphone")
    assert str(called.word)


def test_an_unknown_state_is_shown_under_its_own_name() -> None:
    assert look("somewhere").word == "somewhere"


def test_an_icon_is_silent_unless_it_carries_a_label() -> None:
    assert 'aria-hidden="true"' in icon("clock")
    assert 'aria-label="a &lt; b"' in icon("clock", "a < b")


def test_an_icon_of_staff_pages_comes_from_a_sheet_of_its_own() -> None:
    assert "icons.svg#clock" in icon("clock")
    assert "staff.svg#pencil" in icon("pencil")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Endah Nurjanah", "EN"),
        ("Sri Wahyuni binti Ali", "SA"),
        ("Budi", "B"),
        ("kiosk-1", "K1"),
        ("", ""),
        ("(-)", ""),
    ],
)
def test_a_name_has_two_letters_at_most(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(("language", "expected"), [("id", "10.000"), ("en", "10,000")])
def test_thousands_are_apart_as_the_language_has_it(language: str, expected: str) -> None:
    with translation.override(language):
        assert thousands(10_000) == expected
        assert thousands_if_number(10_000) == expected


def test_what_is_no_number_stays_as_it_is() -> None:
    assert thousands_if_number("10000") == "10000"
    assert thousands_if_number(True) is True


class Fields(forms.Form):
    code = forms.CharField(max_length=32)
    name = forms.CharField(max_length=120)
    note = forms.CharField(widget=forms.Textarea)
    days = forms.MultipleChoiceField(choices=[("1", "Mon")], widget=forms.CheckboxSelectMultiple)
    seats = forms.IntegerField(widget=forms.NumberInput(attrs={"data-unit": "seats", "data-unit-before": "Rp"}))


def test_short_fields_share_a_line_and_long_ones_do_not() -> None:
    assert {field.name: is_wide(field) for field in Fields()} == {
        "code": False,
        "name": True,
        "note": True,
        "days": True,
        "seats": False,
    }


def test_a_figure_says_what_it_counts() -> None:
    assert (unit(Fields()["seats"]), unit_before(Fields()["seats"])) == ("seats", "Rp")
    assert unit(Fields()["code"]) == ""


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('{% querystring_without "zone" %}', "?q=a+b&amp;sort=name"),
        ('{% querystring_down "name" %}', "?q=a+b&amp;zone=1&amp;sort=-name"),
    ],
)
def test_a_list_keeps_the_rest_of_its_address(tag: str, expected: str) -> None:
    request = RequestFactory().get("/", {"q": "a b", "zone": "1", "sort": "name", "page": "3"})
    assert Template("{% load ui %}" + tag).render(Context({"request": request})) == expected


def test_a_title_written_once_stands_in_two_places() -> None:
    page = Template(
        '{% extends "ui/document.html" %}{% load ui %}'
        "{% block title %}Zones{% endblock %}{% block body %}<h1>{% block_again 'title' %}</h1>{% endblock %}"
    )
    html = page.render(Context({}))
    assert "<title>Zones</title>" in html
    assert "<h1>Zones</h1>" in html
