"""What people come for: public services with the versions of their standard, pledges, and words that people say."""

from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from pendapa.base.records.models import Record
from pendapa.directory.catalogue import rules
from pendapa.directory.catalogue.rules import Standard, State
from pendapa.directory.malls.models import Agency, Mall


class PublicService(Record):
    """One public service (*layanan*) that an agency gives at a mall. The slug names it in addresses for ever.

    `name` is the Indonesian one of the version in force, for lists that need no more. A retired service is no longer
    shown or offered; its versions stay.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="public_services", verbose_name=_("mall"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="public_services", verbose_name=_("agency"))
    name = models.CharField(_("name"), max_length=160)
    slug = models.SlugField(_("short name in addresses"), max_length=80)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("public service")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "slug"],
                name="service_slug_once_per_mall",
                violation_error_message=_("Another service of this mall has this short name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None


class VersionState(models.TextChoices):
    """The states of `rules.STEPS`, as people call them."""

    DRAFT = State.DRAFT.value, _("draft")
    IN_REVIEW = State.IN_REVIEW.value, _("in review")
    PUBLISHED = State.PUBLISHED.value, _("published")


_PUBLISHED = Q(state="published")


def _has(key: str, inner: str | int | None = None) -> Q:
    """Whether content holds a value at a key, or in it (0: a first item); one that is null counts for nothing."""
    path = key if inner is None else f"{key}__{inner}"
    null: Any = None if inner is None else [None] if inner == 0 else {inner: None}
    return Q(**{f"content__{path}__isnull": False}) & ~Q(content__contains={key: null})


# Of content as `rules.to_json` writes it, which leaves out what is empty.
_SIX_PUBLIC = (
    _has("requirements", 0)
    & _has("steps", 0)
    & _has("time", "value")
    & (Q(content__contains={"fee": {"free": True}}) | Q(content__fee__lines__0__isnull=False))
    & _has("products", 0)
    & _has("complaints")
)
_EIGHT_INTERNAL = (
    _has("legal_basis", 0)
    & _has("facilities", "id")
    & _has("competence", "id")
    & _has("oversight", "id")
    & _has("staff_count")
    & _has("guarantee", "id")
    & _has("safety", "id")
    & _has("evaluation", "id")
)
_DAY_AFTER = Func(F("valid_until"), template="(%(expressions)s::date + 1)", output_field=models.DateField())


class ServiceVersion(Record):
    """One version of a service's standard: its `content` is what `rules.to_json` writes.

    Only what is published has a number: 1, 2, ... of its service, so that slug and number name for ever what a visitor
    was shown. It is valid from `valid_from` to `valid_until`, both included; without an end it is valid until another
    one follows. One that was replaced before its first day was over ends the day before it began.

    `drafted_by` is whoever wrote last, and never the one who reviews. A trigger keeps a published version as it is,
    but for its end. (`version` counts the changes of the row, as in every record.)
    """

    PRIVATE: ClassVar[frozenset[str]] = frozenset({"content"})  # long; the digest tells of it

    service = models.ForeignKey(PublicService, models.PROTECT, related_name="versions", verbose_name=_("service"))
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=VersionState, default=VersionState.DRAFT)
    content = models.JSONField(_("content"), encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=64, editable=False)  # of the content in all its languages
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    decree_number = models.CharField(_("decree"), max_length=160, blank=True, default="")
    decree_date = models.DateField(_("date of the decree"), null=True, blank=True)
    remark = models.TextField(_("remark"), max_length=2000, blank=True, default="")
    drafted_by = models.CharField(max_length=32, editable=False)
    drafted_at = models.DateTimeField(editable=False)
    submitted_by = models.CharField(max_length=32, blank=True, default="", editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    reviewed_by = models.CharField(max_length=32, blank=True, default="", editable=False)
    reviewed_at = models.DateTimeField(null=True, editable=False)
    published_by = models.CharField(max_length=32, blank=True, default="", editable=False)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("version of a service")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=VersionState.values), name="version_state_exists"),
            models.UniqueConstraint(
                fields=["service"],
                condition=~_PUBLISHED,
                name="one_open_draft_per_service",
                violation_error_message=_("This service has an open draft already."),
            ),
            models.UniqueConstraint(fields=["service", "number"], name="version_number_once_per_service"),
            ExclusionConstraint(
                name="published_versions_do_not_overlap",
                expressions=[
                    (Func(F("service"), F("service"), Value("[]"), function="int8range"), "&&"),
                    (Func(F("valid_from"), _DAY_AFTER, Value("[)"), function="daterange"), "&&"),
                ],
                condition=_PUBLISHED,
                violation_error_message=_("Another version of this service is valid within these dates."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from__lte=_DAY_AFTER), name="version_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~_PUBLISHED
                | (
                    Q(number__isnull=False, valid_from__isnull=False, published_at__isnull=False)
                    & Q(reviewed_at__isnull=False)
                    & ~Q(published_by="")
                    & ~Q(reviewed_by="")
                    & ~Q(reviewed_by=F("drafted_by"))
                ),
                name="version_published_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=_PUBLISHED
                | Q(number=None, valid_from=None, valid_until=None, published_at=None, published_by=""),
                name="version_unpublished_has_no_number",
            ),
            models.CheckConstraint(condition=~_PUBLISHED | _SIX_PUBLIC, name="version_published_has_six_components"),
            models.CheckConstraint(
                condition=Q(decree_number="", decree_date=None)
                | (~Q(decree_number="") & Q(decree_date__isnull=False) & _SIX_PUBLIC & _EIGHT_INTERNAL),
                name="version_decree_needs_all_components",
            ),
            models.CheckConstraint(
                condition=~Q(content__contains={"fee": {"free": True}}) | Q(content__fee__lines__0__isnull=True),
                name="version_free_has_no_fees",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "valid_from"], condition=_PUBLISHED, name="version_in_force"),
            models.Index(fields=["state"], condition=Q(state="in_review"), name="version_to_review"),
        ]

    def __str__(self) -> str:
        return f"{self.service} ({self.number or VersionState(self.state).label})"

    @property
    def mall_id(self) -> int:
        return self.service.mall_id

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    @property
    def standard(self) -> Standard:
        """The content, read once. What was saved can always be read again."""
        content, standard = self._read
        if content is not self.content or standard is None:
            standard = rules.from_json(self.content)
            self._read = (self.content, standard)
        return standard

    _read: tuple[Any, Standard | None] = (None, None)


class AgencyPledge(Record):
    """The signed promise of an agency (*maklumat pelayanan*, UU 25/2009 Art. 22) as it hangs in a mall.

    `text` holds the words by language, as `rules.Text` does.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="pledges", verbose_name=_("mall"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="pledges", verbose_name=_("agency"))
    text = models.JSONField(_("text"))
    signed_by = models.CharField(_("signed by"), max_length=120)  # an office, no person's name
    signed_on = models.DateField(_("signed on"))

    class Meta:
        verbose_name = _("service pledge")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "agency"],
                name="pledge_once_per_agency",
                violation_error_message=_("This agency has its pledge in this mall already."),
            ),
            models.CheckConstraint(condition=Q(text__id__isnull=False), name="pledge_has_words"),
        ]

    def __str__(self) -> str:
        return str(self.agency)

    @property
    def words(self) -> rules.Text:
        return rules.Text.of(self.text)


class MallSynonym(Record):
    """Words that people of a mall's region say, and the words of the catalogue, or the one service, they mean."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="synonyms", verbose_name=_("mall"))
    said = models.CharField(_("what people say"), max_length=80)  # lower case, single spaces
    means = models.CharField(_("what the catalogue says"), max_length=160, blank=True)
    service = models.ForeignKey(
        PublicService, models.CASCADE, null=True, blank=True, related_name="synonyms", verbose_name=_("service")
    )

    class Meta:
        verbose_name = _("synonym")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "said"],
                name="synonym_once_per_mall",
                violation_error_message=_("These words have a meaning already."),
            ),
            models.CheckConstraint(
                condition=Q(service=None) & ~Q(means="") | Q(service__isnull=False, means=""),
                name="synonym_means_words_or_a_service",
                violation_error_message=_("Name either the words that are meant or one service."),
            ),
        ]

    def __str__(self) -> str:
        return self.said


class CatalogueRevision(models.Model):
    """How often what the public sees of a mall's catalogue was changed; see `queries.revision`."""

    mall = models.OneToOneField(Mall, models.CASCADE, primary_key=True, related_name="+")
    number = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return str(self.number)


def empty_content(name: str) -> dict[str, Any]:
    """What a service without any version begins with."""
    return rules.to_json(Standard(name=rules.Text.of({rules.FIRST_LANGUAGE: name})))
