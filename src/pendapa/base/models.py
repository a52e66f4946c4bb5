"""The row that says what time it is in this installation."""

from django.db import models
from django.db.models.functions import Now


class InstallationClock(models.Model):
    """How the installation's time follows real time: one row; without it both are the same.

    Shown time = `anchor_shown` + (real time - `anchor_real`) * `speed`. Speed 1 is real pace, 60 makes an
    hour pass in a minute, 0 stops the clock. Only `clock.set_clock` writes it; `base_now()` reads it.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, db_default=1)
    anchor_real = models.DateTimeField(db_default=Now())
    anchor_shown = models.DateTimeField(db_default=Now())
    speed = models.FloatField(default=1.0, db_default=1.0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="installation_clock_one_row"),
            models.CheckConstraint(condition=models.Q(speed__gte=0), name="installation_clock_never_backwards"),
        )
