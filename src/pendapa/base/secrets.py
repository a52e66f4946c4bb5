"""Personal data at rest: encrypted per field, found again by keyed hash (architecture.md, decision 14).

Keys come from the settings: `FIELD_KEYS` (`{"k2": 32 bytes, "k1": 32 bytes}`; the first one encrypts, all of them
decrypt) and `HASH_KEY` (at least 32 bytes). To change the field key put a new one in front, run `reencrypt` over
each field, then drop the old one. The hash key cannot be changed without hashing everything anew.
"""

import base64
import binascii
import hmac
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Cast
from django.db.models.query_utils import DeferredAttribute

_NONCE = 12  # bytes, as AES-GCM wants them
_KEY = 32  # bytes


class SecretBroken(Exception):
    """A stored secret was damaged, forged, or moved to another field: a bug or an attack, never a visitor's fault."""


class KeyMissing(SecretBroken):
    """The key that encrypted this value is no longer in the ring."""


class Plaintext(str):
    """Personal data in memory: behaves like text, but its `repr` (logs, tracebacks, dataclasses) hides it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


def encrypt(text: str, *, context: str) -> str:
    """The text under the first key, as `k1:…`, readable only with the same context.

    The context says where the value lives ("malls.person.nik"), so that a value copied into another column does not
    open. Equal texts give different results.
    """
    key_id = next(iter(_keys()))
    nonce = os.urandom(_NONCE)
    sealed = _cipher(key_id).encrypt(nonce, text.encode(), _bound_to(key_id, context))
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, context: str) -> Plaintext:
    """The text again. Raises `KeyMissing` or `SecretBroken`."""
    key_id, found, body = stored.partition(":")
    if not found:
        raise SecretBroken(f"a value of {context} is not encrypted")
    if key_id not in _keys():
        raise KeyMissing(f"a value of {context} needs the key {key_id[:16]!r}")
    try:
        raw = base64.b64decode(body, validate=True)
        text = _cipher(key_id).decrypt(raw[:_NONCE], raw[_NONCE:], _bound_to(key_id, context))
    except (binascii.Error, InvalidTag, ValueError) as cause:
        raise SecretBroken(f"a value of {context} was changed or belongs elsewhere") from cause
    return Plaintext(text.decode())


def keyed_hash(value: str | bytes, *, purpose: str) -> str:
    """A hash that only this installation can make, as 64 hex digits: to find a value without storing it.

    Each purpose has a key of its own, so hashes of two purposes cannot be compared with each other.
    """
    secret: bytes = settings.HASH_KEY
    if len(secret) < _KEY:
        raise ImproperlyConfigured(f"HASH_KEY needs at least {_KEY} bytes")
    key = hmac.digest(secret, b"pendapa keyed hash\x00" + purpose.encode(), sha256)
    return hmac.new(key, value.encode() if isinstance(value, str) else value, sha256).hexdigest()


if TYPE_CHECKING:
    _TextField = models.TextField[str | None, Plaintext | None]
else:
    _TextField = models.TextField


class _HiddenAttribute(DeferredAttribute):
    """Keeps a value that code assigns as hidden as one that was read from the database."""

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = Plaintext(value) if isinstance(value, str) else value


class EncryptedTextField(_TextField):
    """A text that the database never sees in the clear. Nothing but `isnull` can be asked about it in a query.

    To find rows by its value, keep a `keyed_hash` in a column beside it. `context` defaults to `app.model.field`;
    state it when a model or field is renamed, since old values stay bound to the old name.
    """

    descriptor_class = _HiddenAttribute

    def __init__(self, *args: Any, context: str | None = None, **kwargs: Any) -> None:
        self._context = context
        super().__init__(*args, **kwargs)

    @property
    def context(self) -> str:
        return self._context or f"{self.model._meta.label_lower}.{self.name}"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if self._context is not None:
            kwargs["context"] = self._context
        return name, path, list(args), dict(kwargs)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return None if value is None else encrypt(str(value), context=self.context)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return value if hasattr(value, "as_sql") else self.get_db_prep_value(value, connection)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Plaintext | None:
        return None if value is None else decrypt(value, context=self.context)

    def get_lookup(self, lookup_name: str) -> "type[models.Lookup[Any]] | None":
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: no query can compare it, search its keyed hash instead")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> type[models.Transform] | None:
        raise FieldError(f"{self.name} is encrypted: no query can look into it")


def reencrypt(model: type[models.Model], field_name: str, *, batch: int = 500) -> int:
    """Bring all values of an encrypted field under the first key, and return how many had another.

    Works in short transactions and can be stopped and started again at any time. A value that
    someone changes meanwhile is left alone: whoever wrote it used the first key already.
    """
    field = model._meta.get_field(field_name)
    if not isinstance(field, EncryptedTextField):
        raise TypeError(f"{field_name} is not encrypted")
    prefix = f"{next(iter(_keys()))}:"
    rows = model._base_manager.annotate(stored_secret=Cast(field_name, models.TextField()))
    old = rows.exclude(stored_secret__startswith=prefix).filter(stored_secret__isnull=False).order_by("pk")
    changed, last = 0, None
    while True:
        page = old if last is None else old.filter(pk__gt=last)
        found = list(page.values_list("pk", "stored_secret")[:batch])
        if not found:
            return changed
        with transaction.atomic():
            for pk, stored in found:
                text = decrypt(stored, context=field.context)
                changed += rows.filter(pk=pk, stored_secret=stored).update(**{field_name: text})
        last = found[-1][0]


def _keys() -> dict[str, bytes]:
    keys: dict[str, bytes] = settings.FIELD_KEYS
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS needs at least one key")
    return keys


def _cipher(key_id: str) -> AESGCM:
    key = _keys()[key_id]
    if len(key) != _KEY or ":" in key_id:
        raise ImproperlyConfigured(f"the field key {key_id!r} needs {_KEY} bytes and a name without a colon")
    return AESGCM(key)


def _bound_to(key_id: str, context: str) -> bytes:
    return f"{key_id}\x00{context}".encode()
