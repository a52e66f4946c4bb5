"""Who is asking, and what they may do."""

from pendapa.directory.accounts.queries.standing import Standing, counters_for, may, standing_at
from pendapa.directory.accounts.queries.tokens import PURPOSE, bearer_of

__all__ = ["PURPOSE", "Standing", "bearer_of", "counters_for", "may", "standing_at"]
