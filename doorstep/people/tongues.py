"""Languages people of the borough speak, by their own names."""

# Most spoken first after English (Census 2021, Barking and Dagenham), then by name.
TONGUES: tuple[tuple[str, str], ...] = (
    ("en-gb", "English"),
    ("ro", "Română"),
    ("bn", "বাংলা"),
    ("ur", "اردو"),
    ("lt", "Lietuvių"),
    ("sq", "Shqip"),
    ("pt", "Português"),
    ("pa", "ਪੰਜਾਬੀ"),
    ("bg", "Български"),
    ("pl", "Polski"),
    ("it", "Italiano"),
    ("tr", "Türkçe"),
    ("es", "Español"),
    ("fr", "Français"),
    ("ar", "العربية"),
    ("so", "Soomaali"),
    ("yo", "Yorùbá"),
    ("ig", "Igbo"),
    ("ak", "Akan (Twi)"),
    ("sw", "Kiswahili"),
    ("ta", "தமிழ்"),
    ("gu", "ગુજરાતી"),
    ("hi", "हिन्दी"),
    ("fa", "فارسی"),
    ("ps", "پښتو"),
    ("ku", "Kurdî"),
    ("ru", "Русский"),
    ("uk", "Українська"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
    ("tl", "Filipino"),
    ("ml", "മലയാളം"),
    ("bfi", "British Sign Language"),
)
NAMES = dict(TONGUES)


def named(codes: list[str]) -> list[tuple[str, str]]:
    """Return (code, its own name) for the codes we know, in the order given."""
    return [(code, NAMES[code]) for code in codes if code in NAMES]
