"""Django's settings for Doorstep, made from `config.env` alone."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from config import env

ROOT = env.ROOT
DOORSTEP = env.read()

MODE: str = DOORSTEP["MODE"]
DEBUG: bool = DOORSTEP["DEBUG"]
DEMO_SIGN_IN: bool = DOORSTEP["DEMO_SIGN_IN"]
SECRET_KEY: str = DOORSTEP["SECRET_KEY"] or "demo-key-for-synthetic-people-only-never-for-real-ones"
SITE_URL: str = DOORSTEP["SITE_URL"]
SITE_NAME = "Doorstep"
BOROUGH: str = DOORSTEP["BOROUGH"]
GIVING_PREFIX: str = DOORSTEP["GIVING_PREFIX"]
FUNDER_ID: str = DOORSTEP["FUNDER_ID"]
HELP_PHONE: str = DOORSTEP["PHONE"]
HELP_TEXT_NUMBER: str = DOORSTEP["TEXT_NUMBER"]
# The council's number at night and at weekends, and who hears when no lead can look at an alert.
OUT_OF_HOURS_PHONE: str = DOORSTEP["OUT_OF_HOURS_PHONE"]
SAFEGUARDING_MAIL: str = DOORSTEP["SAFEGUARDING_MAIL"]
# A sender that says nothing, for people whose post others read.
DISCREET_FROM: str = DOORSTEP["DISCREET_FROM"]
VIDEO_URL: str = DOORSTEP["VIDEO_URL"]
TILE_URL: str = DOORSTEP["TILE_URL"]
TILE_CREDIT: str = DOORSTEP["TILE_CREDIT"]
# Travel times for rounds (an OSRM server); empty: as the crow flies, with a street factor.
ROUTING_URL: str = DOORSTEP["ROUTING_URL"]

_site = urlsplit(SITE_URL)
ON_TLS = _site.scheme == "https"
ALLOWED_HOSTS = [_site.hostname or "localhost", *DOORSTEP["ALLOWED_HOSTS"]]
if MODE != "production":
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# One folder for everything that is kept: database, uploads, outgoing mail.
DATA: Path = DOORSTEP["DATA"]
try:
    DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
except OSError as problem:
    raise env.SettingsProblem(
        f"DOORSTEP_DATA names {DATA}, where we may not write ({problem.strerror}). "
        "Choose a folder of your own."
    ) from problem
MEDIA_ROOT = DATA / "media"
MEDIA_URL = "/media/"
OUTBOX = DATA / "outbox"
# The keys of what is sealed (`base.sealing`). Tests have a throwaway key in memory.
KEY_FILE: Path | None = None if MODE == "test" else DOORSTEP["KEY_FILE"] or DATA / "keys.json"
# Files that only a view hands over, sealed (`base.private_files`).
PRIVATE_ROOT = DATA / "private"

INSTALLED_APPS = [
    "doorstep.web",
    "doorstep.support",
    "doorstep.watch",
    "doorstep.learning",
    "doorstep.grants",
    "doorstep.gatherings",
    "doorstep.connect",
    "doorstep.feed",
    "doorstep.teams",
    "doorstep.organisations",
    "doorstep.safeguarding",
    "doorstep.notices",
    "doorstep.people",
    "doorstep.kindness",
    "doorstep.places",
    "doorstep.design",
    "doorstep.base",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "doorstep.base.middleware.hard_shell",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "doorstep.base.middleware.compress",
    "doorstep.base.middleware.well_formed",
    "doorstep.people.middleware.SessionMiddleware",
    "doorstep.people.middleware.language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "doorstep.people.viewer.AuthenticationMiddleware",
    "doorstep.web.guard.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "doorstep.people.middleware.FormsOfAllauth",
    "doorstep.people.middleware.second_factor",
    "axes.middleware.AxesMiddleware",
    "doorstep.base.limits.limits",
    "doorstep.support.crisis.banner.put_on",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "doorstep.design.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "doorstep.design.templatetags.design",
            ],
        },
    }
]
FORM_RENDERER = "doorstep.design.forms.Renderer"

# --- Data ------------------------------------------------------------------------------------

_database = urlsplit(DOORSTEP["DATABASE_URL"])
if _database.scheme in ("postgres", "postgresql"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(_database.path.lstrip("/")),
            "USER": unquote(_database.username or ""),
            "PASSWORD": unquote(_database.password or ""),
            "HOST": unquote(_database.hostname or ""),
            "PORT": str(_database.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "doorstep.base.sqlite",
            "NAME": str(DATA / "doorstep.sqlite3"),
            "CONN_MAX_AGE": None,
            # Said outright, because pytest-xdist only guesses it for Django's own engine.
            "TEST": {"NAME": ":memory:"},
            "OPTIONS": {
                # WAL lets people read while one writes; IMMEDIATE takes the write lock at the
                # start, so two writers wait for each other instead of failing half-way.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "cached_statements": 512,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; "
                    "PRAGMA mmap_size=1073741824; PRAGMA cache_size=-65536;"
                ),
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Counts that must hold across processes: rate limits and one-time-code tries.
    "shared": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": DOORSTEP["REDIS_URL"],
        }
        if DOORSTEP["REDIS_URL"]
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "base_shared_cache",
        }
    )
    # Whoever reads the table of counts learns nobody's address from its keys.
    | {"KEY_FUNCTION": "doorstep.base.sealing.cache_key"},
}

TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend"
        if MODE == "test"
        else "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default"],
    }
}

# --- People and sign-in ----------------------------------------------------------------------

AUTH_USER_MODEL = "people.Account"
SESSION_ENGINE = "doorstep.people.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ON_TLS
CSRF_COOKIE_SECURE = ON_TLS
# With this beginning a browser takes them over TLS and from this very host alone.
SESSION_COOKIE_NAME = "__Host-doorstep" if ON_TLS else "sessionid"
CSRF_COOKIE_NAME = "__Host-doorstep-form" if ON_TLS else "csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = ON_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "doorstep.web.views.errors.stale_form"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "doorstep.base.passwords.NotTooLong"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "doorstep.people.backends.AccountBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "doorstep.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# One of e-mail and number is enough (`JoinForm`); allauth wants to read that e-mail is needed.
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1"]
ACCOUNT_FORMS = {
    "login": "doorstep.people.forms.SignInForm",
    "signup": "doorstep.people.forms.JoinForm",
    "request_login_code": "doorstep.people.forms.AskForCodeForm",
    "confirm_login_code": "doorstep.people.forms.SignInCodeForm",
    "confirm_email_verification_code": "doorstep.people.forms.EmailCodeForm",
    "verify_phone": "doorstep.people.forms.PhoneCodeForm",
    "confirm_password_reset_code": "doorstep.people.forms.ResetCodeForm",
    "add_email": "doorstep.people.forms.NewEmailForm",
    "change_phone": "doorstep.people.forms.NewPhoneForm",
    "change_password": "doorstep.people.forms.ChangePasswordForm",
    "set_password": "doorstep.people.forms.SetPasswordForm",
    "reset_password": "doorstep.people.forms.ResetForm",
    "reset_password_from_key": "doorstep.people.forms.ResetPasswordForm",
    "reauthenticate": "doorstep.people.forms.AskPasswordForm",
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
# Six digits, a quarter of an hour, five tries: kind to slow hands, hopeless for guessing.
_CODE = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_FORMAT = ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = _CODE
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = ACCOUNT_PASSWORD_RESET_BY_CODE_CODE_FORMAT = _CODE
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_TIMEOUT = 30 * 60
# "key" is the e-mail or number; a whole library may sit behind one "ip". Counted in the
# "shared" cache (`people.mending`), so that the limits hold across processes.
ACCOUNT_RATE_LIMITS = {
    "signup": "30/m/ip,200/h/ip",
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "request_login_code": "30/m/ip,300/h/ip,3/m/key,10/h/key",
    "confirm_email": "3/m/key,10/h/key",
    "verify_phone": "30/m/ip,3/m/key,10/h/key",
    "change_phone": "5/m/user",
    "try_code": "8/10m/key",
}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "doorstep.people.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "doorstep.people.forms.SecondStepForm",
    "reauthenticate": "doorstep.people.forms.SecondStepAgainForm",
    "activate_totp": "doorstep.people.forms.StartAppForm",
    "add_webauthn": "doorstep.people.forms.AddPasskeyForm",
    "signup_webauthn": "doorstep.people.forms.JoinPasskeyForm",
    "edit_webauthn": "doorstep.people.forms.RenamePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ON_TLS
# Whose role opens other people's cases takes a second step at every sign-in. The tests of
# other floors sign in without it; the tests of this rule switch it on.
REQUIRE_SECOND_FACTOR = MODE != "test"
# What `base.limits` allows is multiplied by this: tests of other things, and `doorstep bench`,
# do in seconds what neighbours do in weeks.
LIMITS_STRETCH = 1 if MODE != "test" else 1_000_000
ALLAUTH_TRUSTED_PROXY_COUNT = DOORSTEP["PROXIES"]

AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_CACHE = "shared"
AXES_USERNAME_CALLABLE = "doorstep.people.adapter.name_for_the_lock"
AXES_CLIENT_IP_CALLABLE = "doorstep.people.adapter.client_ip"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "doorstep.people.views.locked_out"

# --- Mail and texts --------------------------------------------------------------------------

_mail = urlsplit(DOORSTEP["MAIL_URL"])
if MODE == "test":
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
elif _mail.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname
    EMAIL_PORT = _mail.port or {"smtps": 465, "smtp+tls": 587}.get(_mail.scheme, 25)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(OUTBOX)
DEFAULT_FROM_EMAIL = DOORSTEP["MAIL_FROM"]
EMAIL_SUBJECT_PREFIX = ""
SMS_KEY: str = DOORSTEP["SMS_KEY"]
SMS_TEMPLATE: str = DOORSTEP["SMS_TEMPLATE"]

# --- Words -----------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [
    ("en-gb", "English"),
    ("ro", "Română"),
    ("ur", "اردو"),
]
LANGUAGE_COOKIE_NAME = "doorstep_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"
DATE_FORMAT = "l j F"
TIME_FORMAT = "g:ia"

# --- Files -----------------------------------------------------------------------------------

STATIC_URL = "/static/"
# Demo and production serve hashed, compressed copies made by `collectstatic`.
PLAIN_STATIC = DEBUG or MODE in ("test", "dev")
STATIC_ROOT = ROOT / "build" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PLAIN_STATIC
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PLAIN_STATIC
WHITENOISE_AUTOREFRESH = DEBUG
KEEP_PAGES: bool = DOORSTEP["KEEP_PAGES"]
UPLOAD_BYTES: int = DOORSTEP["UPLOAD_MB"] * 1024 * 1024
# A longer form is refused before it is read into memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

# --- The hard shell --------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # The one other host anything may ever come from, and only where a street map is set.
        "img-src": [SELF, "data:", *([env.tile_origin(TILE_URL)] if TILE_URL else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# `base.middleware.hard_shell` puts these two on every answer, errors too.
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if ON_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ON_TLS
SECURE_SSL_REDIRECT = ON_TLS and MODE == "production" and not DOORSTEP["PROXIES"]
if DOORSTEP["PROXIES"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            # Takes e-mails, numbers, codes and keys out of whatever is logged, tracebacks too.
            "()": "doorstep.base.scrubbing.ScrubbingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "doorstep": {"level": "INFO"},
        # Django's own handlers would mail whole requests about; everything goes through ours.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "axes": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
    },
}
