from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "pendapa.web.office"
    label = "office"
