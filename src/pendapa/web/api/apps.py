from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "pendapa.web.api"
    label = "api"
