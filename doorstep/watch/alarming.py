"""Ways of speaking that leave no doubt: somebody is in danger now, or is being harmed.

Written by families of what happens, not by sentences; checked on sentences nobody had seen when
they were written (`tests/test_wording.py`). Said of long ago, of a film or of prices, most of them
don't apply: so the words around count, and what is left over a human reads anyway.
"""

# ruff: noqa: E501 (a family of words reads better whole than cut in two)

from __future__ import annotations

import re

_WHO = (
    r"(?:him|her|them|me|us|someone|somebody|anyone|each other|(?:a|an|the|his|her|my|our|their|"
    r"this|that|some|another|old|young|little|\w+'s|\s){0,8}\b(?:man|men|woman|women|lad|lads|boy|boys|"
    r"girl|girls|kid|kids|child|children|baby|babies|toddlers?|son|daughter|wife|husband|partner|"
    r"mum|mother|dad|father|nan|grandad|grandma|brother|sister|neighbour|teenagers?|person|people|"
    r"lady|chap|bloke|guy|gentleman|pensioner|driver|guard|nephew|niece|carer|girlfriend|boyfriend))"
)
_SMALL = (
    r"(?:baby|babies|toddlers?|infant|twins|little (?:one|boy|girl)|child|children|kids?|boy|girl|"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d)[- ]year[- ]olds?)"
)
_PILLS = (
    r"(?:tablets|pills|insulin|medication|medicine|meds|paracetamol|painkillers|sleeping pills)"
)

# Now: the emergency numbers come first.
NOW = (
    # The body
    r"\b(?:unconscious|unresponsive|passed out|collapsed on|having (?:a )?(?:fit|seizure|stroke|"
    r"heart attack)|convulsing|choking|drowning|electrocuted)\b",
    r"\b(?:isn't|is not|not|stopped|hardly|barely|can't|cannot|couldn't|struggling to|hasn't been "
    r"able to|unable to) (?:\w+ )?(?:breath(?:e|ing)|be (?:woken|roused)|wake (?:him|her|them) up)\b",
    r"\b(?:won't|doesn't|isn't|can't|cannot|nobody can|not) (?:wake(?: up)?|rouse|waking(?: up)?|"
    r"respond(?:ing)?)\b",
    r"\b(?:man|woman|lady|chap|bloke|guy|boy|girl|lad|child|baby|person|he|she|someone|somebody|"
    r"neighbour|figure|body)\b[^.!?]{0,60}\b(?:isn't|is not|not|stopped) moving\b",
    r"\b(?:lips|face|skin|fingers) (?:are |is |have |has )?(?:gone |going |turned |turning )?"
    r"(?:blue|grey|a funny colour)\b",
    r"\bchest (?:pains?|is tight)\b|\bface (?:has |is )?(?:dropped|drooping)\b",
    r"\bblood (?:is |was )?(?:coming|pouring|running|everywhere|all over|gushing|spurting)\b|"
    r"\bbleeding (?:badly|heavily|a lot|from|out)\b|\bbled (?:a lot|everywhere)\b",
    r"\b(?:lying|laid|slumped|fallen|face down) [^.!?]{0,50}\b(?:nobody|no one|can't|doesn't|isn't|"
    r"not|won't)\b[^.!?]{0,20}\b(?:rouse|wake|mov|answer|respond|get up)",
    r"\b(?:hit|knocked down|knocked over|run over) by (?:a|an|the) (?:car|van|lorry|bus|train|moped|"
    r"motorbike|bike)\b[^.!?]{0,60}\b(?:just|now|hurt|bleeding|moving|lying)\b",
    r"\b(?:car|van|person|people|man|woman|boy|girl|child|somebody|someone)\b[^.!?]{0,30}\b(?:in|into|"
    r"under) the (?:water|river|creek|canal|lake|pond|ice|beam|roding|thames)\b",
    # Fire, gas, poison, current
    r"\b(?:house|flat|building|kitchen|car|bins?|roof|shed|curtains?|balcony|shop|garage|sofa|"
    r"upstairs|next door) (?:is |are |was )?(?:on fire|alight|ablaze|burning|in flames)\b",
    r"\b(?:is|are|it's|he's|she's|all|something|pan|cooker) on fire\b|\bcaught fire just|\b(?:setting|"
    r"going to set|will set|to set|gonna set) (?:it |\w+ )?fire to\b",
    r"\b(?:smoke|flames?) (?:is |are )?(?:coming|pouring|billowing|rising) (?:from|out|under|through)"
    r"(?![^.!?]{0,40}\b(?:barbecue|bbq|bonfire|chimney|shisha|exhaust)\b)",
    r"\bsmell(?:s|ing)? (?:\w+ ){0,2}?gas\b|\bgas (?:leak|is leaking|smell)\b|\b(?:carbon monoxide|"
    r"co) (?:alarm|detector)[^.!?]{0,30}\b(?:going|goes|gone|ringing|beeping|sounding|off)\b",
    r"\b(?:petrol|acid|lighter fluid|bleach) (?:\w+ ){0,3}?(?:poured|thrown|pouring|through|over|in "
    r"(?:his|her|their) face)\b|\b(?:pour|throw)(?:s|ed|ing)? (?:petrol|acid|lighter fluid)\b",
    r"\b(?:bare|live|exposed|loose|sparking) (?:electric(?:al)? )?(?:wires?|cables?)\b|\b(?:wires?|"
    r"cables?|socket|fuse ?box|plug|lamp ?post)\b[^.!?]{0,40}\b(?:spark(?:s|ing)|buzzing|smoking|"
    r"hissing)\b",
    # Weapons and blows
    r"\b(?:has|have|with|got|carrying|waving|holding|swinging|pulled|pulling|pointing|brandishing) "
    r"(?:a|an|his|the|out a) (?:\w+ )?(?:knife|knives|blade|gun|machete|axe|sword|hammer|bat|pistol)\b"
    r"(?![^.!?]{0,20}\b(?:shop|stall|sharpener|drawer)\b)",
    r"\b(?:stabbed|stabbing|strangl\w+|gunshots?|shots? (?:were |was )?fired|(?:fired|firing|heard) "
    r"(?:\w+ )?(?:gun)?shots?|shooting at)\b",
    rf"\b(?:kick|punch|beat|batter|stamp|attack|assault|chok|dragg?|hitt?|mugg?|maul|slapp?)(?:ing|s|ed)? "
    rf"(?:on |up |at )?{_WHO}\b",
    r"\b(?:being|getting) (?:\w+ )?(?:kicked|punched|beaten|battered|attacked|assaulted|choked|"
    r"dragged|mugged|robbed|stabbed|raped|strangled|held down|kidnapped)\b",
    r"\b(?:hands?|arm|belt|rope|cord) (?:a?round|on|at) (?:his|her|my|their|the \w+'s) (?:neck|"
    r"throat)\b",
    rf"\bdogs?\b[^.!?]{{0,40}}\b(?:got hold of|attack\w*|biting|bit|mauling|mauled|gone for|going for) "
    rf"{_WHO}\b",
    r"\b(?:threaten\w*|going|said (?:he|she|they) would|says (?:he|she|they)(?:'ll| will)|wants?) "
    r"(?:to )?(?:kill|stab|shoot|burn (?:\w+ )?(?:house|flat|down)|murder) (?:him|her|me|us|them|"
    r"his|my|their|somebody|someone|the|you)\b",
    r"\bscream\w* for help\b|\b(?:mouthed|mouthing|begged|begging|whispered|signalled)\b"
    r"[^.!?]{0,20}\bhelp\b",
    rf"\b{_SMALL}\b[^.!?]{{0,40}}\b(?:screaming|crying)\b[^.!?]{{0,40}}\b(?:belt|slap|smack|hit|thud|"
    r"bang|please stop|for hours|all night)",
    # One's own life
    r"\b(?:suicid\w+|overdos\w+)\b|\b(?:kill|hurt|harm|cut)(?:s|t?ing)? (?:him|her|them|my)sel(?:f|ves)",
    r"\bwants? to die\b|\b(?:end(?:ing)?|take|taking) (?:it all|things|(?:his|her|my|their) (?:own )?"
    r"li(?:fe|ves))\b|\b(?:don't|doesn't|didn't|not) want to (?:be (?:here|alive)|live|wake up)\b|"
    r"\bbetter off (?:dead|without (?:me|him|her))\b|\bno (?:reason|point) (?:to|in) (?:live|living|"
    r"going on)\b",
    rf"\b(?:take|taken|took|taking|swallow(?:ed|ing)?|got)\b[^.!?]{{0,25}}\b(?:all|too many|loads of|"
    rf"a load of|a whole|the whole|lots of|a handful of|every|boxes of|the) [^.!?]{{0,20}}{_PILLS}\b"
    r"(?![^.!?]{0,30}\b(?:back|pharmacy|chemist|delivered|collected)\b)",
    r"\b(?:jump|throw (?:him|her|my|them)sel(?:f|ves)|step)(?:s|ing|ed)? (?:off|from|in front of|under)"
    r" (?:a|an|the|that)\b[^.!?]{0,25}\b(?:train|bridge|roof|car park|balcony|block|building|window|"
    r"flyover|tower|traffic|bus|lorry)\b",
    r"\b(?:dangling|standing|sitting|climbed|climbing|out|over)\b[^.!?]{0,30}\b(?:ledge|roof|parapet|"
    r"railings of the bridge|edge of the (?:roof|bridge|platform|car park))\b"
    r"(?![^.!?]{0,40}\b(?:cat|pigeons?|workmen|builders|roofers|scaffolders)\b)",
    # Small children and high or hot places; what falls
    rf"\b{_SMALL}\b[^.!?]{{0,40}}\b(?:window ?(?:ledge|sill)|balcony rail|in the road|on the tracks|"
    r"locked in (?:a|the) (?:hot )?car|near the edge)\b",
    r"\b(?:bricks?|masonry|tiles|concrete|scaffold(?:ing)?|ceiling|wall|balcony|glass|crane)\b"
    r"[^.!?]{0,40}\b(?:(?:is|are|was|were) (?:\w+ )?(?:falling|dropping|coming (?:down|away|off)|"
    r"collapsing|giving way)|about to (?:fall|come down|collapse|give way)|(?:has|have|just) (?:fallen "
    r"on|collapsed))",
)

# Not this minute perhaps, and no case for a list of worries: the safeguarding team.
HARM = (
    rf"\b(?:hits?|slaps?|slapped|beats?|beaten|punch(?:es|ed)|burn(?:s|t|ed)|kick(?:s|ed)|starv\w+|"
    rf"shak(?:es|en)|whips?|bites?|smack(?:s|ed)|ties?|hurts) (?:up )?{_WHO}\b",
    r"\b(?:touch(?:es|ed|ing)?|gets? into bed with|undress(?:es|ed)|films?|grooming|groped?) (?:him|her|"
    r"them|me|the (?:girl|boy|kids?|child(?:ren)?)|little (?:girls?|boys?))\b[^.!?]{0,60}\b(?:night|"
    r"bed|bath|undress\w*|private|naked|secret|uncle|stepdad|she is|he is|aged|\d|nine|ten|eight|seven|"
    r"six)",
    rf"\b{_SMALL}\b[^.!?]{{0,60}}\b(?:left|alone|on (?:its|his|her|their) own|by (?:itself|himself|"
    r"herself|themselves))\b[^.!?]{0,40}\b(?:night|hours|since|days?|flat|house|again|work|pub)\b",
    r"\b(?:lock(?:s|ed|ing)|shut(?:s|ting)?|keeps?|kept) (?:him|her|them|me|the \w+|his \w+|my \w+) "
    r"(?:in|up|inside)(?: |\b)(?![^.!?]{0,20}\b(?:mind|touch|hospital|order)\b)",
    r"\b(?:takes?|took|taken|keeps?|kept|holds?|has) (?:away )?(?:his|her|their|my|all (?:his|her|"
    r"their)) (?:\w+ )?(?:passports?|bank card|wages|phone|money|benefits|pension|papers)\b"
    r"(?![^.!?]{0,20}\b(?:in|on) (?:the|a) (?:bag|drawer|table|purse)\b)",
    r"\b(?:isn't|not|never|aren't|don't let \w+|won't let \w+|doesn't let \w+) (?:allowed )?(?:to )?"
    r"(?:leave|go out|see anybody|speak to anyone)\b(?=[^.!?]{0,80}\b(?:he|she|they|him|her|them|house|"
    r"husband|boss|work)\b)",
    r"\b(?:sent|taken|taking|flown) (?:\w+ ){0,3}?(?:abroad|home|to \w+) to (?:be )?marr(?:y|ied)\b|"
    r"\bforced (?:to marry|marriage|to have sex|to work)\b|\bbeing (?:cut|circumcised)\b",
    rf"\b{_SMALL}\b[^.!?]{{0,80}}\b(?:running|carrying|selling|dealing|delivering|hiding) (?:drugs|"
    r"packages|weed|gear|knives)\b|\bcounty lines?\b",
    r"\b(?:girl|boy|child|teenager|daughter|niece)\b[^.!?]{0,60}\b(?:older|grown|much older) (?:man|"
    r"men|woman|boyfriend)\b",
    r"\b(?:black eye|bruises?|bruised|burn marks|cigarette burns)\b[^.!?]{0,80}\b(?:again|husband|"
    r"partner|boyfriend|carer|dad|father|mum|step\w+|son|while he|every time|all over (?:his|her|"
    r"their))\b",
    r"\b(?:sitting|lying|been) [^.!?]{0,60}\b(?:two|three|four|\d) days\b[^.!?]{0,60}\b(?:not|isn't|"
    r"doesn't|no) (?:answer|mov|respond)",
)

_NOW = re.compile("|".join(f"(?:{one})" for one in NOW), re.IGNORECASE | re.DOTALL)
_HARM = re.compile("|".join(f"(?:{one})" for one in HARM), re.IGNORECASE | re.DOTALL)


def is_now(text: str) -> bool:
    """Whether the words leave no doubt that somebody is in danger at this moment."""
    return bool(_NOW.search(_plain(text)))


def is_harm(text: str) -> bool:
    """Whether the words leave no doubt that somebody is being harmed."""
    return bool(_HARM.search(_plain(text)))


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("`", "'")
