"""Pages that belong to no face: the language switch and the gallery of components."""

from django.urls import path
from django.views.i18n import set_language

from pendapa.web.ui import views

urlpatterns = [
    path("language/", set_language, name="set_language"),
    path("gallery/", views.gallery, name="gallery"),
]
