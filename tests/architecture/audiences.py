"""The address book with its audiences: who may reach which route, for the tests of audiences and of roles."""

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any, cast

from django.db.models import Model
from django.http import HttpResponseBase  # noqa: TID251 -- the type of what a test client gets
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from pendapa.base import clock
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.models import Posting, RoleKind, User
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue.actions import put_service
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService
from pendapa.directory.catalogue.tests.make import full_content
from pendapa.directory.malls.models import (
    Agency,
    CalendarDay,
    DayKind,
    Facility,
    FacilityKind,
    Mall,
    Schedule,
    Season,
    SpecialDay,
)
from pendapa.operations.queueing.tests.make import make_counter, make_device, make_queue, make_user, take, ticket_of
from pendapa.web.office import sections

ANYONE = "anyone"
CODE = "whoever holds the code"
PERSON = "whoever is signed in"
OFFICER = "an officer of the counter's agency"
KIOSK = "a kiosk of the mall"
DEVICE = "a device with its token"
DEMO = "anyone in a demo"
RECEIVER = "whoever serves or receives visitors there"
READER = "whoever may see this mall's office"
ARRANGER = "whoever arranges this mall"
MANAGER = "whoever manages the agency, or the mall"
STAFFER = "whoever looks after the people"
WORKER = "whoever works in this mall or sees its office"
REGISTER = "as the register says"
INSTALLATION = "administrators of the whole installation"
INSTALLATION_READER = "whoever reads the whole installation"

ACTS = {  # audiences that come with a role at a mall: any of these acts opens
    OFFICER: frozenset({Act.SERVE}),
    RECEIVER: frozenset({Act.SERVE, Act.RECEIVE}),
    READER: frozenset({Act.READ}),
    ARRANGER: frozenset({Act.ARRANGE}),
    MANAGER: frozenset({Act.MANAGE}),
    STAFFER: frozenset({Act.STAFF}),
    WORKER: frozenset({Act.SERVE, Act.RECEIVE, Act.READ}),
}

AUDIENCES = {
    "healthz": ANYONE,
    "readyz": ANYONE,
    "metrics": ANYONE,
    "api/v1/openapi.json": ANYONE,
    "api/v1/": ANYONE,
    "api/v1/malls": ANYONE,
    "api/v1/malls/<slug:mall>": ANYONE,
    "api/v1/malls/<slug:mall>/services": ANYONE,
    "api/v1/malls/<slug:mall>/queues": ANYONE,
    "api/v1/malls/<slug:mall>/board": ANYONE,
    "api/v1/malls/<slug:mall>/tickets": ANYONE,
    "api/v1/tickets/<code>": CODE,
    "api/v1/tickets/<code>/cancel": CODE,
    "api/v1/tickets/<code>/arrive": CODE,
    "api/v1/devices/report": DEVICE,
    "api/v1/malls/<slug:mall>/counters": RECEIVER,
    "api/v1/malls/<slug:mall>/counters/<number>/call-next": OFFICER,
    **{
        f"api/v1/malls/<slug:mall>/tickets/<code>/{act}": OFFICER
        for act in ("recall", "start", "finish", "no-show", "hold", "resume", "transfer", "undo")
    },
    "api/v1/malls/<slug:mall>/tickets/<code>/return": RECEIVER,
    r"api/v1/^[\s\S]*$": ANYONE,
    "sign-in/login/": ANYONE,
    "sign-in/logout/": ANYONE,
    "sign-in/inactive/": ANYONE,
    "sign-in/again/": PERSON,
    "sign-in/password/": PERSON,
    "sign-in/invitation/<str:code>/": ANYONE,
    "sign-in/single/": ANYONE,
    "sign-in/single/callback/": ANYONE,
    "sign-in/account/": PERSON,
    "sign-in/account/everywhere/": PERSON,
    **{
        f"sign-in/second-factor/{act}": PERSON
        for act in ("", "again/", "app/", "app/remove/", "ask/", "codes/", "codes/file/", "codes/new/")
    },
    "language/": ANYONE,
    "gallery/": DEMO,
    "board/<slug:mall_code>/": ANYONE,
    "kiosk/<slug:mall_code>/": KIOSK,
    "kiosk/<slug:mall_code>/arrive/": KIOSK,
    "kiosk/<slug:mall_code>/agencies/<int:agency>/": KIOSK,
    "kiosk/<slug:mall_code>/services/<slug:slug>/": KIOSK,
    "devices/enter/": ANYONE,
    "devices/leave/": ANYONE,
    "devices/pair/": ANYONE,
    "devices/pair/state/": ANYONE,
    "devices/report/": ANYONE,
    "devices/code/": PERSON,
    "example/": DEMO,
    "example/sign-in/": DEMO,
    "example/device/": DEMO,
    "example/time/": DEMO,
    "desk/": PERSON,
    **{
        f"desk/<slug:mall>/<int:number>/{act}": OFFICER
        for act in ("", "now/", "sit/", "close/", "next/", "go-on/", "break/", "issue/", "receive/")
    },
    "desk/<slug:mall>/<int:number>/change/": OFFICER,
    "desk/<slug:mall>/<int:number>/change/forget/": OFFICER,
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/transfer/": OFFICER,
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/call/": OFFICER,
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/cancel/": OFFICER,
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/<slug:act>/": OFFICER,
    "home/": PERSON,
    "theme/": ANYONE,
    "office/": PERSON,
    "office/<slug:mall>/": READER,
    "office/new/": INSTALLATION,
    "office/regions/": PERSON,
    "office/<slug:mall>/identity/": READER,
    "office/<slug:mall>/work-profiles/fill/": ARRANGER,
    "office/<slug:mall>/devices/pair/": ARRANGER,
    "office/<slug:mall>/devices/<int:record>/state/": READER,
    **{f"office/<slug:mall>/devices/<int:record>/{act}/": ARRANGER for act in ("lock", "unlock", "withdraw")},
    "office/<slug:mall>/people/new/": STAFFER,
    "office/<slug:mall>/people/<int:record>/roles/<int:role>/take/": STAFFER,
    **{
        f"office/<slug:mall>/people/<int:record>/{act}/": STAFFER
        for act in ("link", "roles", "sign-out", "second-factor", "leave", "come-back")
    },
    "office/<slug:mall>/roster/copy/": MANAGER,
    "office/<slug:mall>/roster/week/": READER,
    "office/<slug:mall>/hours/week/": READER,
    "office/<slug:mall>/hours/new/": MANAGER,
    "office/<slug:mall>/hours/<int:record>/": READER,
    **{f"office/<slug:mall>/calendar/{part}": READER for part in ("", "export.<slug:form>", "<int:day>/")},
    **{
        f"office/<slug:mall>/calendar/{part}": ARRANGER
        for part in (
            "new/",
            "confirm/",
            "import/",
            "import/<slug:token>/",
            "<int:day>/withdraw/",
            "<int:day>/reject/",
            "<int:day>/restore/",
        )
    },
    **{f"office/calendar/{part}": INSTALLATION_READER for part in ("", "export.<slug:form>", "<int:day>/")},
    **{
        f"office/calendar/{part}": INSTALLATION
        for part in (
            "new/",
            "confirm/",
            "import/",
            "import/<slug:token>/",
            "<int:day>/withdraw/",
            "<int:day>/reject/",
            "<int:day>/restore/",
        )
    },
    "office/<slug:mall>/services/changes/": WORKER,
    "office/<slug:mall>/services/export.<slug:form>": READER,
    **{
        f"office/<slug:mall>/services/{part}": MANAGER
        for part in ("new/", "import/", "import/<slug:token>/", "restore/<int:discarded>/")
    },
    **{
        f"office/<slug:mall>/services/<int:record>/{part}": READER
        for part in ("", "review/", "versions/", "versions/<int:version>/", "compare/")
    },
    **{
        f"office/<slug:mall>/services/<int:record>/{act}/": MANAGER
        for act in ("preview", "submit", "publish", "return", "discard", "retire", "bring-back")
    },
    "office/<slug:mall>/removed/": READER,
    "office/<slug:mall>/removed/<int:removed>/": ARRANGER,
    **{
        f"office/<slug:mall>/<slug:register>/{act}": REGISTER
        for act in (
            "",
            "new/",
            "import/",
            "import/example.<slug:form>",
            "import/<slug:token>/",
            "<int:record>/",
            "<int:record>/history/",
            "<int:record>/remove/",
        )
    },
    "": ANYONE,
    "mine/": ANYONE,
    "t/<str:code>/": CODE,
    "t/<str:code>/arrive/": CODE,
    "t/<str:code>/return/": CODE,
    "t/<str:code>/cancel/": CODE,
    "v/<str:code>/": CODE,
    "<slug:mall_code>/": ANYONE,
    "<slug:mall_code>/events/<slug:event>/": ANYONE,
    "<slug:mall_code>/guide/": ANYONE,
    "<slug:mall_code>/guide/<slug:step>/": ANYONE,
    "<slug:mall_code>/agencies/<int:agency>/": ANYONE,
    "<slug:mall_code>/agencies/<int:agency>/pledge/": ANYONE,
    **{f"<slug:mall_code>/services/<slug:slug>/{part}": ANYONE for part in ("", "number/", "now/", "leaflet.pdf")},
    "<slug:mall_code>/services/<slug:slug>/versions/<int:number>/": ANYONE,
}

# Registers whose records are not added at a mall: the mall itself.
NOT_ADDED = frozenset({"identity"})

# Registers of what the whole mall shares: every agency's manager may see it. All others keep to their agency.
OF_MALL = frozenset({"identity", "zones", "facilities", "seasons", "words", "devices"})

# What is over or was never begun is not there for anybody: such addresses are only tried by those who may not.
FLEETING = ("calendar/import/<slug:token>/", "services/import/<slug:token>/", "services/restore/<int:discarded>/")

# Routes of a register that ask for more than seeing it.
WRITES = ("new/", "import/", "import/example.<slug:form>", "import/<slug:token>/", "remove/")

POSTED = (  # addresses that only take forms or commands
    "logout/", "language/", "theme/", "leave/", "<int:removed>/", "example/sign-in/", "example/device/", "sit/",
    "close/", "next/", "go-on/", "<slug:act>/", "arrive", "cancel", "t/<str:code>/arrive/", "t/<str:code>/return/",
    "t/<str:code>/cancel/", "malls/<slug:mall>/tickets", "call-next", "recall", "start", "finish", "no-show",
    "hold", "resume", "return", "tickets/<code>/transfer", "undo",
    "everywhere/", "forget/", "lock/", "unlock/", "withdraw/", "take/", "sign-out/",
    "<int:record>/second-factor/", "come-back/",
    "copy/", "fill/", "devices/report",
    "reject/", "confirm/", "<int:day>/restore/",
    *(f"services/<int:record>/{act}/" for act in ("preview", "submit", "publish", "return", "discard", "bring-back")),
    "services/restore/<int:discarded>/",
)  # fmt: skip


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the address book, written out from the root."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def of(audience: str) -> list[str]:
    return [route for route, named in AUDIENCES.items() if named == audience]


def is_posted(route: str) -> bool:
    return route.endswith(POSTED) and not route.startswith("kiosk/")


class Places(dict[str, Any]):
    """What the placeholders of the routes may stand for: all of it exists, at one mall and one agency of it."""

    mall: Mall
    agency: Agency

    def is_of_agency(self, route: str, register: str) -> bool:
        """Whether a route leads to something of the agency alone."""
        if AUDIENCES[route] in {OFFICER, RECEIVER}:
            return "<number>" in route or "<int:number>" in route or "<code>" in route
        if "<int:record>" not in route:
            return False
        return (register or of_register(route)) not in OF_MALL

    def is_of_mall(self, route: str) -> bool:
        """Whether a route lies within the mall."""
        return "<slug:mall>" in route


def make_service(places: Places) -> PublicService:
    """A service of the agency with a published version."""
    mall, at = places.mall, clock.now()
    return put_service(
        mall=mall, agency=places.agency, slug="akta", content=full_content(), by="user:8", reviewed_by="user:9", at=at
    )


def _officer(places: Places) -> User:
    """An officer of the agency, who signs in elsewhere and so has no password here."""
    user = make_user(mall=places.mall, agency=places.agency, kind=RoleKind.OFFICER)
    user.set_unusable_password()
    user.save()
    return user


# register: how to make one of its records at the mall, of the agency where it has one
EXAMPLES: dict[str, Callable[[Places], Model]] = {
    "identity": lambda places: places.mall,
    "zones": lambda places: places.mall.zones.get(),
    "facilities": lambda places: Facility.objects.create(mall=places.mall, kind=FacilityKind.RAMP),
    "agencies": lambda places: places.agency.tenancies.get(),
    "counters": lambda places: places.mall.counters.get(number=places["number"]),
    "queues": lambda places: places.mall.queues.get(prefix="A"),
    "work-profiles": lambda places: places.mall.work_profiles.get(queues__prefix="A"),
    "people": _officer,
    "roster": lambda places: Posting.objects.create(
        mall=places.mall,
        user=_officer(places),
        counter=places.mall.counters.get(number=places["number"]),
        date=date(2026, 11, 25),
        starts=time(8),
        ends=time(15),
    ),
    "devices": lambda places: make_device(places.mall),
    "hours": lambda places: Schedule.objects.get_or_create(mall=places.mall, agency=places.agency, name="Jam instansi")[
        0
    ],
    "seasons": lambda places: Season.objects.create(
        mall=places.mall, name="Ramadan", starts_on=date(2027, 2, 8), ends_on=date(2027, 3, 9)
    ),
    "special-days": lambda places: SpecialDay.objects.create(
        mall=places.mall,
        schedule=cast("Schedule", example_of("hours", places)),
        date=date(2026, 12, 31),
        reason="Rapat akhir tahun",
    ),
    "services": make_service,
    "words": lambda places: MallSynonym.objects.create(mall=places.mall, said="akte", means="akta"),
    "pledges": lambda places: AgencyPledge.objects.create(
        mall=places.mall,
        agency=places.agency,
        text={"id": "Kami melayani."},
        signed_by="Kepala Dinas",
        signed_on=date(2026, 1, 5),
    ),
}


# Routes about one record that are no part of a register's own: where their record comes from.
OF_REGISTER = {"people": "people", "devices": "devices", "hours": "hours", "services": "services"}


def example_of(register: str, places: Places, route: str = "") -> Model:
    """One record of a register at the mall, made once; of people one for each route, since an act may take the role."""
    made: dict[str, Model] = places.setdefault("records", {})
    key = f"{register} {route}" if register == "people" else register
    if key not in made:
        made[key] = EXAMPLES[register](places)
    return made[key]


def of_register(route: str) -> str:
    """The register whose record a page of its own is about."""
    return OF_REGISTER[route.split("/")[2]]


def needs(route: str, register: str) -> frozenset[Act]:
    """The acts of which each opens a route at a mall; none where no role does."""
    if AUDIENCES[route] != REGISTER:
        return ACTS[AUDIENCES[route]]
    kind = sections.REGISTERS[register]
    if register in NOT_ADDED and route.endswith("new/"):
        return frozenset()
    if ("import/" in route and kind.importer is None) or (route.endswith("remove/") and kind.remove is None):
        return frozenset()
    return frozenset({kind.writes if route.endswith(WRITES) else kind.reads})


def make_places() -> Places:
    """A mall with an agency, and all that the routes name."""
    queue = make_queue(prefix="A")
    counter = make_counter(queue)
    ticket = ticket_of(take(queue))
    removed = RemovedRecord.objects.create(
        subject="zone:0", name="Zona", mall=queue.mall_id, content=[], removed_by="system", removed_at=clock.now()
    )
    places = Places(
        mall=queue.mall.code,
        mall_code=queue.mall.code,
        slug=queue.services.get().slug,
        version=1,
        discarded=0,
        agency=queue.agency_id,
        number=counter.number,
        ticket=ticket.pk,
        act="start",
        code=ticket.code,
        removed=removed.pk,
        form="csv",
        token="none",
        day=_day(queue.mall, date(2026, 10, 12)).pk,
        confirmed_day=_day(
            queue.mall, date(2026, 10, 13), legal_basis="SK 1", confirmed_by="user:0", confirmed_at=clock.now()
        ).pk,
    )
    places.mall, places.agency = queue.mall, queue.agency
    return places


def _day(mall: Mall, on: date, **confirmed: Any) -> CalendarDay:
    return CalendarDay.objects.create(
        mall=mall,
        kind=DayKind.REGIONAL,
        date=on,
        name="Hari jadi",
        proposed_by="system",
        proposed_at=clock.now(),
        **confirmed,
    )


def address(route: str, places: Places, register: str = "") -> str:
    """The address that a route stands for."""
    path = "/" + route.replace(r"^[\s\S]*$", "nothing")
    filled = {**places, "register": register}
    if "withdraw" in route:
        filled["day"] = places["confirmed_day"]
    if "<int:record>" in route:
        record = example_of(register or of_register(route), places, route)
        filled["record"] = record.pk
        if "<int:role>" in route:
            filled["role"] = record.roles.get().pk  # type: ignore[attr-defined]  # a person
    for name, value in filled.items():
        for kind in ("", "slug:", "int:", "str:"):
            path = path.replace(f"<{kind}{name}>", str(value))
    return path


def reach(client: Client, route: str, places: Places, *, register: str = "", **headers: str) -> HttpResponseBase:
    """Ask for a route in the way it wants to be asked."""
    path = address(route, places, register)
    if is_posted(route) and route.startswith("api/"):
        body = {"service": places["slug"]} if route.endswith("transfer") else {}
        return client.post(path, body, content_type="application/json", headers=headers)
    if is_posted(route):
        return client.post(path, headers=headers)
    return client.get(path, headers=headers)
