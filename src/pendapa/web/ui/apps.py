from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "pendapa.web.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pendapa.web.ui import known_people, second_factor  # noqa: F401 - they hear who signs in
