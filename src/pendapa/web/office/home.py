"""Where somebody goes after signing in: to the one face that their roles open, or to a choice of them."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from pendapa.directory.accounts.rules import ROLES, Act
from pendapa.web.office.access import OfficeRequest, signed_in
from pendapa.web.office.registers import Words
from pendapa.web.pages import answer


@dataclass(frozen=True)
class Face:
    """A part of Pendapa that some acts open."""

    title: Words
    text: Words
    icon: str
    url_name: str
    acts: frozenset[Act]


FACES = (
    Face(
        _("Counter desk"),
        _("Call and serve visitors at a counter."),
        "person-badge",
        "desk_choose",
        frozenset({Act.SERVE}),
    ),
    Face(
        _("Office"),
        _("Look after mall, agencies, hours, people and devices."),
        "building",
        "office",
        frozenset({Act.READ}),
    ),
)


@require_safe
@signed_in
def show(request: OfficeRequest) -> HttpResponse:
    """The faces of this person; who has one only goes straight there."""
    kinds = request.user.roles.values_list("kind", flat=True)
    acts = frozenset[Act]().union(*(ROLES[kind].acts for kind in kinds))
    faces = [face for face in FACES if face.acts & acts]
    if len(faces) == 1:
        return redirect(reverse(faces[0].url_name))
    return answer(request, "office/home.html", "home", {"faces": faces, "is_demo": settings.DEMO})
