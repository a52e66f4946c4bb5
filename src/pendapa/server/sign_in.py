"""Signing in by allauth, with the pages that Pendapa has: nobody makes an account for themselves."""

from typing import TYPE_CHECKING

from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from django.urls import path

if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 -- a type only; the views are allauth's


class NoSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Administrators make accounts, in the office or by `pendapa admin`."""

    def is_open_for_signup(self, request: "HttpRequest") -> bool:
        """Always closed."""
        return False


urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("again/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", views.password_change, name="account_change_password"),
]
