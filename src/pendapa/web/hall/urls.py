"""Paths of the screens in the hall: kiosk and board."""

from django.urls import path

from pendapa.web.hall import boards

urlpatterns = [
    path("board/<slug:mall_code>/", boards.board, name="board"),
]
