from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "pendapa.web.live"
    label = "live"
