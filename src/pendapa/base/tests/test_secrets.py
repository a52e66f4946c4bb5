import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.db.models.functions import Cast
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from pendapa.base.secrets import (
    EncryptedTextField,
    KeyMissing,
    Plaintext,
    SecretBroken,
    decrypt,
    encrypt,
    keyed_hash,
    reencrypt,
)

OLD, NEW = b"o" * 32, b"n" * 32
NIK = "3520010101900001"  # invented


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.FIELD_KEYS = {"k1": OLD}
    settings.HASH_KEY = b"h" * 32


@pytest.fixture
def person_model(db: None) -> Iterator[Any]:
    with isolate_apps("pendapa.base"):

        class Person(models.Model):
            nik = EncryptedTextField(null=True)
            note = EncryptedTextField(default="", context="base.person.remark")

            class Meta:
                app_label = "base"

        with connection.schema_editor() as editor:
            editor.create_model(Person)
        yield Person


@given(st.text())
def test_what_is_encrypted_can_be_read_again(text: str) -> None:
    stored = encrypt(text, context="person.nik")
    assert decrypt(stored, context="person.nik") == text
    assert stored.isascii()


def test_equal_values_look_different() -> None:
    first, second = (encrypt(NIK, context="person.nik") for _count in range(2))
    assert first != second
    assert first.startswith("k1:")
    assert NIK not in base64.b64decode(first[3:]).decode("latin-1")


def test_a_value_copied_into_another_field_does_not_open() -> None:
    with pytest.raises(SecretBroken, match="belongs elsewhere"):
        decrypt(encrypt(NIK, context="person.nik"), context="person.name")


def test_every_changed_bit_is_noticed() -> None:
    raw = base64.b64decode(encrypt("7", context="c")[3:])
    for place in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[place // 8] ^= 1 << place % 8
        with pytest.raises(SecretBroken):
            decrypt(f"k1:{base64.b64encode(forged).decode()}", context="c")


@pytest.mark.parametrize("stored", [NIK, "k1:", "k1:%%%", "k1:AAAA", ""])
def test_what_was_never_encrypted_is_noticed(stored: str) -> None:
    with pytest.raises(SecretBroken):
        decrypt(stored, context="c")


def test_a_new_first_key_encrypts_and_the_old_one_still_decrypts(settings: Settings) -> None:
    before = encrypt(NIK, context="c")
    settings.FIELD_KEYS = {"k2": NEW, "k1": OLD}
    assert decrypt(before, context="c") == NIK
    assert encrypt(NIK, context="c").startswith("k2:")


def test_a_value_without_its_key_is_a_clear_error_and_not_a_refusal(settings: Settings) -> None:
    before = encrypt(NIK, context="person.nik")
    settings.FIELD_KEYS = {"k2": NEW}
    with pytest.raises(KeyMissing, match="'k1'") as missing:
        decrypt(before, context="person.nik")
    assert NIK not in str(missing.value)


def test_keys_of_the_wrong_size_are_not_used(settings: Settings) -> None:
    settings.FIELD_KEYS = {}
    with pytest.raises(ImproperlyConfigured):
        encrypt(NIK, context="c")
    settings.FIELD_KEYS = {"k1": b"short"}
    with pytest.raises(ImproperlyConfigured):
        encrypt(NIK, context="c")
    settings.HASH_KEY = b"short"
    with pytest.raises(ImproperlyConfigured):
        keyed_hash(NIK, purpose="nik")


def test_a_keyed_hash_finds_a_value_and_purposes_do_not_mix(settings: Settings) -> None:
    once = keyed_hash(NIK, purpose="nik")
    assert once == keyed_hash(NIK.encode(), purpose="nik")
    assert len(once) == 64
    assert once != keyed_hash(NIK, purpose="phone")
    assert once != keyed_hash(NIK[:-1], purpose="nik")
    settings.HASH_KEY = b"i" * 32
    assert once != keyed_hash(NIK, purpose="nik")


def test_plaintext_hides_itself_from_logs_but_not_from_pages() -> None:
    text = Plaintext(NIK)
    assert NIK not in f"{[text]!r} {text!r}"
    assert f"{text}" == NIK
    assert text == NIK


def test_a_field_stores_nothing_readable_and_gives_it_back(person_model: Any) -> None:
    person = person_model.objects.create(nik=NIK, note="anak pertama")
    assert NIK not in repr(person.__dict__)
    read = person_model.objects.get()
    assert (read.nik, read.note) == (NIK, "anak pertama")
    assert NIK not in repr(read.__dict__)
    assert NIK not in repr(list(person_model.objects.values_list("nik", flat=True)))
    raw = person_model.objects.annotate(raw=Cast("nik", models.TextField())).get().raw
    assert raw.startswith("k1:")
    assert decrypt(raw, context="base.person.nik") == NIK


def test_nothing_is_nothing_and_an_empty_text_is_a_secret_too(person_model: Any) -> None:
    person_model.objects.create(nik=None, note="")
    raw = person_model.objects.annotate(raw=Cast("note", models.TextField())).get()
    assert (raw.nik, raw.note) == (None, "")
    assert raw.raw.startswith("k1:")
    assert person_model.objects.filter(nik__isnull=True).count() == 1


def test_updates_of_every_kind_encrypt(person_model: Any) -> None:
    people = [person_model.objects.create(nik=NIK) for _count in range(2)]
    person_model.objects.update(nik="1")
    for person in people:
        person.nik = "2"
    person_model.objects.bulk_update(people, ["nik"])
    assert [person.nik for person in person_model.objects.all()] == ["2", "2"]
    raws = person_model.objects.annotate(raw=Cast("nik", models.TextField())).values_list("raw", flat=True)
    assert all(raw.startswith("k1:") for raw in raws)


@pytest.mark.parametrize("lookup", ["nik", "nik__icontains", "nik__in", "nik__startswith", "nik__lower__exact"])
def test_no_query_compares_an_encrypted_field(person_model: Any, lookup: str) -> None:
    with pytest.raises(FieldError, match="encrypted"):
        person_model.objects.filter(**{lookup: [NIK] if lookup == "nik__in" else NIK})


def test_a_field_that_was_renamed_keeps_its_old_context_in_migrations(person_model: Any) -> None:
    field = person_model._meta.get_field("note")
    assert field.deconstruct()[3]["context"] == "base.person.remark"
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]


def test_rotation_brings_every_value_under_the_new_key(person_model: Any, settings: Settings) -> None:
    for number in range(7):
        person_model.objects.create(nik=f"{number}" if number else None)
    settings.FIELD_KEYS = {"k2": NEW, "k1": OLD}
    person_model.objects.create(nik="7")
    assert reencrypt(person_model, "nik", batch=3) == 6
    assert reencrypt(person_model, "nik") == 0
    settings.FIELD_KEYS = {"k2": NEW}
    assert set(person_model.objects.values_list("nik", flat=True)) == {None, *"1234567"}


def test_only_encrypted_fields_are_rotated(person_model: Any) -> None:
    with pytest.raises(TypeError, match="not encrypted"):
        reencrypt(person_model, "id")
