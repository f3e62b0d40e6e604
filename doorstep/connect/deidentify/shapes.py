# ruff: noqa: E501, SIM102 - expressions read better whole
"""What shows by its shape and the words beside it: numbers, addresses, dates of birth."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from doorstep.connect.deidentify.spans import Span
from doorstep.connect.deidentify.words import NOT_NAMES, folded, ordinary

_I = re.IGNORECASE

# --- E-mail -------------------------------------------------------------------------------
_EMAIL = re.compile(r"(?<![\w.+'-])[\w+][\w.+'-]*(?: ?@ ?)[\w-]+(?:(?:\.| \. ?)[\w-]*\w)+")
_DOT = r"(?:\s*\(?\bdot\b\)?\s*|\s*\[dot\]\s*|\.)"
_SPOKEN_EMAIL = re.compile(
    rf"(?<![\w+-])(?:[^\W\d]+ (?=\d))?[\w+-]+(?:(?:{_DOT}|\s+(?:underscore|dash|hyphen)\s+)[\w+-]+)*"
    rf"\s*(?:\bat\b|\(at\)|\[at\]|@)\s*[\w-]+(?:{_DOT}[\w-]+)*(?:\s*\(?\bdot\b\)?\s*|\s*\[dot\]\s*)"
    r"[a-z]{2,}(?:\s+dot\s+[a-z]{2,})*",
    _I,
)

_HALF_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w+][\w.+'-]*\s?(?:\(at\)|\[at\]|\{at\}|\(@\)|<at>|_at_|\bat[- ]sign\b)\s?[\w-]+(?:\.[\w-]+)+",
    _I,
)
_SAID_AT_EMAIL = re.compile(r"(?<!\w)(?P<mine>[\w+][\w.+-]*) at [\w-]+(?:\.[a-z]{2,})+(?!\w)", _I)
_NO_DOT_EMAIL = re.compile(r"(?<!\w)[\w+][\w.+'-]*@[\w-]{2,}(?:[.,][\w-]+)*")


def emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, typed or spelled out (“at … dot …”)."""
    for pattern in (_SPOKEN_EMAIL, _HALF_SPOKEN_EMAIL, _EMAIL, _NO_DOT_EMAIL):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "email")
    for match in _SAID_AT_EMAIL.finditer(text):
        # “lee at post.org”; but not “look at post.org”.
        mine = match["mine"]
        if re.search(r"[\d._-]", mine) or folded(mine) not in ordinary():
            yield Span(match.start(), match.end(), "email", 0.8)


# --- Postcodes ----------------------------------------------------------------------------
_POSTCODE = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{1,2}[ ]?[0-9OIl][A-Z0-9O]?[\s.,-]{0,3}[0-9O][A-Z]{2}(?![A-Za-z0-9])", _I
)
_SPELLED_POSTCODE = re.compile(
    r"(?<!\w)[A-Z][ -][A-Z][ -]?\d[ -]?\d?[ ,-]+\d[ -]?[A-Z][ -]?[A-Z](?!\w)", _I
)
_SPOKEN_POSTCODE = re.compile(
    r"(?<!\w)[A-Z] ?[A-Z] (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[ ,]+"
    r"(?:one|two|three|four|five|six|seven|eight|nine|zero|oh)[ ,]+[A-Z][ -]?[A-Z](?!\w)",
    _I,
)
_NOT_INWARD = re.compile(r"(?:st|nd|rd|th|am|pm|kg|km|ml|mg|cm|mm|of|in|to|x)$", _I)


def postcodes(text: str) -> Iterator[Span]:
    """Yield whole postcodes however typed; a district alone is none."""
    for match in _POSTCODE.finditer(text):
        found = match[0]
        if _NOT_INWARD.search(found) and not found.isupper():
            continue
        if not any(c.isdigit() for c in found[:-3]):
            continue
        yield Span(match.start(), match.end(), "postcode")
    for pattern in (_SPELLED_POSTCODE, _SPOKEN_POSTCODE):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "postcode", 0.9)


# --- Numbers: telephone and NHS -------------------------------------------------------------
_RUN = re.compile(
    r"(?<![\w/£$€.,:-])[+(]{0,2}[\doO](?:(?:\.|[ ()\u2011\u2013-]{0,3})[\doOlI]){5,14}(?![\w/%])"
)
_TEL = re.compile(
    r"\b(tel\w*|phone\w*|ph|mob\w*|landline|ring\w*|rang|call\w*|text\w*|whats ?app|number|numer\w*|"
    r"nr|fax|contact|dial|reach\w*|on|t|m|sms|viber|fon\w*|ফোন|فون|نمبر)\b[^\n]{0,25}$",
    _I,
)
_REFERENCE = re.compile(
    r"\b(ref\w*|order|account|acc|invoice|case|claim|ticket|parcel|tracking|barcode|serial|meter|"
    r"licen[cs]e|policy|isbn|charity|company|booking|job|reading|batch|sort code|receipt|card)\b"
    r"[^.\n]{0,20}$",
    _I,
)
_HEALTH = re.compile(
    r"\b(n\.?h\.?s\.?|patient|wristband|surgery|hospital|gp|prescription|clinic|medical|ward|"
    r"a&e|dob|health|appointment)\b",
    _I,
)
_NHS_NEAR = re.compile(r"\bn\.?\s?h\.?\s?s\b\.?[^\n]{0,60}$", _I)
_DIGIT_WORD = (
    r"(?:oh|o|zero|nought|nil|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|"
    r"sixty|seventy|eighty|ninety|hundred|double|treble|triple|\d+)"
)
_SPOKEN = re.compile(rf"\b{_DIGIT_WORD}(?:[\s,.-]+(?:and\s+)?{_DIGIT_WORD})+\b", _I)
_WORTH = {"double": 1, "treble": 2, "triple": 2, "hundred": 2}


def _digits(found: str) -> str:
    made = ""
    for c in found:
        if c in "oO":
            made += "0"
        elif c in "lI":
            made += "1"
        elif c.isdigit():
            made += str(unicodedata.digit(c, 0))
    return made


def check_digit_holds(digits: str) -> bool:
    """Whether ten digits could be an NHS number: the last follows from the others (mod 11)."""
    if len(digits) != 10:
        return False
    left = 11 - sum(int(d) * (10 - at) for at, d in enumerate(digits[:9])) % 11
    return left % 11 == int(digits[9]) and left != 10


def numbers(text: str) -> Iterator[Span]:
    """Yield telephone and NHS numbers; not references, dates or the numbers all may ring."""
    for match in _RUN.finditer(text):
        found = match[0].rstrip(" .(-")
        start, end = match.start(), match.start() + len(found)
        if found.startswith("(") and ")" not in found:
            start, found = start + 1, found[1:]
        if found.endswith(")") and "(" not in found:
            end, found = end - 1, found[:-1]
        digits = _digits(found)
        count = len(digits)
        before = text[max(0, start - 70) : start]
        if _is_date(found):
            continue
        if _REFERENCE.search(before[-32:]) and not _NHS_NEAR.search(before[-24:]):
            continue
        grouped = re.fullmatch(r"\d{3}[ -]+\d{3}[ -]+\d{3,4}", found) is not None
        starts = digits.startswith("0") or found.startswith(("+", "("))
        if _NHS_NEAR.search(before) and 8 <= count <= 11 and not (starts and count == 11):
            yield Span(start, end, "nhs_number")
        elif grouped and not starts and (check_digit_holds(digits) or _HEALTH.search(text)):
            yield Span(start, end, "nhs_number", 0.9)
        elif re.fullmatch(r"\d{3}([ -])\d{3}\1\d{4}", found) and not starts:
            # The way the health service writes them, and nobody else in this country.
            yield Span(start, end, "nhs_number", 0.6)
        elif starts and 9 <= count <= 14:
            yield Span(start, end, "phone")
        elif count == 10 and check_digit_holds(digits):
            yield Span(start, end, "nhs_number", 0.7)
        elif digits.startswith("44") and count == 12:
            yield Span(start, end, "phone")
        elif count in (10, 11) and digits[0] == "7" and _TEL.search(before):
            yield Span(start, end, "phone", 0.9)
        elif 6 <= count <= 13 and re.search(
            r"\b(tel|phone|ph|mob(ile)?|landline|ring|rang|call|text|whatsapp)\b[^\n]{0,14}$",
            before,
            _I,
        ):
            yield Span(start, end, "phone", 0.8)
    for match in _SPOKEN.finditer(text):
        words = re.findall(r"[a-z]+|\d+", match[0].lower())
        if all(word.isdigit() for word in words):
            continue
        worth = sum(len(w) if w.isdigit() else _WORTH.get(w, 1) for w in words if w != "and")
        worth += sum(1 for w in words if w.endswith(("ty", "teen")) or w in ("ten", "eleven"))
        if worth >= 6:
            near = text[max(0, match.start() - 60) : match.start()]
            yield Span(
                match.start(), match.end(), "nhs_number" if _NHS_NEAR.search(near) else "phone", 0.9
            )


def _is_date(found: str) -> bool:
    return bool(
        re.fullmatch(r"\d{1,2}[. -]\d{1,2}[. -](?:19|20)?\d\d", found)
        or re.fullmatch(r"(?:19|20)\d\d[. -]\d\d?[. -]\d\d?", found)
    )


# --- Dates of birth -------------------------------------------------------------------------
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|"
    "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|"
    "grudnia|janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|"
    "dezembro|ianuarie|februarie|martie|aprilie|mai|iunie|iulie|septembrie|octombrie|noiembrie|"
    "decembrie|sausio|vasario|kovo|balandžio|gegužės|birželio|liepos|rugpjūčio|rugsėjo|spalio|"
    "lapkričio|gruodžio|enero|febrero|marzo|mayo|junio|julio|septiembre|octubre|noviembre|"
    "diciembre|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|décembre|"
    "জানুয়ারি|ফেব্রুয়ারি|মার্চ|এপ্রিল|মে|জুন|জুলাই|আগস্ট|সেপ্টেম্বর|অক্টোবর|নভেম্বর|ডিসেম্বর|"
    "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر"
)
_ORD = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|"
    "fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|"
    "twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|"
    "thirty[ -]first"
)
_YEAR = r"(?:(?:18|19|20)\d\d|['’]\d\d)"
_SAID_YEAR = (
    r"(?:nineteen|twenty|two thousand)(?:[ -](?:and|hundred|oh|o|one|two|three|four|five|six|seven|"
    r"eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety))+"
)
_ANY_YEAR = rf"(?:{_YEAR}|\d\d(?!\d)|{_SAID_YEAR})"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th|-?[a-z])?|{_ORD})"
_FEAST = (
    r"(?:boxing day|christmas (?:day|eve)|bonfire night|guy fawkes(?: night)?|new year['’]?s (?:day|"
    r"eve)|hallowe['’]?en|valentine['’]?s(?: day)?|(?:st|saint) \w+['’]?s day|v[ej][ -]day|may day|"
    r"midsummer(?:['’]?s (?:day|eve))?|good friday|easter (?:sunday|monday)|leap (?:day|year day)|"
    r"april fools?['’]? ?(?:day)?|pancake day|shrove tuesday|armistice day|remembrance (?:day|"
    r"sunday)|d[ -]day|coronation day|independence day|burns night|twelfth night|eid|diwali|"
    r"christmas|nowy rok|wigilia|boże narodzenie)"
)
_DATE = re.compile(
    rf"(?<![\w£])(?:"
    rf"\d{{4}}\s?[-./]\s?\d{{1,2}}\s?[-./]\s?\d{{1,2}}"
    rf"|[\dOolI]{{1,2}}\s?[-./–]\s?[\dOolI]{{1,2}}\s?[-./–]\s?[\dOolI]{{2,4}}"
    rf"|\d{{1,2}} \d{{1,2}} (?:(?:19|20)\d\d|\d\d)"
    rf"|(?:18|19|20)\d\d,? (?:m\. )?(?:{_MONTHS})[ -]\d{{1,2}}(?:st|nd|rd|th)?(?: d\.)?"
    rf"|(?:the )?{_DAY}(?: day)?(?:\s+(?:of\s+|de\s+)?|[-./])(?:{_MONTHS})\b\.?"
    rf"(?:(?:\s*,\s*|\s+|[-./])(?:of\s+|de\s+|in\s+|r\.\s*)?{_ANY_YEAR})?"
    rf"|(?:{_MONTHS})\.?\s+(?:the\s+)?{_DAY}(?:\s*,?\s+{_ANY_YEAR})?"
    rf"|the {_DAY} of the {_DAY}(?:,? {_ANY_YEAR})?"
    rf"|{_FEAST}(?:(?:\s*,\s*|\s+)(?:in\s+|of\s+)?{_ANY_YEAR})?"
    rf"|(?:{_MONTHS})\.?,?\s+(?:of\s+)?(?:{_YEAR}|{_SAID_YEAR})"
    rf"|\d{{1,2}}/\d{{1,2}}"
    rf"|{_YEAR}"
    rf"|nineteen(?:[ -](?:hundred|oh|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    rf"ninety)(?:[ -](?:and )?(?:one|two|three|four|five|six|seven|eight|nine))?)"
    rf")(?![\w])",
    _I,
)
_BIRTH = re.compile(
    r"(?<!\w)(?:born|borned|d\.? ?[o0]\.? ?b\.?|date of birth|birth ?da(?:te|y)s?|b['’]?days?|bday|"
    r"date of b|b\.|né|née|nacid[oa]|nasc\w*|nascid[oa]|data de nascimento|urodz\w*|ur\.|"
    r"data urodzenia|gim\w*|născut\w*|nascut\w*|n\. |data nașterii|data nasterii|doğum\w*|"
    r"birthdate|birth|geboren|paid[ae]\w*|(?:i|we|he|she|they) (?:was|were) born|dhal\w*|"
    r"জন্ম\w*|جنم|پیدا\w*|پیدائش|urodziny|cumplea\w*|aniversário|gimtadien\w*)(?!\w)",
    _I,
)
_TURNS = re.compile(
    r"(?:\b\d{1,3}|\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -]\w+)?|"
    r"\bhundred|\beighteen|\bsixteen|\btwenty[ -]one)(?: (?:years? old|today|next))?,? on "
    r"(?:the )?$",
    _I,
)
_BORE = re.compile(
    r"\b(?:had|has|have|having|got|delivered|expecting) (?:a |an |the |her |his |our |my |their )?"
    r"(?:\w+ )?(?:baby|twins|triplets|little (?:boy|girl)|son|daughter)(?: boy| girl)?,? "
    r"(?:is |was |came |arrived |due )?(?:on )?(?:the )?$",
    _I,
)
_BESIDE_A_NAME = re.compile(
    r"\s?[,(:–-]?\s?(?:(?:the |both )?twins?|triplets|both|b\.?|aged \d+|(?:fe)?male|[fm])?[,:]?\s?",
    _I,
)
_TURNING = re.compile(r"\b(?:turn(?:s|ed|ing)?|will be|was|be|is|she's|he's|hit|hits)\b", _I)
_FULL = re.compile(r"\d.*(?:18|19|20)\d\d|\d+[./-]\d+[./-]\d\d$", re.DOTALL)


_HAPPENED = re.compile(
    r"\b(?:died|dead|death|married|wedding|wed|passed|moved|came|arrived|since|opened|built|letter|"
    r"minutes|dated|version|meeting|founded|buried|deceased|tenancy|lease|war|photo|joined|signed|"
    r"started|retired|left|retirement|anniversary|form|policy|issued|expires|expired|from|until|"
    r"between|happened|on the night of|closed|sank|fire|accident|ref|closing|newspaper|records?)\b"
    r"[^.!?\n]*$",
    re.IGNORECASE,
)


def births(text: str, names: list[Span] | None = None) -> Iterator[Span]:
    """Yield the dates on which somebody was born or has a birthday.

    `names` are those found already: a whole date right after a name is taken for one.
    """
    dates = [(m.start(), m.end(), m[0]) for m in _DATE.finditer(text)]
    taken: set[int] = set()
    ages: dict[int, int] = {}
    words = [(m.start(), m.end()) for m in _BIRTH.finditer(text)]
    for start, end, _said in dates:
        # The nearest birth word before, with no other date and no full stop between.
        before = [w for w in words if w[1] <= start and start - w[1] <= 60]
        if before:
            between = text[before[-1][1] : start]
            if not re.search(r"[.!?]\s+[A-Z]|\n\n", between[2:] if before else between) and not any(
                before[-1][1] <= s < start for s, _e, _t in dates
            ):
                taken.add(start)
                continue
            # “Birthdays: Norman 6/8, Ifeoma 17/8”: one follows the other.
            last = max((e for s, e, _t in dates if e <= start and s in taken), default=None)
            if (
                last is not None
                and re.fullmatch(r"\s*[,;\n&]?(?: and)?[^.\d]{1,25}", text[last:start])
                and re.search(r"birthday|bday|dob|d\.o\.b|births", text[: before[-1][1]][-12:], _I)
            ):
                taken.add(start)
                continue
        elif (
            (last := max((e for s, e, _t in dates if e <= start and s in taken), default=None))
            is not None
            and start - last <= 25
            and re.fullmatch(r"\s*[,;\n][^.\d]{1,22}", text[last:start])
            and not re.search(r"\b(?:came|moved|died|married|since|from|until)\b", text[last:start])
        ):
            taken.add(start)
            continue
        after = [w for w in words if w[0] >= end and w[0] - end <= 30]
        said = text[after[0][0] : after[0][1]].lower() if after else ""
        if (
            said
            and ("birth" in said or "day" in said or "dob" in said.replace(".", ""))
            and not re.search(r"[.!?;\n]", text[end : after[0][0]])
        ):
            taken.add(start)
            continue
        lead = text[max(0, start - 40) : start]
        if _BORE.search(lead):
            taken.add(start)
            continue
        turns = _TURNS.search(lead)
        if turns:
            taken.add(start)
            if re.match(_FEAST, text[start:end], _I) and not re.search(r"\d\d", text[start:end]):
                # “18 on VE Day” says as much as the year itself.
                ages[start] = start - len(lead) + turns.start()
    for start, end, said in dates:
        sure = 1.0
        if start not in taken:
            year = re.search(r"(?:18|19|20)\d\d", said)
            if not _FULL.search(said) or (year and int(year[0]) > 2021):
                continue
            near = [n for n in names or [] if 0 <= start - n.end <= 14]
            beside = near and _BESIDE_A_NAME.fullmatch(text[near[-1].end : start])
            # A whole date of long ago, that nothing else happened on.
            old = (
                year is not None
                and int(year[0]) <= 2008
                and not _HAPPENED.search(text[:start][-50:])
            )
            if not beside and not old:
                continue
            sure = 0.8 if beside else 0.6
        yield Span(ages.get(start, start), end, "date_of_birth", sure)


# --- Addresses ------------------------------------------------------------------------------
_STREETS = (
    "Road|Rd|Street|St|Str|Avenue|Ave|Av|Close|Cl|Lane|Ln|Way|Drive|Dr|Crescent|Cres|Grove|Terrace|"
    "Terr|Place|Pl|Square|Sq|Mews|Walk|Row|Parade|Gardens|Garden|Gdns|Gdn|Rise|Vale|Passage|Path|"
    "Alley|Hithe|Wharf|Quay|Gate|Chase|Approach|Croft|Mead|Meadow|Meadows|Reach|Bank|Dene|Wynd|"
    "Circus|Crossing|Landing|Orchard|Ridge|Turn|Hill|Broadway|Embankment|Lawns?|Leas?|Fields?|"
    "Wood|Spur|Link|Loop|Yard|Steps|Stairs|Green|End|Common|Brow|Causeway|Bridge|Boulevard|Oval|"
    "Paddocks?|Pightle|Cut|Dock|Market|Side"
)
_SURE_STREETS = (
    "Road|Rd|Street|Avenue|Ave|Close|Lane|Drive|Crescent|Cres|Grove|Terrace|Mews|Gardens|Gdns|Row|"
    "Way|Place|Square|Walk|Parade|Passage|Hithe|Rise"
)
_BLOCKS = (
    "House|Court|Ct|Point|Tower|Towers|Lodge|Cottages?|Villas?|Mansions?|Heights|View|Buildings|"
    "Bldgs|Block|Apartments|Flats|Bungalow|Farm|Hostel"
)
_LOWER = (
    "road|rd|street|st|avenue|ave|av|close|lane|ln|drive|crescent|cres|grove|terrace|mews|gardens|"
    "gdns|court|ct|house|hse|way|walk|row|parade|place|square|rise|tower|lodge|hill|cottages?|"
    "hithe|point|passage|gate|wharf|view|chase|yard"
)
_NUMBER = (
    r"(?:(?:[Nn]o\.? ?|[Nn]umber |#)?\d{1,4} ?(?:[A-Ka-k](?![A-Za-z]))?(?: ?[/-] ?\d{1,4}[a-k]?)?)"
)
_SAID_NUMBER = (
    r"(?:(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|[Ee]leven|"
    r"[Tt]welve|[Tt]wenty|[Tt]hirty|[Ff]orty|[Ff]ifty|[Ss]ixty|[Ss]eventy|[Ee]ighty|[Nn]inety|"
    r"[Ff]ourteen|[Tt]hirteen|[A-Za-z]+teen|[Oo]ne hundred(?: and)?)"
    r"(?:[ -](?:one|two|three|four|five|six|seven|eight|nine|hundred|and|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|ten|\w+teen|[A-Da-d](?![A-Za-z])))*)"
)
_FLAT = (
    r"(?:(?:[Ff]lat|[Ff]lt|FLAT|[Aa]partment|[Aa]pt\.?|[Uu]nit|[Rr]oom|[Rr]m|[Mm]aisonette|"
    r"[Pp]itch|[Pp]lot|[Bb]erth|[Cc]aravan|[Bb]lock|(?:[Tt]op|[Gg]round|[Bb]asement|[Gg]arden) "
    r"(?:floor )?[Ff]lat)(?: ?(?:no\.? ?)?(?:\d{1,4} ?[A-Za-z]?|[A-Z]|[a-k])(?![A-Za-z]))?"
    r"\s?[,/]?\s*(?:at |in )?)"
)
_CAP = r"(?:[^\W\d_a-zß-öø-ÿ][\w'’-]+\.?)"
_LOW = r"(?:[a-z][a-z'’]{2,})"
_TITLE_ADDRESS = re.compile(
    rf"(?<![\w-])(?P<flat>{_FLAT}{{0,2}})(?P<no>(?:{_NUMBER}|{_SAID_NUMBER}),? (?:at |The |নম্বর |নং |نمبر )?)?"
    rf"(?P<name>(?:St\.? )?{_CAP}(?: (?:of|the|de))?(?: {_CAP}){{0,2}}?) "
    rf"(?P<type>(?i:{_STREETS}|{_BLOCKS}))\b\.?(?P<after>,? {_NUMBER}(?![\w.:/]| ?(?:pm|am)))?"
)
_UPPER_AFTER = re.compile(
    rf"(?<![\w-])(?P<name>{_CAP}(?: {_CAP}){{0,2}}) (?P<type>{_STREETS}|{_BLOCKS}),? {_NUMBER}(?!\w)"
)
_LOWER_ADDRESS = re.compile(
    rf"(?<![\w-])(?P<flat>{_FLAT}{{0,2}})(?P<no>{_NUMBER}|{_SAID_NUMBER})?,? ?"
    rf"(?P<name>{_LOW}(?: {_LOW})?) (?P<type>{_LOWER})\b"
)
_LOWER_HOME = re.compile(
    r"\b(?:at|in|from|of|lives|live|living) (?P<home>(?P<name>[a-z][a-z'’]{3,}) "
    r"(?:court|house|lodge|tower|towers|mansions|heights|cottages?))\b"
)
# “at The Old Bakery”, “Rua Falcão 12”.
_OLD_HOUSE = re.compile(
    rf"(?:(?<=\bat )|(?<=\bin )|(?<=\bto )|(?<=\bfrom ))The (?:Old|Olde|Former) {_CAP}(?: {_CAP})?"
)
_STREET_FIRST = re.compile(
    r"\b(?:[Rr]ua|[Aa]venida|[Cc]alle|[Pp]laza|[Vv]ia|[Rr]ue|[Uu]l\.|[Uu]lica|[Ss]trada|[Bb]ulevardul|"
    rf"[Rr]ruga) (?:d[aeo]s? )?{_CAP}(?: {_CAP}){{0,2}},? (?:n[ºr°]?\.? ?)?\d{{1,4}}[a-d]?\b"
)
_NAMED_HOUSE = re.compile(
    rf"(?<!\w)(?:The {_CAP}(?: {_CAP})?|{_CAP}(?: {_CAP})? (?:{_BLOCKS})),?\s+$"
)
_NUMBER_PLACE = re.compile(
    rf"(?<![\w-])(?P<flat>{_FLAT}{{0,1}})(?P<no>\d{{1,4}}[a-d]?),? (?P<name>{_CAP}(?: {_CAP}){{0,2}})"
    r"(?=[,.;()]| \(|\n|$| and\b| with\b| [A-Z]{1,2}\d)"
)
_PLACE_LEAD = re.compile(r"(?:\b(?:at|to|from|in|of|address|lives?)|[:,]) ?$", _I)
_NEXT_POSTCODE = re.compile(r"[ ,(\n]{1,3}[A-Z]{1,2}\d", _I)
_BARE_NUMBER = re.compile(
    r"(?:(?<=\bat )|(?<=\bto )|(?<=\bfrom )|(?<=\bof )|(?<=\bwith )|(?<=\bby )|(?<=next door ))"
    r"(?:(?:no\.? ?|number |nr\.? ?)\d{1,3}[a-d]?|\d{1,3}[a-d])\b(?! bus|[/-]\d| in the| on the list)",
    _I,
)
_LIVES_OVER = re.compile(
    rf"\b(?:[Ll]ives?|[Ll]iving|[Ll]ived|[Ss]tays?|[Ss]taying) (?:on |at |in |off |by |down |up )?"
    rf"({_CAP}(?: {_CAP})*,? (?:over|above|behind|opposite|next to|by|beside) the [^.;!?\n]{{3,40}})"
)
_UNITS = frozenset(
    """
    minute minutes min mins hour hours day days week weeks month months year years mile miles
    metre metres person people bed bedroom bedrooms floor storey times more other the a an of
    in on to for and or new old big small different whole same this that these those my our
    your his her their all every each one two three by from with up long short good nice empty
    full open front back next first last only end corner care nursing warm safe public coffee
    tree brick council cross some any no not own another us them me you it keep got get go at
    is was so very too just next
    """.split()  # noqa: SIM905
)
_NOT_HOUSE = frozenset(
    """
    manor opera public white full open fire valence eastbury kingsley town city village guild
    parliament crown magistrates county high supreme food shopping leisure tennis squash
    retail community health medical care industrial business school abbey news warner random
    royal football cricket world west east north south in on at my your from by to a an no one
    half the and broad vicarage victory market long good back this that open next every any
    best
    """.split()  # noqa: SIM905
)
_PUBLIC_AFTER = re.compile(
    r"^(?:['’]s)?\s+(?:station|school|primary|junior|infants?|academy|college|library|surgery|health|"
    r"hospital|market|church|mosque|temple|gurdwara|park|leisure|medical|centre|center|hall|club|"
    r"pub|clinic|allotments?|cemetery|bus|car park|police|hub|pharmacy|dentist|roundabout)\b",
    _I,
)
_PUBLIC_BEFORE = re.compile(
    r"\b(?:bus(?:es)?|roadworks|traffic|surgery|school|library|pub|caf[eé]|shop|shops|market|"
    r"church|mosque|temple|gurdwara|centre|hall|hub|station|post office|chemist|pharmacy|bank|"
    r"clinic|park|allotments?|starts|stall|cemetery|planters|pitch|playground|garage|diverted)\b"
    r"[^.!?\n;]{0,30}$",
    _I,
)
_DESCRIBED = re.compile(
    r"\b(?:lives?|living|lived|stays?|staying|sleeps|flat|rooms?)\b (?:is |are )?"
    r"((?:right |just |up )?(?:above|over|behind|opposite|next (?:door )?to|beside|on top of) "
    r"(?:the|a|that) [^,.;!?\n]{3,45})",
    _I,
)
_ONE_DOOR = re.compile(
    r"\b(?:the|last|end|only|first|corner) (?:end |last |only |first |corner |middle |second |third )?"
    r"(?:(?:basement|ground[ -]floor|garden|top|upstairs|downstairs|little|big|old|new|blue|white|red|green|"
    r"stone|brick|detached) )?(?:house|bungalow|cottage|flat|bedsit|caravan|houseboat|narrowboat|boat) "
    r"(?:with|next to|on the corner of|opposite|behind|above|past|after|before|between|by|on|in|at)"
    r" (?:(?:the|a|two|its) (?:(?! and | who | would | wants? | has | is | says? )[^,.;!?\n]){3,40}"
    rf"|[\w'’-]+(?: [\w'’-]+)? (?:{_LOWER})\b)",
    _I,
)
_ROOM = re.compile(
    r"^,? ?(?:(?:flat|room|unit|apt|apartment|bed|pod|door|bungalow|lot|caravan|ap|bl|sc)\.? ?"
    r"(?:no\.? ?|number )?(?:\d{1,4} ?[a-d]?|[a-k])\b,? ?)+"
    rf"|^,? (?:no\.? ?|number )(?:\d{{1,4}} ?[a-d]?|{_SAID_NUMBER})(?![\w-])",
    _I,
)
# “The garage behind 14 …”, “4th floor, … Tower”: what stands before leads to the same door.
_BEFORE_ADDRESS = re.compile(
    r"(?:\b(?:the |a )?(?:garage|shed|annexe?|caravan|flat|rooms?|basement|bedsit|studio|van|boat|loft|"
    r"lock-?up|outhouse|summer ?house|yard|tent|container|portakabin)s? (?:just |right )?(?:behind|above|over|"
    r"under|below|beneath|next to|beside|at the (?:back|side) of|opposite|round the back of) (?:the )?"
    r"|\b(?:\d{1,2}(?:st|nd|rd|th)|ground|first|second|third|fourth|fifth|sixth|top) (?:floor|landing),? (?:of |at |in )?"
    r"|\b(?:unit|flat|room|suite|bay|plot|pitch) ?\d{1,4}[a-d]?,? (?:the )?(?:[\w'’-]+ ){0,3}[\w'’-]+, "
    r"|(?:(?<=stays at )|(?<=lives at )|(?<=lives in )|(?<=living at )|(?<=staying at )|(?<=living in )|"
    r"(?<=moved to )|(?<=staying in )|(?<=stay at )|(?<=live at )|(?<=sleeps at ))"
    r"the (?:[\w'’&-]+ ){1,3}(?:on|in|off|by|down) "
    r"|\b(?:bd|bdul|bulevardul|str|strada|ul|ulica|al|aleea|os|rua|av|calle)\.? )$",
    _I,
)
# “Two doors down from the vicarage on … Street”.
_NEAR_DOOR = re.compile(
    r"\b(?:(?:one|two|three|four|five|\d|a few|a couple of|couple of) doors? (?:down|up|along|away|on) from|"
    r"next door (?:but one )?to|across from|opposite|(?:round )?(?:at )?the back of|behind|above) "
    rf"(?:the|that|a) (?:[\w'’-]+ ){{1,4}}(?:on|in|off|down|along) {_CAP}(?: {_CAP})? "
    rf"(?:{_STREETS})\b"
    r"|\b(?:one|two|three|four|five|\d|a few|a couple of|couple of) doors? (?:down|up|along|away|on) from "
    r"(?:the|that|a|my|our) [^,.;!?\n]{3,40}",
)
_TAIL = re.compile(
    r"^,? (?:the )?(?:\w+ )?(?:(?:blue|red|green|white|black|yellow|purple|orange|pink|brown) "
    r"(?:door|gate)|(?:top|ground|first|second|third) floor|(?:round|at|by) the (?:back|side|front))\b",
    _I,
)


_MONTH_WORDS = frozenset(
    """
    jan january feb february mar march apr april may jun june jul july aug august sep sept
    september oct october nov november dec december
    """.split()  # noqa: SIM905
)


def addresses(text: str) -> Iterator[Span]:
    """Yield where somebody lives or can be found: flat, number, house and street as one."""
    found: list[tuple[int, int, float]] = []
    for match in _TITLE_ADDRESS.finditer(text):
        start, end, sure = match.start(), match.end(), 1.0
        name, sort = match["name"], match["type"]
        first = folded(name.split()[0])
        numbered = bool(match["flat"].strip() or match["no"] or match["after"])
        if not numbered and not sort.islower():
            # “… Tower, flat 48”, “4th floor, … Tower”: its number stands behind or is a floor.
            lead = text[max(0, start - 50) : start]
            numbered = bool(_ROOM.match(text[end : end + 40]) or _BEFORE_ADDRESS.search(lead))
        if sort.islower() and not numbered:
            continue
        if sort.islower() and sort.lower() in (
            "end",
            "side",
            "bank",
            "market",
            "turn",
            "green",
            "view",
            "point",
            "wood",
            "common",
            "field",
            "fields",
            "way",
            "hill",
            "cut",
            "link",
            "st",
            "place",
            "path",
            "gate",
            "bridge",
            "house",
        ):
            continue
        if first in ("the",) and len(name.split()) == 1:
            continue
        if not numbered:
            # A sentence may begin with a word that belongs to no street: "On Rowan Street".
            words = name.split()
            while len(words) > 1 and folded(words[0]) in _NOT_HOUSE | _UNITS | {"near", "meet"}:
                start += len(words[0]) + 1
                words = words[1:]
            first = folded(words[0])
            if first in _NOT_HOUSE or first in _UNITS:
                continue
            is_block = re.fullmatch(_BLOCKS, sort, _I) is not None
            follows = any(text[e:start] in (", ", ",") for _s, e, _u in found)
            if not is_block and not follows and not re.fullmatch(_SURE_STREETS, sort, _I):
                continue
            if is_block and sort.lower() in ("view", "point", "farm", "flats", "block", "tower"):
                if len(words) < 2 and sort.lower() != "point":
                    continue
            if sort == "St":
                continue
            sure = 0.7
            if _PUBLIC_BEFORE.search(text[max(0, start - 50) : start]):
                continue
        if _PUBLIC_AFTER.match(text[end : end + 24]):
            continue
        found.append((start, end, sure))
    for match in _UPPER_AFTER.finditer(text):
        if folded(match["name"].split()[0]) not in _NOT_HOUSE | _UNITS:
            found.append((match.start(), match.end(), 0.9))
    for match in _LOWER_ADDRESS.finditer(text):
        words = match["name"].split()
        flat = match["flat"].strip()
        if not (match["no"] or flat):
            continue
        if any(word in _UNITS for word in words):
            continue
        if not match["no"] and not re.search(r"\d|\b[a-k]\b", flat, _I):
            continue
        if _PUBLIC_AFTER.match(text[match.end() : match.end() + 24]):
            continue
        found.append((match.start(), match.end(), 0.9))
    for match in _LOWER_HOME.finditer(text):
        # “at larkfield court”: no number, and no word that stands in a dictionary.
        if match["name"] not in ordinary() and not _PUBLIC_AFTER.match(text[match.end() :][:24]):
            found.append((match.start("home"), match.end(), 0.6))
    for match in _NUMBER_PLACE.finditer(text):
        words = [folded(word) for word in match["name"].split()]
        led = _PLACE_LEAD.search(text[max(0, match.start() - 12) : match.start()])
        ends = _NEXT_POSTCODE.match(text[match.end() : match.end() + 6])
        if not (led or ends or match["flat"].strip()):
            continue
        if not any(word in NOT_NAMES or word in _UNITS or word in _MONTH_WORDS for word in words):
            found.append((match.start(), match.end(), 0.7))
    for pattern, group in (
        (_DESCRIBED, 1),
        (_ONE_DOOR, 0),
        (_LIVES_OVER, 1),
        (_BARE_NUMBER, 0),
        (_NEAR_DOOR, 0),
        (_OLD_HOUSE, 0),
        (_STREET_FIRST, 0),
    ):
        for match in pattern.finditer(text):
            found.append((match.start(group), match.end(group), 0.6))
    for start, end, sure in _joined(text, sorted(found)):
        while end > start and text[end - 1] in " ,.":
            end -= 1
        yield Span(start, end, "address", sure)


def _joined(text: str, found: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Join what belongs together: “The Forge, Mill Lane”, “on the corner of A and B”."""
    made: list[tuple[int, int, float]] = []
    for start, end, sure in found:
        if made:
            s, e, u = made[-1]
            gap = text[e:start] if start >= e else ""
            if (
                start < e
                or re.fullmatch(r"\s?,\s?|,?\s?\n|\s", gap)
                or (gap.strip() in ("and", "/", "&", "off", "corner") and u < 1.0 and sure < 1.0)
            ):
                made[-1] = (s, max(e, end), max(u, sure))
                continue
        lead = _NAMED_HOUSE.search(text[max(0, start - 40) : start])
        if lead and "," in lead[0]:
            start = max(0, start - 40) + lead.start()
            if text[start : start + 1].isspace():
                start += 1
        made.append((start, end, sure))
    tails = []
    for start, end, sure in made:
        room = _ROOM.match(text[end : end + 40])
        end += room.end() if room else 0
        tail = _TAIL.match(text[end:])
        lead = _BEFORE_ADDRESS.search(text[max(0, start - 50) : start])
        start -= len(lead[0]) if lead else 0
        tails.append((start, end + (tail.end() if tail else 0), sure))
    return tails
