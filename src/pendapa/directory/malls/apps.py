from django.apps import AppConfig


class MallsConfig(AppConfig):
    name = "pendapa.directory.malls"
    label = "malls"
    default_auto_field = "django.db.models.BigAutoField"
