from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "pendapa.web.desk"
    label = "desk"
