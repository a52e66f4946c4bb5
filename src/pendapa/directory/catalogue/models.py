"""What people come for. The fourteen standard components come with the catalogue's own issue."""

from django.db import models

from pendapa.directory.malls.models import Agency, Mall


class PublicService(models.Model):
    """One public service (*layanan*) that an agency gives at a mall. The slug names it in addresses."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="public_services")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="public_services")
    name = models.CharField(max_length=160)
    slug = models.SlugField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mall", "slug"], name="service_slug_once_per_mall")]

    def __str__(self) -> str:
        return self.name
