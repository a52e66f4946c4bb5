"""One's own account: the link of an invitation, the language, the ways to sign in."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import LANGUAGE_QUERY_PARAMETER, set_language

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts import actions, queries
from pendapa.directory.accounts.models import User
from pendapa.web.ui.origins import own_pages_only


class NewPassword(forms.Form):
    """A password typed twice."""

    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """That both are alike; how strong it is, the action decides."""
        typed = super().clean() or {}
        if "again" in typed and typed.get("password") != typed["again"]:
            self.add_error("again", _("The two passwords differ."))
        return typed


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Where the link of an invitation leads: set a password, then sign in with it."""
    at, real_at = clock.now(), clock.real_now()
    try:
        found = actions.open_invitation(code=code, real_at=real_at)
    except Refused as refusal:
        return render(request, "account/invitation.html", {"refusal": refusal}, status=refusal.status)
    form = NewPassword(request.POST or None)
    if form.is_valid():
        try:
            actions.accept_invitation(code=code, password=form.cleaned_data["password"], at=at, real_at=real_at)
        except ValidationError as error:
            form.add_error("password", error)
        except Refused as refusal:
            return render(request, "account/invitation.html", {"refusal": refusal}, status=refusal.status)
        else:
            if request.user.is_authenticated:
                logout(request)  # of whoever used this browser before
            messages.success(request, _("Your password is set. Sign in with it now."))
            return redirect("account_login")
    page = {"form": form, "person": found.user, "rules": password_validators_help_texts()}
    return render(request, "account/invitation.html", page, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What somebody can do about their own account."""
    user = request.user
    assert user.is_authenticated
    page = {
        "roles": user.roles.select_related("mall", "agency", "region").order_by("mall__name", "kind"),
        "has_second_factor": queries.has_second_factor(user),
        "is_obliged": queries.is_obliged(user),
        "has_password": user.has_usable_password(),
    }
    return render(request, "account/account.html", page)


@require_POST
@own_pages_only
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages; for somebody who is signed in also on other computers."""
    chosen = request.POST.get(LANGUAGE_QUERY_PARAMETER, "")
    if chosen in dict(settings.LANGUAGES) and request.user.is_authenticated:
        actions.set_language(user=request.user, language=chosen)
    response: HttpResponse = set_language(request)
    return response


@login_required
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End one's sessions on all machines, this one too."""
    assert request.user.is_authenticated
    user = User.objects.get(pk=request.user.pk)  # itself, not the lazy one of the request
    actions.sign_out_everywhere(user=user, by=user, at=clock.now())
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("account_login")
