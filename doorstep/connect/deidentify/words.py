"""Word lists: ordinary English words, and names of many communities. Loaded when first asked."""

from __future__ import annotations

import gzip
import unicodedata
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

# Written with a capital, and nobody's name where it stands alone. Places near, far countries,
# peoples, languages, days, bodies and makes everybody knows.
NOT_NAMES = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur
    thurs fri sat sun january february march july september october november december feb mar
    apr jun jul aug sep sept oct nov dec i i'm i've i'll i'd im ive ok okay tv gp nhs pip dwp
    esa uc ni id usb pdf dvd cd tv wifi mp mbe obe ymca rspca rnib bbc itv ussr uk usa eu ref
    tel fax no dob a&e icu ms mri copd adhd mr mrs ms miss mx dr rev sir lady lord prof fr
    cllr councillor sgt pc pcso imam pastor rabbi barking dagenham becontree chadwell heath
    goodmayes rainham ilford romford upney thamesview thames creekmouth rippleside parsloes
    mayesbrook valence eastbury heathway whalebone gascoigne abbey alibon village longbridge
    beam riverside newham havering redbridge essex kent stratford london england scotland
    wales britain ireland europe africa asia america luton leeds hull brighton southend
    manchester birmingham liverpool glasgow cardiff belfast dublin oxford cambridge bristol
    heathrow gatwick stansted westminster docklands greenwich tilbury basildon nigeria ghana
    somalia kenya uganda ethiopia eritrea sudan congo gambia senegal jamaica barbados trinidad
    guyana pakistan india bangladesh sylhet dhaka lahore karachi kashmir punjab afghanistan
    iran iraq syria turkey cyprus albania kosovo poland lithuania latvia estonia romania
    bulgaria ukraine russia moldova portugal spain france germany italy greece brazil china
    japan vietnam philippines malta vilnius kaunas bucharest warsaw krakow lagos accra kumasi
    ibadan kingston mogadishu hargeisa addis ababa paris rome berlin lisbon madeira goa kerala
    gujarat nairobi kabul tehran baghdad damascus aleppo adelaide sydney toronto english welsh
    scottish irish british french german spanish italian portuguese polish lithuanian latvian
    romanian bulgarian ukrainian russian albanian turkish arabic urdu punjabi hindi gujarati
    bengali sylheti tamil sinhala malayalam farsi dari pashto somali swahili amharic tigrinya
    yoruba igbo hausa twi ga lingala cantonese mandarin chinese vietnamese tagalog nigerian
    ghanaian jamaican caribbean african asian european american indian pakistani bangladeshi
    afghan iranian kurdish eritrean ethiopian sikh sikhs muslim muslims hindu hindus jewish
    christian christians catholic catholics anglican methodist baptist quaker pentecostal
    buddhist christmas easter ramadan eid diwali vaisakhi hanukkah passover lent halloween
    xmas god allah jesus bible quran koran gurdwara mosque church temple synagogue asda tesco
    aldi lidl morrisons sainsbury's sainsburys iceland boots argos ikea greggs wilko poundland
    amazon google facebook whatsapp zoom skype instagram tiktok youtube netflix samaritans
    mencap barnardo's macmillan shelter crisis scope nationwide barclays lloyds natwest hsbc
    santander paypal uber ford fords hoover biro arsenal spurs tottenham millwall orient west
    ham everton hammers paralympics olympics windrush ve vj dj bbq
    """.split()  # noqa: SIM905
)
TITLES = frozenset(
    """
    mr mrs ms miss mx dr doctor rev reverend fr father sr sister brother bro sir lady dame
    lord prof professor auntie aunty aunt uncle nan nana gran granny grandma grandad grandpa
    cllr councillor pc pcso sgt imam pastor rabbi deacon canon vicar baji bhai apa apu didi
    chacha chachi khala mama nani dadi pani pan doamna domnul dona dom senhor senhora monsieur
    madame mme sra iya baba papa papi tio tia ponia ponas nurse carer cousin
    """.split()  # noqa: SIM905
)
KIN = frozenset(
    """
    husband wife son daughter brother sister mum mother dad father partner fiance boyfriend
    girlfriend neighbour friend mate cousin niece nephew nan gran grandma grandad grandson
    granddaughter uncle aunt auntie twin twins baby boy girl lad client caller lady gentleman
    man woman carer nurse boss manager caretaker landlord
    """.split()  # noqa: SIM905
)


def folded(word: str) -> str:
    """Return the word in lower case without accents, apostrophes straight."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("’", "'")


@lru_cache(1)
def ordinary() -> dict[str, int]:
    """Return ordinary English words: 1 for the common, 2 for the rest."""
    lines = gzip.decompress((DATA / "words.txt.gz").read_bytes()).decode().split("\n")
    return {word: int(tier) for word, tier in (line.split(" ") for line in lines)}


@lru_cache(1)
def named() -> dict[str, str]:
    """Return names: "g" given, "f" family, "gf" both, "p" something else with a capital."""
    lines = gzip.decompress((DATA / "names.txt.gz").read_bytes()).decode().split("\n")
    return dict(line.split(" ") for line in lines)
