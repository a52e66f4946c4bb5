"""Paths of the citizen's pages. The names of malls come last, so that no mall can hide a page."""

from django.urls import path

from pendapa.web.portal import malls, tickets

urlpatterns = [
    path("", malls.start, name="start"),
    path("mine/", tickets.mine, name="mine"),
    path("t/<str:code>/", tickets.ticket, name="ticket"),
    path("t/<str:code>/arrive/", tickets.arrive, name="ticket_arrive"),
    path("t/<str:code>/return/", tickets.come_back, name="ticket_return"),
    path("t/<str:code>/cancel/", tickets.cancel, name="ticket_cancel"),
    path("v/<str:code>/", tickets.visit, name="visit"),
    path("<slug:mall_code>/", malls.services, name="mall"),
    path("<slug:mall_code>/services/<slug:slug>/", malls.take_number, name="service"),
]
