"""What stands there now beside what somebody typed meanwhile, field by field as the form names and shows them."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from pendapa.web.office.histories import EMPTY
from pendapa.web.office.registers import Words


def differences(now: forms.BaseForm, typed: forms.BaseForm) -> list[dict[str, object]]:
    """The fields in which a form as it is now differs from one that was sent."""
    found = list[dict[str, object]]()
    for name, field in typed.fields.items():
        if name in now.fields and field.has_changed(now[name].initial, typed[name].data):
            theirs, yours = now[name].value(), typed[name].value()
            found.append(
                {
                    "title": typed[name].label,
                    "name": name if _is_one_input(field) else "",
                    "theirs_value": _sent_as(field, theirs),
                    "theirs": _words(field, theirs),
                    "yours": _words(field, yours),
                }
            )
    return found


def rows_differ(title: Words, now: Any, typed: Any) -> list[dict[str, object]]:
    """The same for the rows that belong to a record, all of them as one; empty where they agree."""
    theirs, yours = list(_lines(now)), list(_lines(typed))
    if theirs == yours:
        return []
    return [{"title": title, "theirs": "; ".join(theirs) or EMPTY, "yours": "; ".join(yours) or EMPTY}]


def _lines(formset: Any) -> Iterator[str]:
    """The lines of a formset in words, without those that are empty or struck out."""
    for form in formset.forms:
        fields = {name: field for name, field in form.fields.items() if name != "DELETE"}
        is_gone = formset.is_bound and formset.can_delete and formset._should_delete_form(form)
        words = [_words(field, form[name].value()) for name, field in fields.items()]
        if not is_gone and any(form[name].value() not in (None, "", False) for name in fields):
            yield " ".join(one for one in words if one != EMPTY)


def _is_one_input(field: forms.Field) -> bool:
    """Whether the field can be given another value by writing it into its one input."""
    return not isinstance(
        field.widget, forms.CheckboxInput | forms.RadioSelect | forms.SelectMultiple | forms.MultiWidget
    )


def _sent_as(field: forms.Field, value: Any) -> str:
    """A value as its one input holds it."""
    shown = field.widget.format_value(value)
    if isinstance(shown, list | tuple):
        shown = shown[0] if shown else ""
    return "" if shown is None else str(shown)


def _words(field: forms.Field, value: Any) -> str:
    """A value as people read it."""
    if isinstance(field, forms.BooleanField):
        return _("yes") if field.to_python(value) else _("no")
    if isinstance(field, forms.ChoiceField):
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value])} - {"", "None"}
        return ", ".join(str(words) for key, words in _choices(field) if str(key) in chosen) or EMPTY
    return ", ".join(_sent_as(field, value).splitlines()) or EMPTY


def _choices(field: forms.ChoiceField) -> Iterator[tuple[Any, Any]]:
    choices: Any = field.choices  # its type is wider than what a form holds
    for key, words in choices:
        if isinstance(words, list | tuple):
            yield from words
        else:
            yield key, words
