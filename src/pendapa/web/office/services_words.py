"""What stands beside the services: the words that people say, and the signed pledges of agencies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue import actions, queries
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService
from pendapa.directory.catalogue.rules import Faulty
from pendapa.directory.malls.models import Agency, Mall
from pendapa.web.office import cells
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.agencies import agencies_for, agency_choices
from pendapa.web.office.cells import Reading
from pendapa.web.office.places import RecordForm, offer
from pendapa.web.office.registers import Column, Filter, ImportColumn, Importer, Planned, Register, Row, Sent

LONGEST_PLEDGE = 2000

# ---- Words ----


def service_meant(mall: Mall, said: str) -> PublicService:
    """The one service that somebody means by its name, its short name, or "name (short name)".

    Raises `ValidationError` where there is none, or more than one.
    """
    _name, bracket, slug = said.rpartition("(")
    found = queries.services_of(mall)
    by_slug = found.filter(slug=(slug.rstrip(") ") if bracket else said).strip().lower()).first()
    if by_slug is not None:
        return by_slug
    near = list(found.filter(name__iexact=said.strip())[:2]) or list(queries.services_of(mall, search=said)[:2])
    if len(near) == 1:
        return near[0]
    if near:
        raise ValidationError(
            _("“%(text)s” may be %(one)s or %(other)s. Please write out which.")
            % {
                "text": said[:80],
                "one": f"{near[0].name} ({near[0].slug})",
                "other": f"{near[1].name} ({near[1].slug})",
            }
        )
    raise ValidationError(_("There is no service “%(text)s” here.") % {"text": said[:80]})


class WordForm(RecordForm):
    """What people say, and what they mean by it."""

    service = forms.CharField(
        label=gettext_lazy("Or one service"),
        help_text=gettext_lazy("A few letters of its name are enough where only one service has them."),
        max_length=200,
        required=False,
    )

    class Meta:
        model = MallSynonym
        fields = ("said", "means")
        help_texts = {
            "said": gettext_lazy("As it is typed and spoken here, such as “ngurus akte”."),
            "means": gettext_lazy("Words of the catalogue that stand for it, such as “akta kelahiran”."),
        }

    def __init__(self, request: OfficeRequest, word: MallSynonym | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=word)
        self.mall = request.mall
        self.order_fields(["said", "means", "service"])
        if word is not None and word.service is not None:
            self.initial["service"] = f"{word.service.name} ({word.service.slug})"

    def clean_service(self) -> PublicService | None:
        """The service that is meant."""
        said = self.cleaned_data["service"].strip()
        return service_meant(self.mall, said) if said else None


def _words(request: OfficeRequest) -> QuerySet[MallSynonym]:
    return queries.synonyms_of(request.mall)


def _save_word(request: OfficeRequest, word: MallSynonym | None, sent: Sent) -> MallSynonym:
    return _keep_word(request, word, sent.form.cleaned_data, version=sent.version, at=sent.at)


def _keep_word(
    request: OfficeRequest, word: MallSynonym | None, values: dict[str, Any], *, version: int | None, at: datetime
) -> MallSynonym:
    return actions.save_synonym(mall=request.mall, synonym=word, values=values, version=version, by=request.user, at=at)


def _remove(request: OfficeRequest, record: Any, at: datetime) -> RemovedRecord:
    return actions.remove_kept(record=record, by=request.user, at=at)


def _restore(request: OfficeRequest, removed: RemovedRecord, at: datetime) -> None:
    actions.restore_kept(mall=request.mall, removed=removed, by=request.user, at=at)


def _plan_words(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    known = {one.said: one for one in _words(request)}
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        read.take("said", needed=True, longest=80)
        said = " ".join(read.text("said").casefold().split())
        read.values["said"] = said
        read.take("means", longest=160)
        if "means" in read.values:
            read.values |= {"means": " ".join(read.values["means"].casefold().split()), "service": None}
        if name := read.text("service"):
            try:
                read.values |= {"service": service_meant(request.mall, name), "means": ""}
            except ValidationError as error:
                read.errors.extend(error.messages)
        if bool(read.text("means")) == bool(name) and not read.errors:
            read.errors.append(_("Name either the words that are meant or one service."))
        cells.twice(read, said, seen)
        planned.append(cells.fate(read, known.get(said), said))
    return planned


def _apply_words(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, _more = one.content
        word = _words(request).get(pk=pk) if pk else None
        _keep_word(request, word, values, version=None, at=at)


WORDS = Register(
    name="words",
    title=gettext_lazy("Words people say"),
    singular=gettext_lazy("word"),
    add_label=gettext_lazy("Add a word"),
    icon="translate",
    explain=gettext_lazy("Local names and shorthand, so that a search finds the service that is meant."),
    model=MallSynonym,
    rows=_words,
    columns=(
        Column("said", gettext_lazy("What people say"), lambda one: one.said, ("said",)),
        Column("means", gettext_lazy("What the catalogue says"), lambda one: one.means or None, ("means", "said")),
        Column(
            "service",
            gettext_lazy("Service"),
            lambda one: one.service.name if one.service else None,
            ("service__name", "said"),
        ),
    ),
    form=WordForm,
    save=_save_word,
    remove=_remove,
    restore=_restore,
    search=("said__icontains", "means__icontains", "service__name__icontains"),
    order=("said", "pk"),
    importer=Importer(
        (
            ImportColumn("said", ("kata warga", "what people say"), True, "", ("ngurus akte", "skck")),
            ImportColumn("means", ("kata katalog", "what the catalogue says"), False, "", ("akta kelahiran", "")),
            ImportColumn(
                "service",
                ("layanan", "service"),
                False,
                gettext_lazy("Its name or short name; then leave the column before it empty."),
                ("", "SKCK"),
            ),
        ),
        _plan_words,
        _apply_words,
    ),
)


# ---- Pledges ----


class PledgeForm(RecordForm):
    """The signed promise of an agency, in its languages."""

    text_id = forms.CharField(
        label=gettext_lazy("Text in Indonesian"),
        max_length=LONGEST_PLEDGE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("As it is signed and hangs in the hall."),
    )
    text_en = forms.CharField(
        label=gettext_lazy("Text in English"),
        max_length=LONGEST_PLEDGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    class Meta:
        model = AgencyPledge
        fields = ("agency", "signed_by", "signed_on")
        help_texts = {"signed_by": gettext_lazy("An office, no person's name: Kepala Dinas.")}
        widgets = {"signed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, request: OfficeRequest, pledge: AgencyPledge | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=pledge)
        self.pledge = pledge
        if pledge is None:
            offer(self, "agency", agencies_for(request, Act.MANAGE).exclude(pledges__mall=request.mall))
        else:
            offer(self, "agency", Agency.objects.filter(pk=pledge.agency_id))
            self.fields["agency"].disabled = True
            self.initial = {**self.initial, "text_id": pledge.text.get("id", ""), "text_en": pledge.text.get("en", "")}

    def clean(self) -> dict[str, Any]:
        """The text by language; further languages stay as they are."""
        typed = super().clean() or {}
        held = {
            key: words for key, words in (self.pledge.text if self.pledge else {}).items() if key not in {"id", "en"}
        }
        typed["text"] = {**held, "id": typed.get("text_id", ""), "en": typed.get("text_en", "")}
        return typed


def _pledges(request: OfficeRequest) -> QuerySet[AgencyPledge]:
    found = queries.pledges_of(request.mall)
    own = request.standing.agencies(Act.READ)
    return found if own is None else found.filter(agency__in=own)


def _may_change_pledge(request: OfficeRequest, pledge: AgencyPledge | None) -> bool:
    if pledge is None:
        return request.standing.may_somewhere(Act.MANAGE)
    return request.standing.may(Act.MANAGE, pledge.agency_id)


def _save_pledge(request: OfficeRequest, pledge: AgencyPledge | None, sent: Sent) -> AgencyPledge:
    typed = sent.form.cleaned_data
    values = {name: typed[name] for name in ("text", "signed_by", "signed_on")}
    try:
        return actions.save_pledge(
            mall=request.mall,
            agency=typed["agency"],
            pledge=pledge,
            values=values,
            version=sent.version,
            by=request.user,
            at=sent.at,
        )
    except Faulty as faulty:
        places = {"text.id": "text_id", "text.en": "text_en"}
        raise ValidationError({places.get(path, "text_id"): words for path, words in faulty.faults.items()}) from faulty


PLEDGES = Register(
    name="pledges",
    title=gettext_lazy("Service pledges"),
    singular=gettext_lazy("service pledge"),
    add_label=gettext_lazy("Add a pledge"),
    icon="shield-check",
    explain=gettext_lazy("The maklumat pelayanan of each agency: its signed promise to serve by the standard."),
    model=AgencyPledge,
    rows=_pledges,
    columns=(
        Column("agency", gettext_lazy("Agency"), lambda one: one.agency.short_name, ("agency__short_name",)),
        Column("signed_by", gettext_lazy("Signed by"), lambda one: one.signed_by, ("signed_by", "agency__short_name")),
        Column("signed_on", gettext_lazy("Signed on"), lambda one: one.signed_on, ("signed_on", "agency__short_name")),
        Column(
            "languages",
            gettext_lazy("Languages"),
            lambda one: ", ".join(language.upper() for language in one.words.languages),
        ),
    ),
    form=PledgeForm,
    save=_save_pledge,
    remove=_remove,
    restore=_restore,
    search=("agency__short_name__icontains", "agency__name__icontains", "signed_by__icontains"),
    order=("agency__short_name", "pk"),
    filters=(Filter("agency", gettext_lazy("Agency"), agency_choices, lambda rows, pk: rows.filter(agency=pk)),),
    writes=Act.MANAGE,
    may_change=_may_change_pledge,
    groups=(
        (gettext_lazy("Promise"), ("agency", "text_id", "text_en")),
        (gettext_lazy("Signature"), ("signed_by", "signed_on")),
    ),
)

REGISTERS = (WORDS, PLEDGES)
