"""The live server's application: streams only, with no web framework around it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pendapa.server.settings")

import django
from django.utils.module_loading import import_string

from pendapa.server import env

env.read().insist()
django.setup()
application = import_string("pendapa.web.live.app.application")
