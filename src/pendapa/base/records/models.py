"""What every kept record has in common, and what was removed."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Record(models.Model):
    """A row that people keep up in the office.

    `version` grows with each change, so that two people who edit at once notice each other. Values of the
    fields in `PRIVATE` stay out of the journal, which then tells only that they changed.
    """

    PRIVATE: ClassVar[frozenset[str]] = frozenset()

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True


class RemovedRecord(models.Model):
    """A record that was removed, whole with the rows that belonged to it alone, kept for `restore`.

    `content` is what Django's serializer wrote, the record first.
    """

    subject = models.TextField()  # as the journal names it, "counter:12"
    name = models.TextField()
    mall = models.BigIntegerField(null=True)  # an id: the mall itself may be what was removed
    content = models.JSONField(encoder=DjangoJSONEncoder)
    removed_by = models.TextField()
    removed_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["mall", "-removed_at"], condition=models.Q(restored_at=None), name="removed")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """The model's name, "counter"."""
        return self.subject.partition(":")[0]
