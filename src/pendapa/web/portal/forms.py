"""What a citizen fills in to take a number."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from pendapa.operations.queueing.models import PRIORITY_REASON_NAMES
from pendapa.operations.queueing.rules import PriorityReason


def new_key() -> str:
    """A one-time key: sent twice, the second request finds the first one's number."""
    return uuid4().hex


class TakeNumber(forms.Form):
    """A number from afar. `visits` are (code, words) of the visits it may belong to; the first is proposed."""

    key = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    visit = forms.ChoiceField(label=_("Who is this number for?"), widget=forms.RadioSelect, required=False)
    priority = forms.ChoiceField(label=_("Reason for going first"), required=False)

    def __init__(self, *args: Any, visits: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if visits:
            self.fields["visit"].choices = [*visits, ("", _("For somebody else"))]  # type: ignore[attr-defined]  # of ChoiceField
            self.fields["visit"].initial = visits[0][0]
        else:
            del self.fields["visit"]
        reasons = [(reason.value, PRIORITY_REASON_NAMES[reason]) for reason in PriorityReason]
        self.fields["priority"].choices = [("", _("No priority")), *reasons]  # type: ignore[attr-defined]  # of ChoiceField

    def reason(self) -> PriorityReason | None:
        """The declared reason, or None."""
        chosen = self.cleaned_data["priority"]
        return PriorityReason(chosen) if chosen else None
