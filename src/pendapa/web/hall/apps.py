from django.apps import AppConfig


class HallConfig(AppConfig):
    name = "pendapa.web.hall"
    label = "hall"
