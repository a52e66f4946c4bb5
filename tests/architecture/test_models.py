"""Foreign keys follow the layers too; imports cannot show them, since models may be named by string."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from tests.architecture.layers import may_use

OURS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("pendapa.")]


def relations() -> list[tuple[str, str, str]]:
    """Each relation of our models to our models: module, field, module it points to."""
    return [
        (model.__module__, f"{model.__name__}.{field.name}", field.related_model.__module__)
        for model in OURS
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and isinstance(field.related_model, type)
        and field.related_model.__module__.startswith("pendapa.")
    ]


def test_there_are_relations_to_look_at() -> None:
    assert len(relations()) > 20


@pytest.mark.parametrize(("upper", "field", "lower"), relations())
def test_a_foreign_key_points_down_or_into_its_own_app(upper: str, field: str, lower: str) -> None:
    assert may_use(upper, lower), f"{field} points from {upper} up or aside to {lower}"


def test_the_rule_itself_sees_a_key_that_points_upwards() -> None:
    assert not may_use("pendapa.directory.malls.models", "pendapa.operations.queueing.models")
    assert not may_use("pendapa.directory.accounts.models", "pendapa.directory.catalogue.models")
    assert may_use("pendapa.operations.queueing.models", "pendapa.directory.malls.models")


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_web_holds_no_models() -> None:
    assert not [model for model in OURS if model.__module__.startswith("pendapa.web.")]
