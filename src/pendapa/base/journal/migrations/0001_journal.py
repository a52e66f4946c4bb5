from typing import ClassVar

import django.core.serializers.json
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

import pendapa.base.journal.models

# Databases before PostgreSQL 18 have no uuidv7(): 48 bits of milliseconds, then chance, version and variant set.
UUIDV7 = """
DO $$ BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE RETURN
            encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
                substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
    END IF;
END $$
"""
NO_UUIDV7 = """
DO $$ BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        DROP FUNCTION uuidv7();
    END IF;
END $$
"""

ERA = "CREATE FUNCTION journal_era() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE RETURN 1"
FIRST_ERA = "INSERT INTO journal_era (id, system_identifier) SELECT 1, system_identifier FROM pg_control_system()"

ENTRY = """
CREATE TABLE journal_entry (
    id uuid NOT NULL DEFAULT uuidv7(),
    era integer NOT NULL DEFAULT journal_era(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    at timestamptz NOT NULL,
    mall bigint,
    actor text NOT NULL,
    verb text NOT NULL,
    subject text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (era, xid, id, written_at)
) PARTITION BY RANGE (written_at);
CREATE INDEX journal_entry_subject ON journal_entry (subject, at);
CREATE TABLE journal_entry_default PARTITION OF journal_entry DEFAULT;
"""

MONTHS = """
DO $$
DECLARE
    first timestamptz := date_trunc('month', clock_timestamp(), 'UTC');
    month timestamp;
BEGIN
    FOR n IN 0..12 LOOP
        month := (first AT TIME ZONE 'UTC') + make_interval(months => n);
        EXECUTE format('CREATE TABLE %I PARTITION OF journal_entry FOR VALUES FROM (%L) TO (%L)',
            'journal_entry_' || to_char(month, 'YYYY_MM'),
            month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    END LOOP;
END $$
"""

# Whoever owns the table can switch the triggers off: they are against mistakes. Against intent there are the seals.
KEEP = """
CREATE FUNCTION journal_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is added to, never edited: % refused', TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'record a new entry that corrects the old one';
END $$;
CREATE TRIGGER journal_entry_is_kept BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_entry_is_kept();
CREATE TRIGGER journal_entry_is_not_emptied BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_is_kept();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="Era",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("system_identifier", models.BigIntegerField()),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("era", models.IntegerField(default=0)),
                ("xid", models.BigIntegerField(default=0)),
                ("entry", models.UUIDField(db_column="id")),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Undelivered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("handler", models.TextField()),
                ("era", models.IntegerField()),
                ("xid", models.BigIntegerField()),
                ("entry", models.UUIDField()),
                ("attempts", models.IntegerField(default=1)),
                ("error", models.TextField()),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("next_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("handler", "entry"), name="undelivered_once_per_handler")
                ]
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("seq", models.IntegerField(primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("first_era", models.IntegerField()),
                ("first_xid", models.BigIntegerField()),
                ("first_entry", models.UUIDField()),
                ("last_era", models.IntegerField()),
                ("last_xid", models.BigIntegerField()),
                ("last_entry", models.UUIDField()),
                ("count", models.IntegerField()),
                ("leaves", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("chain", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("era", models.IntegerField()),
                ("xid", pendapa.base.journal.models.Xid8Field()),
                ("written_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("mall", models.BigIntegerField(null=True)),
                ("actor", models.TextField()),
                ("verb", models.TextField()),
                ("subject", models.TextField()),
                ("data", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
            ],
            options={"db_table": "journal_entry", "managed": False},
        ),
        migrations.RunSQL(sql=UUIDV7, reverse_sql=NO_UUIDV7),
        migrations.RunSQL(sql=[ERA, FIRST_ERA], reverse_sql="DROP FUNCTION journal_era()"),
        migrations.RunSQL(sql=[ENTRY, MONTHS], reverse_sql="DROP TABLE journal_entry"),
        migrations.RunSQL(
            sql=KEEP,
            reverse_sql="DROP TRIGGER journal_entry_is_not_emptied ON journal_entry; DROP TRIGGER journal_entry_is_kept ON journal_entry; DROP FUNCTION journal_entry_is_kept()",
        ),
    ]
