from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "pendapa.web.portal"
    label = "portal"
