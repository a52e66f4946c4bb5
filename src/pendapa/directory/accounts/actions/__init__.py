"""Accounts, roles, devices and their keys."""

from pendapa.directory.accounts.actions.devices import create_device
from pendapa.directory.accounts.actions.people import create_user, give_role
from pendapa.directory.accounts.actions.tokens import create_token, revoke_tokens

__all__ = ["create_device", "create_token", "create_user", "give_role", "revoke_tokens"]
