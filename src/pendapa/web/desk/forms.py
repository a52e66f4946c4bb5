"""The desk's small forms. They check shape; the actions decide."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from pendapa.base import codes
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing.models import PRIORITY_REASON_NAMES
from pendapa.operations.queueing.rules import Act, PriorityReason

BREAKS = {
    "meal": _("Meal break"),
    "prayer": _("Prayer"),
    "meeting": _("Short meeting"),
    "system": _("System out of order"),
    "other": _("Another reason"),
}


SEARCH_LENGTH = 80


def words(text: str) -> str:
    """Searched words as far as they are worth searching for; a text column holds no NUL, so it finds none."""
    return text.replace("\0", "")[:SEARCH_LENGTH]


class Shown(forms.Form):
    """What the page of a press knew: a press that comes twice or late is recognised by it."""

    act = forms.ChoiceField(choices=[(act.value, act.value) for act in Act], required=False)
    calls = forms.IntegerField(min_value=0, required=False)

    def clean_act(self) -> Act | None:
        """The act that the page offered to undo."""
        act = self.cleaned_data["act"]
        return Act(act) if act else None


class MoveOn(forms.Form):
    """The service that a visitor is moved on to."""

    service = forms.CharField(
        label=_("Service"), max_length=100, error_messages={"required": _("Please choose a service of the list.")}
    )

    def __init__(self, *args: Any, mall: Mall, **options: Any) -> None:
        super().__init__(*args, **options)
        self._mall = mall

    def clean_service(self) -> PublicService:
        """The service of this mall that goes by the name."""
        service = PublicService.objects.filter(mall=self._mall, slug=self.cleaned_data["service"]).first()
        if service is None:
            raise forms.ValidationError(_("Please choose a service of the list."))
        return service


class Break(forms.Form):
    """Why nobody is called to the counter for a while."""

    why = forms.ChoiceField(label=_("Reason"), choices=[*BREAKS.items()], initial="meal", widget=forms.RadioSelect)
    words = forms.CharField(label=_("In your own words"), max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        """The reason in words: the officer's own, else those of the choice."""
        cleaned = super().clean() or self.cleaned_data
        words = cleaned.get("words", "")
        if cleaned.get("why") == "other" and not words and "words" not in self.errors:
            self.add_error("words", _("Please say in a few words why."))
        cleaned["reason"] = words or str(BREAKS.get(cleaned.get("why", ""), ""))
        return cleaned


BEFORE_TURN = {
    "weak": _("Cannot wait: ill, weak, or with a small child"),
    "papers": _("Comes back with the missing paper"),
    "closing": _("Another office of this errand closes soon"),
    "mistake": _("Was passed over by mistake"),
    "other": _("Another reason"),
}


class BeforeTurn(forms.Form):
    """Why somebody is called before those who are due earlier; the day's report shows it."""

    why = forms.ChoiceField(
        label=_("Reason"),
        choices=[*BEFORE_TURN.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason.")},
    )
    words = forms.CharField(label=_("In your own words"), max_length=160, required=False)

    def clean(self) -> dict[str, Any]:
        """The reason in words: the officer's own, else those of the choice."""
        cleaned = super().clean() or self.cleaned_data
        words = cleaned.get("words", "")
        if cleaned.get("why") == "other" and not words and "words" not in self.errors:
            self.add_error("words", _("Please say in a few words why."))
        cleaned["reason"] = words or str(BEFORE_TURN.get(cleaned.get("why", ""), ""))
        return cleaned


class Issue(forms.Form):
    """A number for someone at the desk who has no phone; `key` lets a second tap find the first one's number."""

    service = forms.ChoiceField(label=_("Service"), widget=forms.RadioSelect)
    priority = forms.ChoiceField(
        label=_("Priority"),
        required=False,
        choices=[("", _("No")), *PRIORITY_REASON_NAMES.items()],
        help_text=_("As the visitor says it; no proof is asked."),
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, services: list[PublicService], **options: Any) -> None:
        super().__init__(*args, **options)
        self._services = services
        self.initial.setdefault("key", codes.new_code())
        field = cast("forms.ChoiceField", self.fields["service"])
        field.choices = [(service.slug, service.name) for service in services]
        if services:
            field.initial = services[0].slug

    def with_a_new_key(self) -> "Issue":
        """The same choices for another try: what was refused under the old key stays refused."""
        data = {**{name: self.data.get(name, "") for name in self.fields}, "key": codes.new_code()}
        return type(self)(data, services=self._services)

    def clean_priority(self) -> PriorityReason | None:
        """The reason as the action takes it; nothing chosen is no priority."""
        reason = self.cleaned_data["priority"]
        return PriorityReason(reason) if reason else None


class Receive(forms.Form):
    """Somebody stands at the desk with a number from afar or a missed one."""

    number = forms.CharField(
        label=_("Number or code"),
        max_length=40,
        help_text=_("As on the phone or the slip, such as A-012."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
