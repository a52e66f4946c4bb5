"""The function by which a statement takes itself back as a whole (`statements.ISSUE`)."""

from django.db import migrations

CREATE = """
CREATE FUNCTION queueing_refuse() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RAISE EXCEPTION 'no number can be given' USING ERRCODE = 'PD001';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("queueing", "0001_first")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION queueing_refuse()")]
