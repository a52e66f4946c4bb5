from typing import ClassVar

import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

BASE_NOW = """
CREATE FUNCTION base_now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
DECLARE
    clock base_installationclock;
    real timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO clock FROM base_installationclock WHERE id = 1;
    IF NOT FOUND THEN
        RETURN real;
    END IF;
    -- whole seconds as an interval: days in an interval would follow the session's time zone
    RETURN clock.anchor_shown
        + make_interval(secs => extract(epoch FROM real - clock.anchor_real)::double precision * clock.speed);
END
$$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="InstallationClock",
            fields=[
                ("id", models.SmallIntegerField(db_default=1, default=1, primary_key=True, serialize=False)),
                ("anchor_real", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("anchor_shown", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("speed", models.FloatField(db_default=1.0, default=1.0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(id=1), name="installation_clock_one_row"),
                    models.CheckConstraint(condition=models.Q(speed__gte=0), name="installation_clock_never_backwards"),
                ]
            },
        ),
        migrations.RunSQL(sql=BASE_NOW, reverse_sql="DROP FUNCTION base_now()"),
    ]
