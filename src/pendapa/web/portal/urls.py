"""Paths of the citizen's pages."""

urlpatterns = []
