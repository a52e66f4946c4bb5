"""Pages that belong to no face: the switches of language and theme, and the gallery of components."""

from django.urls import path

from pendapa.web.ui import accounts, themes, views

urlpatterns = [
    path("language/", accounts.language, name="set_language"),
    path("theme/", themes.choose, name="set_theme"),
    path("example/time/", views.example_clock, name="example_clock"),
    path("gallery/", views.gallery, name="gallery"),
]
