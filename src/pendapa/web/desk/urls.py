"""Addresses of the officer's desk. Each act is a form's address of its own; only the panels also answer to a link."""

from django.urls import path

from pendapa.web.desk import change, views

_COUNTER = "desk/<slug:mall>/<int:number>/"

urlpatterns = [
    path("desk/", views.choose, name="desk_choose"),
    path(_COUNTER, views.counter, name="desk"),
    path(f"{_COUNTER}now/", views.now, name="desk_now"),
    path(f"{_COUNTER}sit/", views.sit, name="desk_sit"),
    path(f"{_COUNTER}close/", views.close, name="desk_close"),
    path(f"{_COUNTER}next/", views.call_next, name="desk_next"),
    path(f"{_COUNTER}go-on/", views.go_on, name="desk_go_on"),
    path(f"{_COUNTER}break/", views.take_break, name="desk_break"),
    path(f"{_COUNTER}issue/", views.issue, name="desk_issue"),
    path(f"{_COUNTER}receive/", views.receive, name="desk_receive"),
    path(f"{_COUNTER}change/", change.change, name="desk_change"),
    path(f"{_COUNTER}change/forget/", change.forget, name="desk_change_forget"),
    path(f"{_COUNTER}tickets/<int:ticket>/transfer/", views.transfer, name="desk_transfer"),
    path(f"{_COUNTER}tickets/<int:ticket>/cancel/", views.cancel, name="desk_cancel"),
    path(f"{_COUNTER}tickets/<int:ticket>/call/", views.call_before_turn, name="desk_call"),
    path(f"{_COUNTER}tickets/<int:ticket>/<slug:act>/", views.act, name="desk_act"),
]
