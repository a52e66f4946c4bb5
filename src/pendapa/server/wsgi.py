"""The pages server's application, as granian loads it into each worker."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pendapa.server.settings")

from django.core.wsgi import get_wsgi_application

from pendapa.server import env
from pendapa.server.uploads import Whole

env.read().insist()
application = Whole(get_wsgi_application())
