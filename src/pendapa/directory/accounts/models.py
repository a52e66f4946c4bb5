"""People who sign in, their roles, and the devices of the hall."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least, Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from pendapa.base.records.models import Record
from pendapa.directory.accounts import rules
from pendapa.directory.malls.models import Agency, Counter, Mall, Region, Zone


class UserManager(BaseUserManager["User"]):
    """Django's door to users; accounts are made by `actions.create_user`."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(Record, AbstractBaseUser):
    """Someone on the staff, known from the moment of invitation.

    Who has not yet opened the invitation has no usable password. `is_active` is off once someone has left, and
    `former_roles` keeps which roles they had then (kind, mall, agency, region by ids). `seal` is part of every session,
    so changing it signs the person out everywhere.
    """

    PRIVATE = frozenset({"full_name", "username", "email", "position", "password", "seal"})

    username = models.CharField(_("user name"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    full_name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    position = models.CharField(_("position"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    seal = models.PositiveIntegerField(default=0, db_default=0)
    former_roles = models.JSONField(default=list, db_default=[], blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        verbose_name = _("person")
        constraints = [
            models.UniqueConstraint(  # one person signs in with one address, see sign-in by OIDC
                Lower("email"), condition=~Q(email=""), name="user_email_once"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def actor_name(self) -> str:
        """How the journal names this person: by id, never by name."""
        return f"user:{self.pk}"

    def get_full_name(self) -> str:
        return self.full_name

    def get_session_auth_hash(self) -> str:
        """What a session must carry to stay valid: it ends with the password and with the seal."""
        return salted_hmac("pendapa.accounts.session", f"{self.password}{self.seal}", algorithm="sha256").hexdigest()


class RoleKind(models.TextChoices):
    """The roles of a mall and above it; what each may do, and where, stands in `rules.ROLES`."""

    OFFICER = "officer", _("counter officer")
    HOST = "host", _("host")
    MANAGER = "manager", _("agency manager")
    COMPLAINT_OFFICER = "complaint_officer", _("complaint officer")
    SIGNING_OFFICIAL = "signing_official", _("signing official")
    OPERATOR = "operator", _("mall operator")
    TREASURER = "treasurer", _("treasurer")
    ADMINISTRATOR = "administrator", _("administrator")
    AUDITOR = "auditor", _("auditor")
    REGION_VIEWER = "region_viewer", _("viewer for a region")
    MINISTRY_VIEWER = "ministry_viewer", _("viewer for the ministry")


class Role(models.Model):
    """What one person may do, where. Without mall and region it holds for the whole installation."""

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    kind = models.CharField(_("role"), max_length=20, choices=RoleKind)
    mall = models.ForeignKey(Mall, models.PROTECT, null=True, blank=True, related_name="roles", verbose_name=_("mall"))
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="roles", verbose_name=_("agency")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="roles", verbose_name=_("region")
    )

    class Meta:
        verbose_name = _("role")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "mall", "agency", "region"], nulls_distinct=False, name="role_held_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=rules.kinds_of(rules.Reach.AGENCY), mall__isnull=False, agency__isnull=False, region=None
                )
                | Q(kind__in=rules.kinds_of(rules.Reach.MALL), mall__isnull=False, agency=None, region=None)
                | Q(kind__in=rules.kinds_of(rules.Reach.MALL_OR_ALL), agency=None, region=None)
                | Q(kind__in=rules.kinds_of(rules.Reach.REGION), mall=None, agency=None, region__isnull=False)
                | Q(kind__in=rules.kinds_of(rules.Reach.ALL), mall=None, agency=None, region=None),
                name="role_has_its_place",
            ),
        ]

    def __str__(self) -> str:
        return str(RoleKind(self.kind).label)


class Invitation(models.Model):
    """A link by which someone sets their password, once: the first one, or a new one after it was forgotten.

    Only the keyed hash of the link's code is kept. A newer invitation of the same person ends the older.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    code_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()  # real time, as all of this row
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_one_open_per_person",
            )
        ]


def _moment(time: str) -> "models.ExpressionWrapper[Any]":
    """A time of the posting's date, as the database counts moments without a zone."""
    return models.ExpressionWrapper(F("date") + F(time), output_field=models.DateTimeField())


class Posting(Record):
    """Who works where and when: one person, one date, one stretch, at a counter or in the hall."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="postings", verbose_name=_("mall"))
    user = models.ForeignKey(User, models.PROTECT, related_name="postings", verbose_name=_("person"))
    counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, blank=True, related_name="postings", verbose_name=_("counter")
    )
    date = models.DateField(_("date"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    class Meta:
        verbose_name = _("posting")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__lt=F("ends")),
                name="posting_starts_before_it_ends",
                violation_error_message=_("The posting ends before it begins."),
            ),
            models.UniqueConstraint(
                fields=["user", "date", "starts"],
                name="posting_starts_once",
                violation_error_message=_("This person has a posting from this time already."),
            ),
            ExclusionConstraint(
                name="postings_of_a_person_do_not_overlap",
                expressions=[
                    (models.Func(F("user"), F("user"), models.Value("[]"), function="int8range"), "&&"),
                    (
                        # The constraint above says which comes first; a range that is the wrong way round is an error.
                        models.Func(
                            Least(_moment("starts"), _moment("ends")),
                            Greatest(_moment("starts"), _moment("ends")),
                            function="tsrange",
                        ),
                        "&&",
                    ),
                ],
                violation_error_message=_("This person works somewhere else at that time."),
            ),
        ]
        indexes = [models.Index(fields=["mall", "date"], name="posting_by_day")]

    def __str__(self) -> str:
        # Not the person's name, which would come into the journal with a removal.
        return f"{self.date:%Y-%m-%d} {self.starts:%H:%M}\N{EN DASH}{self.ends:%H:%M}"


class DeviceKind(models.TextChoices):
    """What a device of the hall is for."""

    KIOSK = "kiosk", _("kiosk")
    BOARD = "board", _("board")
    PRINTER = "printer", _("printer")


class Device(Record):
    """A kiosk, board or printer that belongs to a mall; it acts under its own name.

    `is_active` is off while it is locked. The last lines are what it said of itself; its address is not kept.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="devices", verbose_name=_("mall"))
    name = models.SlugField(_("name"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=DeviceKind)
    zone = models.ForeignKey(
        Zone, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("zone")
    )
    place = models.CharField(_("where it stands"), max_length=80, blank=True)
    is_active = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True, editable=False)  # real time
    software = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    fault = models.CharField(max_length=160, blank=True, default="", db_default="", editable=False)
    fault_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("device")

    def __str__(self) -> str:
        return self.name

    @property
    def actor_name(self) -> str:
        return f"device:{self.pk}"


class Pairing(models.Model):
    """A screen that shows a short code and waits until an operator types it in. Real time throughout.

    Both the code and the secret that the waiting browser keeps are held as keyed hashes; the code lives for minutes.
    """

    code_hash = models.CharField(max_length=64)
    secret_hash = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="pairings")
    paired_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)  # when the screen fetched its key

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code_hash"], condition=Q(paired_at=None), name="pairing_code_once")
        ]


class Token(models.Model):
    """A key to the API for one person or one device; only its keyed hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="tokens")
    device = models.ForeignKey(Device, models.CASCADE, null=True, blank=True, related_name="tokens")
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, device__isnull=True) | Q(user__isnull=True, device__isnull=False),
                name="token_has_one_bearer",
            )
        ]

    @property
    def bearer(self) -> User | Device:
        bearer = self.user or self.device
        assert bearer is not None  # the constraint above
        return bearer

    def __repr__(self) -> str:
        return f"<Token {self.pk}>"
