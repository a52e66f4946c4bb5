"""Sealing: proof that the journal was not touched afterwards."""

import logging

from django.db import connection, transaction

from pendapa.base import clock
from pendapa.base.journal.models import Seal
from pendapa.base.journal.queries.seals import LEAF, chained, digest_of, same_month, unsealed_leaves
from pendapa.base.journal.rules import Position, month_of

logger = logging.getLogger(__name__)


@transaction.atomic
def seal_once(limit: int = 1000) -> int:
    """Seal the next entries, at most `limit`, of one month; return how many (0: all that can be sealed is).

    Of several callers at once one seals. Each seal also goes to the log, so that the newest seals cannot be removed
    unnoticed where the log is kept elsewhere.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('journal_seal'))")
        if not cursor.fetchone()[0]:
            return 0
    previous = Seal.objects.order_by("-seq").first()
    leaves = unsealed_leaves(previous.last if previous else Position.before_everything(), limit)
    if not leaves:
        return 0
    leaves = same_month(leaves)
    first, last = leaves[0].position, leaves[-1].position
    seal = Seal(
        seq=previous.seq + 1 if previous else 1,
        month=month_of(leaves[0].written_at),
        first_era=first.era,
        first_xid=first.xid,
        first_entry=first.id,
        last_era=last.era,
        last_xid=last.xid,
        last_entry=last.id,
        count=len(leaves),
        leaves=b"".join(leaf.hash[:LEAF] for leaf in leaves),
        digest=digest_of(leaves),
        sealed_at=clock.real_now(),
    )
    seal.chain = chained(seal, previous.chain if previous else "")
    seal.save(force_insert=True)
    logger.info("journal sealed", extra={"seal": seal.seq, "last": str(seal.last), "chain": seal.chain})
    return seal.count
