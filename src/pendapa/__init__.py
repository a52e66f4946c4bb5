"""Pendapa runs a Mal Pelayanan Publik, Indonesia's one building for public services."""

__version__ = "0.1.0"
