"""Django's settings. What may differ from place to place comes from the environment: see environment.py."""

from datetime import timedelta
from typing import Any

import django_stubs_ext

from advisor import database, later
from advisor.environment import BASE_DIR, MailServer, read_environment
from advisor.logs import FORMATTERS

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Rule] run, not only type-check

later.when_asked("webauthn")  # the tables of passkeys need little of it; the rest reads certificates of all kinds
later.when_asked("snowballstemmer")  # one of its forty languages is enough

ENVIRONMENT = read_environment()

# Who runs the site, as every page says it.
SIGNPOST_DATA = ENVIRONMENT.data
SIGNPOST_SITE_URL = ENVIRONMENT.site_url
SIGNPOST_OWNER = ENVIRONMENT.owner
SIGNPOST_OWNER_SELLS = ENVIRONMENT.owner_sells
SIGNPOST_CONTACT = ENVIRONMENT.contact
SIGNPOST_PROXIES = ENVIRONMENT.proxies
SIGNPOST_ACCESS_LOG = ENVIRONMENT.access_log
SIGNPOST_METRICS_PORT = ENVIRONMENT.metrics_port

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = list(ENVIRONMENT.secret_key_fallbacks)
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = [SIGNPOST_SITE_URL]

ROOT_URLCONF = "advisor.urls"
WSGI_APPLICATION = "advisor.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "advisor.apps.WorkplaceConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_otp_webauthn",
    "axes",
    "advisor.apps.AdvisorConfig",
]
MIDDLEWARE = [
    "advisor.middleware.SecurityHeaders",  # outermost: redirects, errors and static files need the headers too
    "advisor.middleware.RequestId",
    "advisor.figures.Counted",
    "advisor.events.Noticed",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "advisor.storage.FilesOfAnyVersion",
    "advisor.compressing.Compressed",  # below WhiteNoise, whose files are compressed already
    "advisor.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "advisor.admin.notsent.KeepsTyped",
    "django.middleware.csrf.CsrfViewMiddleware",
    "advisor.middleware.Users",
    "advisor.middleware.Messages",
    "django_htmx.middleware.HtmxMiddleware",
    "advisor.middleware.VaryOnHtmx",
    "advisor.views.errors.OurErrors",
    "advisor.admin.again.AsksAgain",
    "advisor.admin.keeping.KeepsVersions",
    "axes.middleware.AxesMiddleware",  # the page for who is locked out, in place of the login page
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # includes the cached loader
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "advisor.context.site",
            ],
            "builtins": ["advisor.templatetags.whose"],  # its csrf_token takes the place of Django's
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": (
        database.postgresql(ENVIRONMENT.database_url)
        if ENVIRONMENT.database_url
        else database.sqlite(SIGNPOST_DATA / database.SQLITE_FILE)
    )
}

STATIC_URL = "/static/"
STATIC_ROOT = SIGNPOST_DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns about a folder that is missing
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "advisor.storage.OwnFilesCompressed"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Mails leave through the outbox alone: advisor/outbox.py. Without a host they wait there.
EMAIL_BACKEND = "advisor.mailserver.Backend"
MAIL = ENVIRONMENT.mail or MailServer(host="", port=25)
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS = MAIL.secure == "starttls"
EMAIL_USE_SSL = MAIL.secure == "tls"
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from

LANGUAGE_CODE = "en"
# One language so far. To look up each text again and again took a tenth of a page. A second one needs this alone.
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

PASSWORD_RESET_TIMEOUT = 60 * 60  # of the link that rescue_login prints
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
AUTHENTICATION_BACKENDS = ["advisor.lockout.LockOut", MODEL_BACKEND]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# The second step. A code holds for its 30 seconds and no longer; how many may be tried, secondstep.py says.
OTP_TOTP_ISSUER = ENVIRONMENT.host
OTP_TOTP_SYNC = False
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
# Passkeys belong to a name: while only this machine reaches the site, that is localhost, as a number can have none.
OTP_WEBAUTHN_RP_ID = ENVIRONMENT.host if ENVIRONMENT.public else "localhost"
OTP_WEBAUTHN_RP_NAME = OTP_WEBAUTHN_RP_ID
OTP_WEBAUTHN_ALLOWED_ORIGINS = [
    SIGNPOST_SITE_URL.replace("http://", "https://") if ENVIRONMENT.public else f"http://localhost:{ENVIRONMENT.port}"
]

# Lock-out. Axes stores no name, no address, and nothing that was sent.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "advisor.lockout.name_of"
AXES_CLIENT_IP_CALLABLE = "advisor.lockout.network_of"
AXES_LOCKOUT_CALLABLE = "advisor.admin.signin.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "next", "csrfmiddlewaretoken", "whose"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# Cookies: only editors get any. Over https the __Host- prefix ties them to this host alone.
COOKIE_PREFIX = "__Host-" if ENVIRONMENT.https else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}signpost-session"
SESSION_ENGINE = "advisor.sessions"
SESSION_COOKIE_AGE = 30 * 60  # without a request; sessions.py renews it, and ends a session after twelve hours
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # so the cookie has no time of its own, and is set once
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}signpost-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
# links.py counts the parts of an address and refuses with a page; Django's own limit must not come first.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "advisor.uploads.OnlyFromStaff",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
CSRF_FAILURE_VIEW = "advisor.admin.notsent.csrf_failure"
CSRF_COOKIE_SECURE = ENVIRONMENT.https
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False  # the old salt let one cookie's signature pass for another's

# https is what the site's address says. Behind a proxy, gunicorn believes X-Forwarded-Proto from this machine only.
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60 if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.https
SECURE_REFERRER_POLICY = "same-origin"  # "no-referrer" would make browsers send "Origin: null", which CSRF refuses
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # HSTS preload binds the whole domain for years in every browser: the domain owner's decision
]

# Log lines hold neither answers nor tokens: logs.py masks both. runserver's own lines hold the whole address, so they
# go nowhere.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": FORMATTERS[ENVIRONMENT.log_format], "whole_exceptions": DEBUG}},
    "filters": {"without_visitors": {"()": "advisor.logs.WithoutVisitors"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_visitors"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},  # also what libraries say
    "loggers": {
        "advisor": {"level": "INFO"},
        "django": {"level": "WARNING", "handlers": []},
        # A request for a host that is not ours is answered with 400. It is noise from scanners, not a fault of ours.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
        "django.server": {"handlers": ["nowhere"], "propagate": False},
        "psycopg.pool": {"handlers": ["stderr"], "level": "WARNING"},
        "axes": {"handlers": ["nowhere"], "propagate": False},  # events.py says it
    },
}
