"""Staff sign in by the accounts of an outside provider (OpenID Connect). It makes no accounts and gives no roles."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from django.http import Http404, HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from pendapa.base import clock
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import User


class StaffOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Lets in whom the office knows: the first time by a verified e-mail address, later by the provider's subject."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the person, or answer with a sentence that says why not."""
        if sociallogin.state.get("process") != "login":
            raise Http404  # nobody links a second outside account by hand
        account, claims = sociallogin.account, _claims(sociallogin.account.extra_data)
        account.extra_data = {}  # names and addresses stay with the provider
        if sociallogin.is_existing:
            user = sociallogin.user
            account.save(update_fields=["extra_data"])
        else:
            user = self._by_address(request, claims, account.provider)
        if not user.is_active:
            _refuse(request, user, _("You have left this installation. Ask the office if that is wrong."))
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)
            actions.note_sign_in(user=user, verb="user.linked", at=clock.now())

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: people are invited."""
        return False

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """The provider refused, or could not be reached; its own words are not shown."""
        _refuse(request, None, _("The other sign-in did not work. Try again, or use your user name and password."))

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """The one provider of the settings; none is kept in the database."""
        apps: list[Any] = []
        for found in _build_apps_from_settings(provider=provider, client_id=client_id).values():
            apps += found
        return apps

    def _by_address(self, request: HttpRequest, claims: dict[str, Any], provider: str) -> User:
        address = str(claims.get("email") or "").replace("\0", "")
        if not address.isascii() or not address or claims.get("email_verified") is not True:
            _refuse(
                request,
                None,
                _("The provider has not verified an e-mail address of yours, so it cannot open an account here."),
            )
        user = User.objects.filter(email__iexact=address).first()
        if user is None:
            _refuse(
                request,
                None,
                _("Nobody here has the e-mail address that the provider names. Ask the office to invite you with it."),
            )
        assert user is not None
        from allauth.socialaccount.models import SocialAccount  # its models come after this adapter

        if SocialAccount.objects.filter(user=user).exists():
            _refuse(
                request,
                user,
                _("Your account here belongs to another account of the provider. Ask the office for help."),
            )
        return user


def _claims(data: dict[str, Any]) -> dict[str, Any]:
    return data.get("userinfo") or data.get("id_token") or data


def _refuse(request: HttpRequest, user: User | None, sentence: str) -> None:
    actions.note_failed_sign_in(username=user.username if user else "", at=clock.now())
    page = render(request, "socialaccount/refused.html", {"sentence": sentence}, status=403)
    raise ImmediateHttpResponse(page)
