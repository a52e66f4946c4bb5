from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "pendapa.directory.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pendapa.directory.accounts import receivers  # noqa: F401 - they register themselves
