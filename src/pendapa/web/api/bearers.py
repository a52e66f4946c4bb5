"""Who is calling: the holder of a token, and what they may do where.

One statement answers both, because issuing a number is the measured path: it may spend this statement and its
own, and no more. What a role allows is still judged by `accounts.rules`.
"""

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts import rules
from pendapa.directory.accounts.models import Device, DeviceKind, User
from pendapa.directory.accounts.queries import PURPOSE
from pendapa.directory.accounts.rules import Act
from pendapa.operations.queueing.rules import Channel

# `roles` are [kind, mall code or null, agency or null]; `agency` is whose queue takes the service that is asked for.
_STANDING = """
SELECT t.user_id, d.id, d.kind, m.code,
       CASE WHEN t.user_id IS NOT NULL THEN (
         SELECT json_agg(json_build_array(r.kind, rm.code, r.agency_id))
         FROM accounts_role r LEFT JOIN malls_mall rm ON rm.id = r.mall_id
         WHERE r.user_id = t.user_id AND r.region_id IS NULL) END,
       CASE WHEN t.user_id IS NOT NULL AND %(service)s::text IS NOT NULL THEN (
         SELECT q.agency_id
         FROM malls_mall sm
         JOIN catalogue_publicservice s ON s.mall_id = sm.id AND s.slug = %(service)s
         JOIN queueing_queueservice qs ON qs.service_id = s.id
         JOIN queueing_queue q ON q.id = qs.queue_id
         WHERE sm.code = %(mall)s) END
FROM accounts_token t
LEFT JOIN accounts_user u ON u.id = t.user_id AND u.is_active
LEFT JOIN accounts_device d ON d.id = t.device_id AND d.is_active
LEFT JOIN malls_mall m ON m.id = d.mall_id
WHERE t.key_hash = %(key_hash)s AND t.revoked_at IS NULL AND (u.id IS NOT NULL OR d.id IS NOT NULL)
"""
_HEADER = re.compile(r"Bearer +(pdp_[0-9A-Za-z]{8,96})", re.IGNORECASE)


class TokenNeeded(Refused):
    """The call is for people of the mall, and nobody was named."""

    status = 401


class TokenWrong(Refused):
    """The token is unknown, withdrawn, or its holder is locked."""

    status = 401


class NotAllowed(Refused):
    """The holder of the token belongs here, but this act is not theirs."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or not for this caller: the two cannot be told apart."""

    status = 404


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role of a person: where it holds (None: everywhere), and for which agency (None: for all)."""

    kind: str
    mall: str | None
    agency: int | None

    def holds(self, mall: str, agency: int | None) -> bool:
        """Whether the role counts at a mall for an agency."""
        return self.mall in {None, mall} and (self.agency is None or self.agency == agency)


@dataclass(frozen=True, slots=True)
class Bearer:
    """The holder of a token. `agency` is the one whose queue takes the service that was asked for, if any."""

    actor: User | Device
    device_mall: str | None
    roles: tuple[HeldRole, ...]
    agency: int | None

    @property
    def user(self) -> User:
        """The person. Raises `NotAllowed` for a device: what counters do is done by people."""
        if isinstance(self.actor, Device):
            raise NotAllowed(_("A device cannot do this. It is for people who are signed in."))
        return self.actor

    def channel(self, mall: str) -> Channel:
        """Where a number is taken that this bearer gives at a mall. Raises `NotFound`, `NotAllowed`."""
        if isinstance(self.actor, Device):
            if self.device_mall != mall:
                raise nothing_here()
            if self.actor.kind != DeviceKind.KIOSK:
                raise NotAllowed(_("Only a kiosk gives numbers; this device is another kind."))
            return Channel.KIOSK
        self.insist(Act.RECEIVE, mall=mall, agency=self.agency)
        at_a_counter = any(
            Act.SERVE in rules.ROLES[here.kind].acts for here in self.roles if here.holds(mall, self.agency)
        )
        return Channel.DESK if at_a_counter else Channel.HOST

    def insist(self, act: Act, *, mall: str, agency: int | None) -> None:
        """Go on only if the bearer may do an act at a mall for an agency.

        Raises `NotAllowed` for somebody of this mall and agency in another role, `NotFound` for everybody else.
        """
        if isinstance(self.actor, Device):
            if self.device_mall != mall:
                raise nothing_here()
            raise NotAllowed(_("A device cannot do this. It is for people who are signed in."))
        here = [role for role in self.roles if role.holds(mall, agency)]
        if not here:
            raise nothing_here()
        if not any(act in rules.ROLES[role.kind].acts for role in here):
            raise NotAllowed(_("Your role does not include this."))

    def one_of(self, agencies: frozenset[int]) -> int:
        """The agency, of those that hold a counter today, that the bearer belongs to; any of them for nobody's."""
        own = {role.agency for role in self.roles}
        return min(agencies, key=lambda agency: (agency not in own, agency))

    def agencies(self, *acts: Act, mall: str) -> frozenset[int] | None:
        """The agencies of a mall for which the bearer may do one of the acts; None: for all of them.

        Raises as `insist` does when there is none.
        """
        here = [role for role in self.roles if role.mall in {None, mall}]
        able = [role for role in here if rules.ROLES[role.kind].acts & set(acts)]
        if not able:
            if here or self.device_mall == mall:
                raise NotAllowed(_("Your role does not include this."))
            raise nothing_here()
        bound = [role.agency for role in able if role.agency is not None]
        return frozenset(bound) if len(bound) == len(able) else None


def bearer(request: HttpRequest, *, mall: str | None = None, service: str | None = None) -> Bearer | None:
    """Whoever the request's token names, or None without a token; one statement. Raises `TokenWrong`."""
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    found = _HEADER.fullmatch(header)
    row = _standing(found[1], mall=mall, service=service) if found else None
    if row is None:
        raise TokenWrong(_("This token is not known here, or was withdrawn."))
    user, device, kind, device_mall, roles, agency = row
    actor = User(pk=user) if device is None else Device(pk=device, kind=kind)
    return Bearer(actor, device_mall, tuple(HeldRole(*role) for role in roles or ()), agency)


def staff(request: HttpRequest) -> Bearer:
    """Whoever the request's token names. Raises `TokenNeeded`, `TokenWrong`."""
    known = bearer(request)
    if known is None:
        raise TokenNeeded(_("This call needs a token: Authorization: Bearer …"))
    return known


def nothing_here() -> NotFound:
    """What everybody hears who asks for something that is missing or not theirs."""
    return NotFound(_("There is nothing here, or it is not open to you."))


def _standing(key: str, *, mall: str | None, service: str | None) -> tuple[Any, ...] | None:
    """The row of `_STANDING`, prepared on the server so that planning is paid once per connection."""
    connection.ensure_connection()
    assert connection.connection is not None
    params = {"key_hash": keyed_hash(key, purpose=PURPOSE), "mall": mall, "service": service}
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        row: tuple[Any, ...] | None = cursor.execute(_STANDING, params, prepare=True).fetchone()
    return row
