"""Paths of the citizen's pages. The names of malls come last, so that no mall can hide a page."""

from django.urls import path

from pendapa.web.portal import malls, services, taking, tickets

urlpatterns = [
    path("", malls.start, name="start"),
    path("mine/", tickets.mine, name="mine"),
    path("t/<str:code>/", tickets.ticket, name="ticket"),
    path("t/<str:code>/arrive/", tickets.arrive, name="ticket_arrive"),
    path("t/<str:code>/return/", tickets.come_back, name="ticket_return"),
    path("t/<str:code>/cancel/", tickets.cancel, name="ticket_cancel"),
    path("v/<str:code>/", tickets.visit, name="visit"),
    path("<slug:mall_code>/", malls.mall, name="mall"),
    path("<slug:mall_code>/events/<slug:event>/", malls.event, name="life_event"),
    path("<slug:mall_code>/guide/", malls.guide, name="guide"),
    path("<slug:mall_code>/guide/<slug:step>/", malls.guide, name="guide_step"),
    path("<slug:mall_code>/agencies/<int:agency>/", malls.agency, name="agency"),
    path("<slug:mall_code>/agencies/<int:agency>/pledge/", services.pledge, name="pledge"),
    path("<slug:mall_code>/services/<slug:slug>/", services.service, name="service"),
    path("<slug:mall_code>/services/<slug:slug>/leaflet.pdf", services.leaflet, name="service_leaflet"),
    path("<slug:mall_code>/services/<slug:slug>/number/", taking.take_number, name="take_number"),
    path("<slug:mall_code>/services/<slug:slug>/now/", taking.now, name="service_now"),
    path("<slug:mall_code>/services/<slug:slug>/versions/<int:number>/", services.version, name="service_version"),
]
