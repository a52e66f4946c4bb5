"""Paths of the screens in the hall, of how a browser becomes one, and of the demo's front desk."""

from django.urls import path

from pendapa.web.hall import boards, devices, examples, kiosks, pairing, reports

urlpatterns = [
    path("board/<slug:mall_code>/", boards.board, name="board"),
    path("kiosk/<slug:mall_code>/", kiosks.start, name="kiosk"),
    path("kiosk/<slug:mall_code>/arrive/", kiosks.arrive, name="kiosk_arrive"),
    path("kiosk/<slug:mall_code>/agencies/<int:agency>/", kiosks.agency, name="kiosk_agency"),
    path("kiosk/<slug:mall_code>/services/<slug:slug>/", kiosks.service, name="kiosk_service"),
    path("devices/pair/", pairing.show, name="device_pair"),
    path("devices/pair/state/", pairing.state, name="device_pair_state"),
    path("devices/report/", reports.report, name="device_report"),
    path("devices/enter/", devices.enter, name="device_enter"),
    path("devices/leave/", devices.leave, name="device_leave"),
    path("example/", examples.people, name="example"),
    path("example/sign-in/", examples.sign_in, name="example_sign_in"),
    path("example/device/", examples.enter, name="example_device"),
]
