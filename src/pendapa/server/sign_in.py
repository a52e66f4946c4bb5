"""Signing in by allauth, with the pages that Pendapa has: nobody makes an account for themselves."""

from io import BytesIO
from typing import TYPE_CHECKING

import segno
from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount.providers.openid_connect import views as single
from django.urls import path

from pendapa.directory.accounts import queries
from pendapa.directory.accounts.actions.second_factors import hide, reveal
from pendapa.web.ui import accounts

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest  # noqa: TID251 -- a type only; the views are allauth's

    from pendapa.directory.accounts.models import User


class NoSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """People are invited in the office; the first administrator is made by `pendapa admin`."""

    def is_open_for_signup(self, request: "HttpRequest") -> bool:
        """Always closed."""
        return False


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]  # allauth carries no types
    """Codes from an app on the phone, kept encrypted; who is obliged cannot do without."""

    def get_totp_label(self, user: "User") -> str:
        """The name in the app."""
        return user.username

    def build_totp_svg(self, url: str) -> str:
        """The QR code that the app reads."""
        drawn = BytesIO()
        segno.make(url, error="m", micro=False).save(drawn, kind="svg", border=2, scale=4, light="#fff")
        return drawn.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return hide(text)

    def decrypt(self, encrypted_text: str) -> str:
        return reveal(encrypted_text)

    def can_delete_authenticator(self, authenticator: "Authenticator") -> bool:
        """Not while a role asks for it; an administrator can reset it when the phone is gone."""
        return not queries.is_obliged(authenticator.user)


_STAFF = {"provider_id": "staff"}  # the one provider of the settings

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("again/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", views.password_change, name="account_change_password"),
    path("account/", accounts.account, name="account"),
    path("account/everywhere/", accounts.sign_out_everywhere, name="account_sign_out_everywhere"),
    path("invitation/<str:code>/", accounts.invitation, name="invitation"),
    path("second-factor/", second_factor.index, name="mfa_index"),
    path("second-factor/ask/", second_factor.authenticate, name="mfa_authenticate"),
    path("second-factor/again/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second-factor/codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("second-factor/codes/file/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("single/", single.login, _STAFF, name="openid_connect_login"),
    path("single/callback/", single.callback, _STAFF, name="openid_connect_callback"),
]
