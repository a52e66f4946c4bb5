"""Append-only: who did what to which record, and when. Audit, history and outbox in one (architecture.md, decision 5).

Write with `from pendapa.base.journal import actions as journal`, then `journal.record(...)`; read with `queries`.
"""
