"""People who sign in, their roles, and the devices of the hall."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pendapa.directory.malls.models import Agency, Mall


class UserManager(BaseUserManager["User"]):
    """Django's door to users; accounts are made by `actions.create_user`."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """Someone on the staff: counter officer, host, operator, manager, administrator."""

    username = models.CharField(max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    full_name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    def __str__(self) -> str:
        return self.full_name

    @property
    def actor_name(self) -> str:
        """How the journal names this person: by id, never by name."""
        return f"user:{self.pk}"

    def get_full_name(self) -> str:
        return self.full_name


class RoleKind(models.TextChoices):
    """The roles of the hall; what each may do stands in `rules.ROLES`."""

    OFFICER = "officer", _("counter officer")
    HOST = "host", _("host")
    MANAGER = "manager", _("agency manager")
    OPERATOR = "operator", _("mall operator")
    ADMINISTRATOR = "administrator", _("administrator")


class Role(models.Model):
    """What one person may do, where. Without a mall it holds for the whole installation."""

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=16, choices=RoleKind)
    mall = models.ForeignKey(Mall, models.PROTECT, null=True, blank=True, related_name="roles")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="roles")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "mall", "agency"], nulls_distinct=False, name="role_held_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=RoleKind.ADMINISTRATOR) | Q(mall__isnull=False), name="role_has_its_mall"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[RoleKind.OFFICER, RoleKind.MANAGER]) | Q(agency__isnull=False),
                name="role_has_its_agency",
            ),
        ]


class DeviceKind(models.TextChoices):
    """What a device of the hall is for."""

    KIOSK = "kiosk", _("kiosk")
    BOARD = "board", _("board")


class Device(models.Model):
    """A kiosk or a board that belongs to a mall; it acts under its own name."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="devices")
    name = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=16, choices=DeviceKind)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def actor_name(self) -> str:
        return f"device:{self.pk}"


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
