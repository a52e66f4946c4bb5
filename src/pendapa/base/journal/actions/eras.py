"""Eras: transaction numbers start anew after a restore into another database cluster."""

import logging

from django.db import connection, transaction

from pendapa.base.journal.models import Era

logger = logging.getLogger(__name__)


@transaction.atomic
def open_era() -> int:
    """Open a new era if this database cluster is not the one of the newest era, and return the era's number.

    To be called after migrating and before anything is written: at the start of `serve` and `work`, and after
    `restore`. Cheap and harmless to call at any time; of several callers at once one opens it.

    The number is kept in the body of the SQL function `journal_era()`, so that hot inserts read no table for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('journal_era'))")
        cursor.execute("SELECT journal_era(), (SELECT system_identifier FROM pg_control_system())")
        number, cluster = cursor.fetchone()
    newest = Era.objects.order_by("-id").first()
    if newest is not None and newest.system_identifier == cluster:
        return int(number)
    opened = 1 + max(number, newest.id) if newest else int(number)
    Era.objects.create(id=opened, system_identifier=cluster)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION journal_era() RETURNS integer"
            f" LANGUAGE sql STABLE PARALLEL SAFE RETURN {opened:d}"
        )
    logger.warning("journal era opened", extra={"era": opened, "cluster": cluster})
    return opened
