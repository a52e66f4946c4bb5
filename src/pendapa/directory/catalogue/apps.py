from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "pendapa.directory.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pendapa.directory.catalogue import tasks  # noqa: F401 - it registers its handler
