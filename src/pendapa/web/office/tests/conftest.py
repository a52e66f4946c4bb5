"""A mall with an operator, an auditor and a manager for the tests of the office."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page

from pendapa.directory.accounts.models import RoleKind, User
from pendapa.directory.malls.models import Agency, Mall
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_user

SignIn = Callable[[User], Client]


def fits(page: Page) -> bool:
    """Whether nothing of a page reaches past the side of its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.fixture
def mall(db: None) -> Mall:
    return make_mall(name="MPP Magetan")


@pytest.fixture
def agency(mall: Mall) -> Agency:
    return make_agency(mall, "Dukcapil")


@pytest.fixture
def sign_in() -> SignIn:
    def enter(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def operator(mall: Mall) -> User:
    return make_user("endah", mall=mall, kind=RoleKind.OPERATOR)


@pytest.fixture
def at_office(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


@pytest.fixture
def manager(mall: Mall, agency: Agency) -> User:
    return make_user("wening", mall=mall, agency=agency, kind=RoleKind.MANAGER)


@pytest.fixture
def auditor(mall: Mall) -> User:
    return make_user("teguh", mall=mall, kind=RoleKind.AUDITOR)
