from django.apps import AppConfig


class QueueingConfig(AppConfig):
    name = "pendapa.operations.queueing"
    label = "queueing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pendapa.operations.queueing import receivers, tasks  # noqa: F401 - they register their handlers
