"""The address book of the pages server. Each face lists its paths from the root; the portal's mall names come last."""

from django.urls import include, path

from pendapa.web.ui import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/", include("pendapa.web.api.urls")),
    path("sign-in/", include("pendapa.server.sign_in")),
    path("", include("pendapa.web.ui.urls")),
    path("", include("pendapa.web.hall.urls")),
    path("", include("pendapa.web.desk.urls")),
    path("", include("pendapa.web.office.urls")),
    path("", include("pendapa.web.portal.urls")),
]

handler400 = "pendapa.web.ui.views.bad_request"
handler403 = "pendapa.web.ui.views.permission_denied"
handler404 = "pendapa.web.ui.views.page_not_found"
handler429 = "pendapa.web.ui.views.too_many_requests"  # allauth's, for too many attempts
handler500 = "pendapa.web.ui.views.server_error"
