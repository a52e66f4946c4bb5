"""What was published stays as it was: only the day it ends may be set, and only to an earlier one than it has."""

from django.db import migrations

CREATE = """
CREATE FUNCTION catalogue_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR to_jsonb(NEW) - '{valid_until,version}'::text[] <> to_jsonb(OLD) - '{valid_until,version}'::text[]
        OR coalesce(NEW.valid_until, 'infinity') > coalesce(OLD.valid_until, 'infinity')
    THEN
        RAISE EXCEPTION 'version % of service % is published and stays as it is: % refused',
            OLD.number, OLD.service_id, TG_OP
            USING ERRCODE = 'restrict_violation', HINT = 'publish another version that follows it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalogue_published_stays BEFORE UPDATE OR DELETE ON catalogue_serviceversion
    FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION catalogue_published_stays();
"""
DROP = """
DROP TRIGGER catalogue_published_stays ON catalogue_serviceversion;
DROP FUNCTION catalogue_published_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_standards")]

    operations = [migrations.RunSQL(CREATE, DROP)]
