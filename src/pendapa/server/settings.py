"""Django's settings for every process of an installation. Defaults are safe; the environment says the rest."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from pendapa.server import env, logs

ENV = env.read()

DEBUG = ENV.debug
DEMO = ENV.demo
DEMO_PASSWORD = "antrean-contoh-2026"  # noqa: S105 - of the demo's people alone, and shown on its own page
SECRET_KEY = ENV.secret_key
FIELD_KEYS = ENV.field_keys  # the first one encrypts, all of them decrypt
HASH_KEY = ENV.hash_key
ALLOWED_HOSTS = ENV.allowed_hosts

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pendapa.web.ui",  # before allauth, whose pages it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",  # its loader is named below
    "csp",
    "pendapa.base",
    "pendapa.base.journal",
    "pendapa.base.records",
    "pendapa.directory.malls",
    "pendapa.directory.accounts",
    "pendapa.directory.catalogue",
    "pendapa.operations.queueing",
    "pendapa.web.portal",
    "pendapa.web.hall",
    "pendapa.web.desk",
    "pendapa.web.office",
    "pendapa.web.api",
    "pendapa.web.live",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "pendapa.server.urls"
WSGI_APPLICATION = "pendapa.server.wsgi.application"

# `page_…` is skipped on the paths that machines call, among them the measured API.
MIDDLEWARE = [
    "pendapa.web.ui.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pendapa.web.ui.middleware.page_csp",
    "pendapa.web.portal.shelf.Shelf",  # within what adds headers to every answer, before what costs time
    "pendapa.web.ui.middleware.page_caller",
    "pendapa.web.ui.middleware.page_people",
    "pendapa.web.ui.middleware.page_sessions",
    "pendapa.web.ui.middleware.page_language",
    "pendapa.web.ui.middleware.page_common",
    "pendapa.web.ui.middleware.page_csrf",
    "pendapa.web.ui.middleware.page_users",
    "allauth.account.middleware.AccountMiddleware",  # by its own name, which allauth looks for at start
    "pendapa.web.ui.middleware.page_messages",
    "pendapa.web.ui.middleware.page_htmx",
    "pendapa.web.ui.middleware.page_second_factor",
    "pendapa.web.ui.middleware.page_refusals",
]

_LOADER = "django.template.loaders.app_directories.Loader"
_CACHED = ("django.template.loaders.cached.Loader", [_LOADER])
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [("template_partials.loader.Loader", [_LOADER if DEBUG else _CACHED])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pendapa.web.ui.context.page",
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    """Django's database settings for a postgresql:// address; the host may be a folder with a socket (`?host=`)."""
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    milliseconds = ENV.database_timeout * 1000
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        # The pool hands out connections; without the health check a restart of PostgreSQL would give errors.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # The pool's pauses between attempts double; after 5 s it starts anew, or a long outage would be followed
            # by as long a pause.
            "pool": {"min_size": 1, "max_size": ENV.database_pool, "timeout": 10, "reconnect_timeout": 5},
            "prepare_threshold": 5,
            "application_name": "pendapa",
            "options": (  # milliseconds
                f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
                f"-c idle_in_transaction_session_timeout={milliseconds} "
                # Only the hot statements are prepared, and planning them anew each time costs more than running them.
                "-c plan_cache_mode=force_generic_plan"
            ),
            **options,
        },
    }


DATABASES: dict[str, dict[str, Any]] = {"default": _database(ENV.database_url)} if ENV.database_url else {}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",  # shared by all processes: limits count everywhere
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

STATIC_URL = "/static/"
STATIC_ROOT = ENV.static or None
WHITENOISE_USE_FINDERS = not ENV.static
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENV.static
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

LOCALE_PATHS = [Path(__file__).parent.parent / "web" / "ui" / "locale"]
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
TIME_ZONE = "UTC"  # moments are stored in UTC and judged in the mall's zone
USE_TZ = True

# Who may sign in. There is no sign-up: administrators make accounts.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "pendapa.server.sign_in.NoSignUp"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
MFA_ADAPTER = "pendapa.server.sign_in.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from whoever invited, not from a sign-up
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds: clocks of phones and malls differ
MFA_TOTP_ISSUER = "Pendapa"
SOCIALACCOUNT_ADAPTER = "pendapa.web.ui.single_sign_on.StaffOnly"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_AUTO_SIGNUP = False
OIDC_NAME = ENV.oidc_name  # empty: no provider
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "staff",
                "name": ENV.oidc_name,
                "client_id": ENV.oidc_client_id,
                "secret": ENV.oidc_client_secret,
                "settings": {"server_url": ENV.oidc_issuer},
            }
        ]
        if ENV.oidc_name
        else [],
    }
}
ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxies

# What browsers are told. Headers of a proxy are believed only when one is declared.
TRUSTED_PROXIES = ENV.trusted_proxies
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trusted_proxies else None
PUBLIC_URL = ENV.public_url
LIVE_URL = ENV.live_url  # empty: streams come from the same origin
CSRF_TRUSTED_ORIGINS = [ENV.public_url] if ENV.public_url else []
SESSION_COOKIE_AGE = int(timedelta(hours=ENV.session_hours).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENV.tls
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = ENV.tls
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = ENV.tls
SECURE_HSTS_SECONDS = int(timedelta(days=180).total_seconds()) if ENV.tls else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "pendapa.web.ui.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, ENV.live_url] if ENV.live_url else [SELF],
        # A form that leads on to the provider of single sign-on is followed there.
        "form-action": [SELF, "{0.scheme}://{0.netloc}".format(urlsplit(ENV.oidc_issuer))]
        if ENV.oidc_issuer
        else [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "worker-src": [SELF],
        "manifest-src": [SELF],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes of a form; files have their own door
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1500  # a service with all that it may hold, in two languages
METRICS_FOLDER = ENV.metrics  # where the workers of one server add up their figures; empty: each for itself

LOGGING = logs.configuration(ENV.log_level)
