"""The addresses of the API. Whatever is none of them is answered in the same way as everything else: as a problem."""

from django.urls import path, re_path

from pendapa.web.api.description import api, openapi
from pendapa.web.api.door import nowhere

urlpatterns = [
    path("openapi.json", openapi, name="openapi"),
    path("", nowhere),
    path("", api.urls),
    re_path(r"^[\s\S]*$", nowhere),
]
