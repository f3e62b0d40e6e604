# ruff: noqa: E501 - expressions read better whole
"""Whole situations in any words: who, what happens, to what. Pure, no Django, no table.

A frame is a small scene (“somebody cannot be woken”, “not allowed out”) with slots that many words
fill. A table of words learns what it has seen; a frame hears the words side by side, however rare.
`heard(text)` says which scenes a text holds. What is past, a joke, or somebody who wants to learn
about it is left to the table: those texts answer with no frame at all.
"""

from __future__ import annotations

import re
from functools import lru_cache

from doorstep.kindness import words

SAFEGUARDING, EMERGENCY = "safeguarding", "emergency"

# What fills the slots. `W n` is up to n words between.
_SLOTS = {
    "CANT": r"(?:cant|cannot|can not|couldnt|could not|wont|will not|doesnt|does not|dont|do not|"
    r"isnt|is not|not|no|unable to|cnt|never|hardly|barely|struggling to|trying to)",
    "CHILD": r"(?:baby|babies|newborn|toddler|child|children|kids?|kiddies?|boy|girl|lad|son|"
    r"daughter|little one|little ones|grandson|granddaughter|grandchild|niece|nephew|"
    r"\w+ ?(?:yr|year|yrs|years) ?olds?|twins|teenager|pupil|brother|sister|#few|#teen)",
    "FRAIL": r"(?:mum|mother|dad|father|nan|nana|gran|grandma|granny|grandad|grandpa|auntie|aunt|"
    r"uncle|old (?:man|lady|boy|girl|chap|gent|gentleman|woman|people)|gentleman|lady|"
    r"neighbour|husband|wife|resident|mother in law|father in law|dementia|alzheimers)",
    "SOMEONE": r"(?:he|she|hes|shes|him|her|they|mate|friend|man|woman|bloke|guy|someone|somebody|"
    r"brother|sister|flatmate|partner|baby|son|daughter|boy|girl|lad|toddler|child|kid|mum|mother|"
    r"dad|father|nan|nana|gran|grandma|grandad|husband|wife|neighbour|lady|gentleman|uncle|aunt|"
    r"auntie|i|im|my|grandson|granddaughter|cousin|boyfriend|girlfriend|mate|kids)",
    "MY": r"(?:my|me|his|her|their|the|our|mums|dads|nans|your)",
    "THEM": r"(?:me|her|him|us|them|my|mum|mother|dad|nan|kids|children|baby|sister|brother|son|"
    r"daughter|wife|husband|girls?|boys?)",
    "MEDICINE": r"(?:tablets?|paracetamol|ibuprofen|aspirin|insulin|medicines?|medication|morphine|"
    r"codeine|painkillers?|sleeping|antidepressants?|methadone|drugs?|overdose|capsules?|doses?)",
    "POISON": r"(?:bleach|battery|batteries|antifreeze|cleaner|detergent|white spirit|petrol|"
    r"turps|screen ?wash|dishwasher|drain|weedkiller|poison|berries|magnets?|descaler|acid|"
    r"washing (?:pod|capsule|liquid)|vape (?:juice|liquid)|perfume|nail varnish)",
    "RELATION": r"(?:husband|wife|partner|boyfriend|girlfriend|ex|fella|missus|stepdad|stepmum|"
    r"stepfather|stepmother|dad|father|mum|mother|son|daughter|brother|uncle|aunt|auntie|cousin|"
    r"nephew|niece|grandson|granddaughter|carer|carers|boss|landlord|manager|madam|inlaws|in laws|"
    r"mother in law|he|she|they|man|people|staff|family|parents|warden)",
}

_PEOPLE = ("CHILD", "FRAIL", "SOMEONE", "RELATION")

_EMERGENCY = {
    "no-breath": [
        r"CANT W1 (?:catch|get|finding|draw) W2 (?:breathe|breath|air)",
        r"(?:CANT|stopped|stops|trouble|difficulty|funny|not) W2 (?:breathing|breathe)",
        r"gasping W2 (?:air|breathe|breath|snor\w+)|chok(?:e|ing|ed) on|SOMEONE W2 choking",
        r"CANT W1 finish W2 sentence|puffer W3 (?:not working|empty)|inhaler W3 (?:isnt|not|empty)",
    ],
    "colour": [
        r"(?:lips?|face|fingers?|mouth|toes|skin) W5 (?:blue|grey|gray|purple|white|vinete|ashen)",
        r"(?:SOMEONE|mums|dads|nans|gone) W4 (?:grey|gray|blue|mottled|clammy|ashen)"
        r"(?! (?:car|coat|van|hat|jumper|hair|eyes|badge|bin|door|dress|shirt|in the face))",
    ],
    "no-waking": [
        r"CANT W2 (?:wake|rouse|be woken|come round|respond\w*)(?! up (?:early|until|before|to))",
        r"(?:wake|woke) W2 (?:nu|nie)|nu (?:se )?mai trezeste|nie (?:budzi|oddycha)|"
        r"nu (?:mai )?respira",
        r"SOMEONE W4 (?:unconscious|passed out|blacked out|collapsed?|unresponsive|not moving|floppy|"
        r"convulsing|fitting|foaming|rigid|keeled over|went stiff|gone limp|has fainted|fainted)",
        r"SOMEONE W4 (?:lying|laying|slumped|face down|flat out) W3 (?:by|on|in|at|behind|under|outside) "
        r"W3 (?:bus|shop|road|pavement|path|alley|stairs|railway|bins?|bench|arch|grass|steps|snow|rain|"
        r"floor|hall|kitchen|garden|bottom|park)",
        r"lying here W8 (?:since|cant|hours?|hip|leg|night)|man down (?!the)|stepping over (?:him|her|"
        r"them|it)|walking (?:round|past|around) (?:him|her|them)",
        r"lying W4 (?:floor|hall|hallway|pavement|road|ground|bus stop|shelter)",
        r"on W2 (?:floor|ground) W8 (?:last night|since|cant|cannot|hours?|get up|morning|hip|leg)",
    ],
    "stroke": [
        r"(?:face|mouth|smile|eye|half) W5 (?:droop\w*|dropp\w*|slid\w*|crooked|lopsided|sideways|"
        r"wont move|one side|drooling|dribbl\w+|down)",
        r"(?:arm|leg|hand|side) W4 (?:numb|heavy|dropped|weak|useless|wont|not work\w*|dead|limp|"
        r"pins and needles) W12 (?:speech|face|mouth|words?|talk\w*|chest|sudden\w*|jaw|morning|leg)",
        r"(?:chest|sudden\w*|face|mouth|jaw|speech|words) W12 (?:arm|leg|hand|side) W4 "
        r"(?:numb|heavy|dropped|weak|tingl\w+|wont|funny)",
        r"sudden\w* W4 CANT W2 (?:see|speak|talk|say|walk|move|stand|lift|read)",
        r"all of a sudden W6 (?:arm|speech|talk|words|see|leg)|CANT W2 (?:say|get) W1 "
        r"(?:my name|words|her words|his words|our names)",
        r"(?:words?|speech|talking|speaking) W4 (?:slur\w*|gibberish|rubbish|nonsense|jumbled|wrong)",
    ],
    "heart": [
        r"(?:chest|ribs|heart|breastbone) W6 (?:tight\w*|pain\w*|crush\w*|press\w*|squeez\w*|band|strap|"
        r"elephant|heavy|hurts?|hurting|stabbing)",
        r"(?:tight|pain\w*|crush\w*|press\w*|squeez\w*|band|strap|hurts?|ache) W6 (?:chest|ribs)",
        r"clutching W2 (?:chest|arm|heart)|(?:heart attack|stroke|anaphyla\w*|meningitis|sepsis) "
        r"(?:now|right now)|having a (?:heart attack|stroke|fit|seizure)",
    ],
    "too-many": [
        r"(?:took|taken|take|swallowed|had|ate|eaten|necked|drank|downed|done|did|eat) W3 (?:whole|all|"
        r"box|bottle|packet|pack|strip|handful|load|loads|lot|too many|too much|twice|double|"
        r"overdose|bunch) W5 MEDICINE",
        r"(?:whole|all|box|bottle|packet|handful|load|too many|too much|twice) W3 MEDICINE",
        r"CHILD W6 (?:drunk|drank|ate|eaten|eat|swallowed|licked|got into|found|put) W6 "
        r"(?:MEDICINE|POISON)",
        r"(?:drunk|drank|swallowed|ate|licked) W4 POISON|(?:too much|too many) W2 MEDICINE",
        r"MEDICINE W3 (?:twice|by mistake|counted|lined up|laid out|missed)",
        r"(?:spiked|put something in) W3 drink",
        r"(?:took|taken|had|swallowed|necked|eaten) W4 (?:#teen|#tens|four|five|six|seven|eight|nine|"
        r"ten|twelve|twenty|thirty|double|extra) W5 MEDICINE|MEDICINE W6 (?:forgot|again by mistake)",
        r"(?:taken|took|had|drank|eaten) W2 (?:my|his|her|grandads?|nans?) W2 (?:tablets|medicine|"
        r"pills) W3 (?:with|instead|by mistake)|double W2 (?:of|dose|lot) W6 (?:MEDICINE|ones)",
    ],
    "swelling": [
        r"(?:throat|tongue|lips?|neck|windpipe) W4 (?:clos\w*|swell\w*|swollen|tight\w*|tingl\w*|massive|"
        r"huge|big|bigger|itch\w*|thick)",
        r"(?:stung|sting|nuts?|peanuts?|prawns?|sesame|wasp|bee|allerg\w*) W8 (?:swell\w*|swollen|face|"
        r"wheez\w*|throat|whistle|faint|lips)",
    ],
    "no-sense": [
        r"(?:hot|cold|fever|temperature|shiver\w*|ice|freezing|boiling|sun|heat|diabet\w*|insulin) W14 "
        r"(?:confus\w*|not making sense|isnt making sense|sleepy|drowsy|floppy|nonsense|rubbish|"
        r"collapse\w*|rigid|slur\w*|stopped shivering|doesnt know)",
        r"(?:banged|hit|hurt|bumped|head) W8 (?:head|hit)? W12 (?:vomit\w*|sick|sleepy|confused|drowsy|"
        r"strange|wont wake|keeps asking)(?! of)",
        r"rash W8 (?:glass|tumbler|fade|go|press)|(?:stiff neck|light hurts|mottled)",
        r"(?:worst|terrible|thunderclap) W2 headache W8 (?:life|ever|light|bang|neck|sudden\w*)",
        r"(?:insulin|injections?) W8 (?:sick|vomit\w*|sleepy|drowsy|days|thursday|confus\w*)",
    ],
    "blood": [
        r"(?:blood|bleeding|bleed) W6 (?:everywhere|pouring|pumping|wont stop|lot|heavy|bad|badly|"
        r"hall|pads?|soak\w*|faint|not stop\w*|squirt\w*|cupful)",
        r"(?:pregnant|weeks|months) W6 (?:bleeding|blood|bad pains|gush)|"
        r"(?:bleeding|blood|pain\w*) W6 (?:pregnant|weeks gone)",
        r"(?:pumping|pouring|spurting|squirting|gushing) W2 (?:out|blood)|(?:been|got|was) stabbed "
        r"(?!in the back)",
        r"waters? W2 (?:broke|broken|gone)|(?:head|baby) is coming|(?:giving birth|contractions)|"
        r"CANT W3 felt W3 baby move",
    ],
    "gas": [
        r"(?:smel\w*|stink\w*|whiff|reek\w*) W4 (?:of )?(?:gas|rotten egg\w*)|rotten egg\w* smell|gas W3 (?:smell|leak|"
        r"hissing|strong|stink\w*)",
        r"(?:carbon monoxide|co alarm|boiler|detectors?|beeper|alarms?|bbq|barbecue|fire is on|generator) "
        r"W20 (?:headach\w*|sick|dizzy|drowsy|faint\w*|woozy|sleepy|indoors|screaming|yellow flame)",
        r"(?:headach\w*|dizzy|drowsy|woozy) W20 (?:boiler|go out|outside|garden|flame|gas)",
    ],
    "fire": [
        r"(?:smoke|flames?|sparks?|sparking|fire) W5 (?:coming|pouring|everywhere|from the|from my|under|out of|"
        r"socket|fuse)(?! (?:brigade|station|drill|alarm|works|safety|barbecue|bbq|allotments?|bonfire))|full of smoke",
        r"(?:flat|house|kitchen|building|room|block|bin|car|roof) W3 (?:is|are|on|alight) (?:on )?"
        r"(?:fire|alight|burning)",
        r"(?:chip pan|frying pan|oven|cooker|microwave) W3 (?:gone up|on fire|alight|in flames)",
        r"live (?:cable|wire)s?|(?:cable|wire|power line)s? W2 (?:is |are )?(?:down|hanging|dangling|bare)",
        r"(?:battery|scooter|plug|socket|fuse|wire|cable) W8 (?:hiss\w*|smok\w*|spark\w*|melt\w*|"
        r"fire|buzzing|glowing)",
    ],
    "fell": [
        r"(?:fell|fallen|fall|slipped|tripped|come off|came off|thud) W8 (?:cant|cannot|hip|head|moan\w*|"
        r"wont|not answering|isnt answering|stairs|roof|twisted|get up|blood|lift)",
        r"(?:cant|cannot) W2 (?:put W2 weight|get up|get my leg|move my leg|lift (?:him|her|mum|dad))",
        r"(?:not|isnt|no|wont|doesnt) answer\w* W8 (?:hear|door|letterbox|curtains|days|moan\w*|hall)",
        r"(?:letterbox|window|door) W10 (?:lying|floor|face down|hear)",
    ],
    "missing": [
        r"(?:CHILD|FRAIL|she|he|hes|shes) W10 (?:missing|disappeared|vanished|wandered|gone missing|"
        r"run off|ran off|run away|not come home|didnt come home|never came home|got lost)",
        r"(?:dementia|alzheimers|autistic|disability|forgets) W12 (?:gone out|gone|went out|lost|"
        r"front door|run|drove off|not back|hours)",
        r"turned (?:round|around|my back) W6 gone|CANT W2 find W2 (?:my|her|him|our) W2 CHILD",
        r"(?:slippers|pyjamas|nightie|nightdress|nightgown|dressing gown) W12 (?:lost|freezing|cold|"
        r"street|road|bus|gone|name|outside)|(?:lost|gone out|gone off|wander\w*) W10 (?:slippers|"
        r"pyjamas|nightie|nightdress|nightgown)",
    ],
    "about-to-die": [
        r"(?:platform|bridge|roof|rooftop|ledge|edge|railing|tracks?|car park|cliff|flyover|parapet|"
        r"railings|balcony|footbridge) W14 (?:jump\w*|step|goodbye|sorry|dont see|someone please|"
        r"looking down|crying|everyone|forward|anymore|wrong side|cant do)",
        r"(?:jump\w*|goodbye|sorry|wrong side) W10 (?:platform|bridge|roof|ledge|railing|tracks?|train|"
        r"cliff|flyover|car park)",
        r"(?:written|wrote|left) W3 (?:letters?|note|notes) W14 (?:goodnight|goodbye|sorted|burden|cat|"
        r"dog|worry|gone|tonight|rope|sorry)",
        r"(?:last (?:post|message|night)|by tonight|wont be here|not be here|this is goodbye|"
        r"goodbye everyone|rope is|tablets are counted|wont see (?:the )?morning|"
        r"after (?:today|tonight)) W20 (?:burden|worry|sorry|kind|kindness|cat|dog|look after|thank|"
        r"love|peace|tired|good to me|easier|rope|longer)",
        r"(?:going to|gonna|want to|about to) (?:end it|kill myself|hang myself|end my life|jump)",
        r"(?:taken|took) them all|(?:locked (?:himself|herself)) W10 (?:blade|knife|tablets|rope)",
        r"sends? W4 goodbye|texted W3 (?:goodbye|sorry)|sorry for everything|not (?:frightened|scared|"
        r"afraid) (?:anymore|any more)|nobody (?:has|needs) to break|(?:no more|nothing) W6 after tonight",
        r"(?:ive|i have) climbed (?:over|out|up)|(?:im|i am|sat|sitting|standing|ive sat) W3 (?:the )?(?:roof|"
        r"ledge|parapet|bridge|railings|multi storey|rooftop)|shoes W6 (?:wall|bank|edge|bridge|river)",
        r"youve been W3 (?:lovely|good to me|kind) W12 (?:goodbye|goodnight|roses|flowers|funeral)|"
        r"please dont be (?:sad|angry) W14 (?:thought|decided|frightened|peace|better)",
        r"quiero morir|nu mai vreau sa traiesc|nu mai pot mi|ramas bun|nie chce (?:juz )?zyc|"
        r"hote? mirti|marna chahti|more jete chai",
    ],
    "attack-now": [
        r"(?:kick\w*|smash\w*|break\w*|broken|bang\w*|broke) W4 (?:door|window)s? W10 (?:right now|now|in|"
        r"bathroom|hiding|kids|house|bed|scared)",
        r"(?:knife|machete|blade|gun|hammer|axe|bat|sword|petrol|lighter|zombie knife) W10 (?:chas\w*|"
        r"outside|devil|kill|hell|going to|threat\w*|burn|us|boy|lads|bleed\w*|in his hand)(?! sale)",
        r"(?:hell|going to|gonna|says he|will|if im) W4 (?:kill|burn|stab|finish|shoot|do) "
        r"(?:me|us|her|him|them|himself|herself|you|the kids|my|the baby)(?! with| off)",
        r"(?:hands?|arm) W3 (?:round|around|on) W2 (?:throat|neck)|strangl\w+ (?:me|her|him)|"
        r"choked (?:me|her|him)",
        r"(?:kick\w*|stamp\w*|beating|jumping on) W2 (?:his|her|my|their) head|room to room|"
        r"blood on (?:his|her|my|the)|got (?:a|an|the)? ?(?:knife|gun|machete|axe|hammer|sword|blade) "
        r"(?:and|he|hes|in|now|outside|out)|(?:knife|blade|machete|handle) W4 (?:waistband|trousers|sleeve)",
        r"(?:hiding|locked|shut|whispering) W3 (?:wardrobe|cupboard|bathroom|toilet|loft|attic|shed)",
        r"(?:if|when) (?:i|we) (?:dont|do not) (?:come|post|ring|answer|text|reply) W8 (?:police|999|call|"
        r"ring|someone|send)|(?:call|send|get) the police (?:now|quick|please)|please send (?:police|someone)",
        r"(?:do it|finish it|finish us|finish me|end it) W2 tonight|tonight W8 (?:finish it|finish me|"
        r"finish us)|zabije|ma omoara|o sa ma omoare|maar dega|jaan se|oldurecek",
        r"(?:hear|hears|hearing) W3 (?:her|him|him|woman|them|girl|baby) W4 (?:scream\w*|beg\w*) W12 "
        r"(?:smash\w*|now|quiet|thump\w*|again|stop)",
        r"voices? W4 (?:tell\w*|say\w*) W6 (?:hurt|kill|harm|do it|put|baby)",
        r"(?:boot of|in a van|back of a van) W10 (?:took|put|dont know|phone|help)|"
        r"(?:following|chasing) (?:me|us) W6 (?:now|hiding|men)",
    ],
    # Said in other languages, in Latin letters, accents left off.
    "in-other-words": [
        r"nie oddycha|nieprzytomn\w+|(?:dusi|zabije|zabil|zadzgal) (?:mnie|nas|ja|go|sie)|pali sie|pozar|"
        r"czuje gaz|zapach gazu|ma noz|krwawi|nie chce (?:juz )?zyc|(?:wzial|polknal|polknela|wziela) W3 "
        r"tabletk\w+|nie moze (?:mowic|oddychac)|reka W3 opadla|sine usta|zawal|udar|dostal drgawek",
        r"nu (?:mai )?(?:respira|raspunde|sufla)|buzele vinete|a lesinat|e lesinat|inconstient\w*|arde "
        r"(?:casa|blocul|etajul|la|parterul)|foc (?:in|la)|miroase a gaz|are (?:un )?cutit|sangereaza|nu "
        r"(?:mai )?vreau sa traiesc|(?:a luat|am luat|a inghitit) W4 pastil\w+|nu poate (?:vorbi|respira)|"
        r"gura stramba|a cazut W5 (?:misca|trezeste|ridica|raspunde)|ma omoara|ne omoara",
        r"nekvepuoja|neatsako|be samones|dega (?:namas|butas)|jauciu dujas|nebenoriu gyventi|turi peili|"
        r"kraujuoja|nao respira|inconsciente|cheira a gas|esta a arder|nao quero viver|tem uma faca|"
        r"tomou W3 comprimidos|me quiero morir|no respira|nefes alamiyor|gaz koku\w+|yasamak istemiyorum",
        r"behosh|saans (?:nahi|phool|nahin|ruk)|hont neel\w+|hosh nahi|khoon (?:beh|nikal|ruk)|aag lag\w*|gas "
        r"ki (?:boo|bu|badbu)|zinda nahi rehna|marna chaht\w+|goliyan W3 (?:kha|khai)|munh tedha|"
        r"shash (?:nite|nicche)|nishash|ojnan|oggan|agun lege\w*|gaser gondho|mukh (?:beke|beka|bike)|"
        r"kotha bolte parch?e na|bachte chai na|rokto (?:pore|porche)|chhuri niye",
    ],
    "trapped": [
        r"(?:in|into|under|fallen in|gone in) W2 (?:river|water|lake|canal|sea|ice|pond|dock|quay) W10 "
        r"(?:not|hasnt|cant|hasn|no|help|come up|drown\w*|nobody)",
        r"(?:someone|somebody|man|woman|child|kid|boy|girl|theres|lad|he|hes|shes) W3 (?:trapped|"
        r"underneath|buried|pinned|impaled)|scaffold\w* W3 (?:come down|collapsed|fallen|down)",
        r"(?:fallen|fell|trapped|caught|crushed|stuck) W4 (?:through|under|roof|machine|wall|lift shaft|"
        r"trailer|ice|scaffold)",
        r"(?:drift\w*|out past|swept|drown\w*) W10 (?:lilo|buoy|board|sea|lake|river|help|nobody|kid)",
        r"(?:lilo|paddle board|dinghy|boat) W6 (?:drift\w*|gone out|turned over|out past|capsized)",
    ],
}

_SAFEGUARDING = {
    "not-allowed": [
        r"RELATION W3 (?:wont|doesnt|dont|does not|do not|never|not) W1 (?:let|lets|allow\w*) W1 "
        r"(?:me|her|him|us|them|anyone|nobody)",
        r"(?:not|isnt|arent|never|im not) (?:allowed|permitted) W1 (?:out|to|phone|a key|my|her|in|"
        r"without|near|friends)",
        r"RELATION W3 (?:check|checks|tracks|reads|follows|times|counts|monitors|watches|opens) W1 "
        r"(?:my|her|his|everything|where|phone|all)",
        r"(?:tracker|tracking) W3 (?:on|my|phone|car)|(?:send|ring|video) W6 where i am|"
        r"trouble if (?:im|i am|i) W2 late|(?:home|back) by W3 (?:else|or)(?! the shop)",
        r"(?:walk|walking|tread\w*) W2 (?:eggshells)|how do (?:people|women|i) leave(?: him| someone)?",
        r"RELATION W4 (?:asks?|makes?) W1 (?:me|her|him) W3 (?:permission|beg|kneel|sleep|say sorry)",
        r"nobody W2 (?:gets|allowed|goes) W2 (?:past|in|see)",
    ],
    "hit": [
        r"RELATION W3 (?:hit|hits|hitting|slap\w*|punch\w*|kick\w*|push\w*|beat\w*|shov\w*|pinch\w*|"
        r"squeez\w*|burn\w*|whip\w*|bites?|bit|throws?|threw|shook|drags?|dragged|spat|spits) W3 THEM",
        r"RELATION W3 (?:push|throw|throws|throwing|smash|smashes) W2 (?:me|plate|plates|things|stuff|us)",
        r"(?:bruise\w*|marks?|black eye|scar|welts?|handprint|finger ?marks?|belt) W6 (?:arm|arms|legs?|"
        r"face|neck|back|body|eye|wrist|tummy|fingers|shape|dad|show)",
        r"(?:punch\w*|kicks?|smash\w*) W2 (?:wall|walls|door) W4 (?:next|head|beside|near|me|when|again)|"
        r"never laid a finger|marks? W3 (?:hand|belt|fingers|cord)|(?:hand|belt|finger) marks?",
        r"(?:they|he|she|RELATION) W2 (?:shut|shuts|bolt\w*|padlock\w*|lock|locks|locked) W3 (?:her|"
        r"him|me|granny|mum|us|it|nan) W2 (?:upstairs|in|inside|up|cellar|shed|room|locked|when)",
        r"hold\w* (?:him|her) under|(?:pulls?|drags?) W2 (?:her|him) by W2 (?:ear|hair|arm)|(?:makes|made) "
        r"(?:him|her|me) (?:stand|sleep|kneel|eat) W4 (?:shed|hall|floor|garden|stairs|cold|dog)",
        r"(?:maz|partner|chlopak|ojciec|ojczym) W4 (?:bije|bil|kopie|zabiera|kontroluje|zamyka)|zabiera mi W2 "
        r"(?:pieniadze|paszport|telefon)|(?:sotul|barbatul|iubitul|tatal|soacra) W4 (?:bate|loveste|incuie|"
        r"ia|luat|verifica|inchis\w*)|mi a luat pasaportul|vyras W2 (?:musa|neisleidzia)|marido W2 bate|"
        r"(?:shohar|miyan|sasural) W4 (?:maar\w*|paise)|zabardasti|(?:shami|swami) W3 mare|mare amake|"
        r"kocam W3 dov\w+",
        r"inchisa? in casa|nu am voie|nu ma lasa|neisleidzia|nahi jane deta|galat jagah|le pegan|me pega|"
        r"maarta hai|marta hai|maz pije|bije zone|muie|ma bate|mane musa",
        r"walked into W2 (?:cupboard|door|wall)|(?:scared|frightened|afraid|terrified) of (?:my|him|her "
        r"husband|his|going home|grandad|dad|uncle|own)",
        r"(?:me|i|ma) (?:bate|loveste)|mnie bije|bije mnie|vanatai|hide W4 (?:under|wardrobe|with my|bed|when)",
        r"(?:bullet|violent|temper) W6 (?:drink|drunk|money|drinks)",
        r"i (?:hit|slapped|shook|smacked|dragged|tied|locked|hurt|snapped) W3 (?:him|her|mum|dad|them|"
        r"baby|kids|at)|(?:tie|tied|ties|lock|locks|locked) W1 (?:him|her|them|mum|dad|me|my aunt|"
        r"my uncle|nan|the kids|us) W4 (?:chair|bed|room|in|door|cupboard|out|night|inside)",
    ],
    "money-taken": [
        r"RELATION W4 (?:takes|took|keeps|has|have|got|holds|controls|looks after|uses|emptied|stands "
        r"over) W3 (?:my|her|his|mums|dads|nans|all the|the) W2 (?:card|pension|wages|money|bank|"
        r"savings|benefits|purse|cash machine|account|pin|book) W20 (?:phone|never|scared|nothing|"
        r"nobody|key|cries|gone|dont like|allowed|ask|meter|without|flat|starv\w*|no food|eaten)",
        r"RELATION W3 (?:takes|took|keeps|taking|emptied|empties) W2 (?:her|his|my|mums|dads|nans|their) W2 "
        r"(?:pension|card|bankcard|book|benefits|wages|cheque|savings|disability|money|purse)",
        r"(?:pension day|every (?:monday|tuesday|thursday|payday)) W8 (?:her|his|van|comes|takes|borrow\w*)",
        r"another W3 (?:thousand|#many|#long) W8 (?:signed|roof|he|says|send|needs|customs|visa)",
        r"(?:signed|sign|signing|change|changed) W4 (?:house|papers|will|deeds|account|flat|something) "
        r"W12 (?:remember|cries|carer|nobody|over|son|brother|nephew|glasses|bank|scared)",
        r"(?:cash ?point|cash machine|atm) W8 (?:scared|stands|every|her|shaking|twice)",
        r"(?:met|know|love\w*|fiance|friend|gentleman|man|lady|army|engineer|doctor) W3 (?:online|on the "
        r"phone|internet|facebook|abroad|app) W16 (?:thousand|money|customs|visa|gift|send|sent|"
        r"hundred|hospital|ticket|pounds)",
        r"(?:carer|home help|neighbour|builder|roofer|nephew) W12 (?:signed so many|will changed|"
        r"her name on|in her name|change the will)",
    ],
    "child-alone": [
        r"(?:leav\w*|left|lock\w*|on their own|on his own|on her own|alone|by (?:him|her|them)sel\w+) "
        r"W8 (?:CHILD) W10 (?:night|nights|shift|lates|work|inside|hours|evening|till|six|pub)",
        r"(?:CHILD|kids|little ones) W8 (?:on their own|on his own|on her own|alone|locked in|left) W8 "
        r"(?:night|nights|shift|work|hours|most|all day|closing|pub|evening)",
        r"mum W2 (?:works nights|isnt there|goes out|doesnt get up|not there) W10 (?:i|me|brothers|"
        r"sister|bed|cook|alone)",
        r"(?:CHILD|next door) W8 (?:always|so|really) W1 hungry|begging (?:for )?food|CANT W2 (?:fed|"
        r"washed) W6 (?:CHILD|nappy|them)|nappies hanging|CHILD W6 (?:crying|cries) W8 (?:days|since|"
        r"curtains|all night|mum)",
        r"smells? of (?:wee|urine|pee)|same clothes W6 (?:smell\w*|day|week|school|dirty)",
    ],
    "secret-touch": [
        r"(?:uncle|stepdad|dad|grandad|brother|man|coach|teacher|tutor|cousin|he|him|mums boyfriend|"
        r"stepfather|caretaker|leader) W8 (?:my room|bed|lap|knee|bath|touch\w*|tickl\w*|kisses|lifts|"
        r"pictures|photos) W12 (?:tell|night|secret|say|sister|delete|hide|him|midnight|send)",
        r"(?:our|a|secret) secret(?! garden| santa)|(?:dont|not|never|not allowed to|isnt allowed to) "
        r"(?:tell|to tell|say) W10 (?:night|room|touch\w*|hit\w*|marks|game|bed)",
        r"(?:night|room|lap|marks|games?|hurts) W12 (?:dont|not|not allowed to|never) (?:tell|say|want "
        r"to get)",
        r"(?:wants|sent|send|sends|asks?|asked|asking) W4 (?:pics?|pictures?|nudes|videos?|photos?) W12 "
        r"(?:school|everyone|delete|more|older|whole|him|online|tell)|video of (?:me|him|her) W8 "
        r"(?:school|everyone|send|unless|if|pay|carry\w*)|wants (?:pics|pictures|nudes)",
        r"(?:she|he|daughter|son|girl|friend) W4 (?:1[1-5]|is 1[1-5]|eleven|twelve|thirteen|fourteen|"
        r"#teen) W6 (?:boyfriend|girlfriend|man) W4 (?:#tens|#teen|older|grown)",
        r"(?:started|starts|again) W2 wetting|flinches?|shakes when|wets? (?:himself|herself|the bed)|wet the bed",
        r"(?:#teen|twelve|thirteen|fourteen) W12 pregnant|vapes W4 (?:selfies?|pictures|pics|lifts|free)|"
        r"special game|if i (?:go|leave|tell) W12 (?:videos?|photos?|pictures|kill|hurt|passport|visa)",
        r"CHILD W14 (?:midnight|after dark|#teen at night|eleven at night) W6 (?:socks|shoes|alone|own|again|"
        r"bread|hungry|every)|(?:no shoes|in (?:his|her) socks) W8 (?:out|street|dark|night|cold|midnight)",
    ],
    "gangs": [
        r"(?:two|new|second|burner|another) (?:phones?|trainers|phone) W16 (?:cash|money|wont say|scared|"
        r"train|trains|who|missing|came back)",
        r"(?:carry\w*|hold\w*|deliver\w*|run\w*|packages?) W6 (?:bag|something|package|stuff|drugs|for the "
        r"(?:older|olders|boys|lads)|it) W8 (?:older|olders|boys|lads|scared|video|owe)",
        r"(?:olders|older (?:boys|lads|ones|kids)) W10 (?:hold|carry|owe\w*|scared|car|deliver\w*|knife)",
        r"(?:owe|owes|owed|debt) W12 (?:bag|work it off|boys|lads|dealer|olders|taken|lost|trainers)",
        r"county lines W4 (?:my|son|lad|boy)",
    ],
    "made-to-marry": [
        r"(?:marry|married|marriage|engaged|wedding|rishta|fiance) W20 (?:dont want|not want|no choice|"
        r"never met|never meet|met him once|passport|not tell|force\w*|too young|#teen|picked|refuse)",
        r"(?:dont want|no choice|never met|forc\w*|picked|#teen|taking me|taking her|bought) W14 "
        r"(?:marry|married|marriage|engaged|flight|tickets?|back home|rishta)",
        r"(?:shamed?|dishonou?r\w*|dirtied|disgraced?|honou?r|izzat|reputation) W4 (?:family|name|us|"
        r"them|parents|community)",
        r"(?:make sure|wish) W3 (?:disappear|vanish)|(?:uncles?|brothers?|cousins?) W8 (?:sort it|deal "
        r"with me|follow me|disappear|watch me)",
    ],
    "cut": [
        r"(?:girl|daughter|niece|cousin|baby|she|her|sister) W10 (?:special ceremony|be cut|cut like|"
        r"circumcis\w*|made clean|fgm|sunna|get it done)",
        r"(?:ceremony|cutting|fgm|circumcis\w*|cut like) W14 (?:girl|daughter|grandmother|women|auntie|"
        r"tradition|holiday|done)",
    ],
    "taken-over": [
        r"(?:moved in|taken over|took over|taking over|using|use|uses|in and out|people in|got|have|has|"
        r"strangers) W8 (?:flat|place|home|house|key|keys|room|sofa|kitchen) W16 (?:friends?|mates|lads|"
        r"card|scared|sleeps?|bag|deal\w*|drugs|cook up|hours|bath|chair|go|lodger)",
        r"(?:friends|mates|lads|people|strangers|lodger|blokes) W12 (?:moved in|taken over|took over|his "
        r"key|his flat|her flat|got his|key) W14 (?:sleeps?|card|floor|chair|scared|allowed|hours|own)",
        r"sleeps? (?:on|in|by) W3 own W2 (?:floor|chair|kitchen|bath)",
    ],
    "made-to-work": [
        r"(?:boss|madam|they|he|she|agent|landlord|inlaws|in laws|family|husband) W3 (?:have|has|keep|"
        r"keeps|took|take|takes|hold|holds|got) W2 (?:my|their|her|his|the|our) (?:passport|papers|"
        r"documents|id)s?",
        r"(?:passports?|papers|documents) W12 (?:boss|madam|agent|took|keeps|flight|until|pay)",
        r"(?:no|not|never|dont|doesnt|without) W2 (?:pay|paid|wage|wages|day off|days off|money) W16 "
        r"(?:sleep|boss|live|work|van|house|kitchen|hours|passport)",
        r"(?:sleep|sleeps|live|lives|living|sleeping) W4 (?:garage|kitchen|shop|above|machine|floor|shed|"
        r"factory|there) W14 (?:boss|pay|paid|work|passport|van|owes?|locked|madam|woman|lock)",
        r"(?:work|works|workers|girls?|women|lads|men|man) W12 (?:owes?|debt|locked|gate|cant leave|not "
        r"(?:go|leave)|can not go|bruises|never looks|burn) W10 (?:boss|journey|in|night|out|leave|up)",
        r"(?:many|strange) men (?:com\w*|visit\w*|come)|men coming",
        r"(?:pay W3 rent|rent) W4 (?:another way|other way|nice to him|favou?rs?|arrangement)",
    ],
    "bad-care": [
        r"(?:bed ?sores?|pressure sores?|sores) W8 (?:back|heel|home|bell|care|lost|stone|legs)",
        r"(?:wet|soiled|dirty) (?:pads?|bed|nappy|sheets|clothes) W4 (?:all|day|night|hours)",
        r"(?:feet|legs) W2 (?:black|weeping)|(?:same|last) W2 (?:pyjamas|clothes|nightie) W6 (?:left|weeks?|"
        r"month|october|visit|since)|(?:carers?) W4 (?:stopped coming|never come|dont come|skip\w*)",
        r"(?:buzzer|bell|drink|food) W4 (?:out of reach|away|taken|unplugged)",
        r"(?:home|sores|food|drink|care|fed) W12 lost W3 stones?|(?:carer|staff|nurse|warden) W6 (?:shout\w*|rough|skip\w*|"
        r"minutes|slap\w*|laugh\w*|takes?)",
        r"(?:rubbish|newspapers|rats|flies|bags) W6 (?:ceiling|window|everywhere)",
        r"(?:not|hasnt|havent|nothing) W1 (?:eat|eaten|ate|fed) W8 (?:days|since|week|monday|tuesday|wednesday|thursday|friday|card)",
    ],
    "no-way-on": [
        r"(?:better|fine|easier|happier) W3 (?:off )?(?:without me|if i W2 (?:wasnt|werent|was not|were "
        r"not|went|disappeared|died|gone))",
        r"(?:dont|do not|didnt|not) W1 (?:want|wanna|wanting) to (?:be here|live|wake|be alive|exist|carry "
        r"on|go on)",
        r"(?:no|any|the|see a|see the) point W3 (?:anymore|any more|living|life|in me|of me|going on|"
        r"since|carry\w*)",
        r"(?:cut|cuts|cutting|burn|burning|hurt|hurting|harm|scratch\w*|starv\w*) W1 (?:myself|herself|"
        r"himself)|cuts? W2 (?:arms?|legs?|wrists?)|been cutting|blades? in",
        r"world W3 (?:better|lighter|easier) W3 without|waste of space|(?:easier|better) if (?:he|she|i) "
        r"(?:was|were) (?:dead|gone)|said W4 (?:wants to die|kill himself|kill herself)",
        r"(?:wish|wished) W2 (?:not woken|was dead|were dead|never born|not wake\w*|gone)|"
        r"(?:tired of|done with) (?:living|life|being alive|it all)(?! (?:with|in|on|here|next|near))|life is (?:finish\w*|over)",
        r"(?:think\w*|thought\w*) W3 (?:about|of) W4 (?:jump\w*|ending|suicide|tram|train|dying|killing|"
        r"bridge|stepping out)|how id do it|ways to (?:die|do it|end)",
        r"(?:in the way|burden|weight) W3 (?:to|on|round|of) W2 (?:anyone|everyone|them|family|necks?|"
        r"nobody|you|all)|nobody W2 (?:look up|notice W3 gone)",
        r"myself sick after|(?:make|makes|making) (?:myself|herself|himself) sick",
        r"(?:look|looking|count|counting) W3 (?:tablets|pills)",
    ],
    "led-astray": [
        r"(?:beheading|jihad|isis|bomb making|kill list|list of people he)",
        r"(?:turns up|waits|follows|following|outside) W10 (?:everywhere|every|moved|my work|bus|again) W8 "
        r"(?:ex|twice|knows|scared|dont want|moved|i go|bus)",
    ],
}

# Told for fun, and nothing else in the text changes that.
_PLAY = re.compile(r"(?<!\S)(?:laughing|panto|film|murder mystery|fake blood)(?!\S)")
# What is past, told for fun, or wanted to be learned about. The table weighs those.
_LEAVE = re.compile(
    r"\b(?:play|film|movie|novel|book group|quiz|match|goalie|season|course|courses|training|train us|trained|learn|learning|"
    r"leaflets?|posters?|talk about|signs of|spot the|awareness|workshop|essay|project|certificate|"
    r"years ago|year ago|long ago|last year|last spring|last winter|last summer|back in|used to|"
    r"when i was|#year|last month|yesterdays|years clean|years sober|in recovery|anniversary|"
    r"fixed it|all sorted|recovering|for safety|get tested|vet|cat|hamster|hedgehog|kitten|kittens|puppy|brigade fit|"
    r"first aid|first aider|defibrillator|cpr|volunteer to help|"
    r"bereave\w*|survived|survivor|raise money|fundrais\w*)\b"
)
_MAY_MATTER_STILL = re.compile(
    r"\b(?:now|right now|just now|tonight|help|burden|rope|letters?|tablets|"
    r"wont wake|cant wake|breath\w*|blood|stabbed in|"
    r"goodbye)\b"
)


def _compiled(scenes: dict[str, list[str]]) -> list[tuple[str, re.Pattern[str]]]:
    made = []
    for name, patterns in scenes.items():
        parts = []
        for pattern in patterns:
            pattern = re.sub(r" ?W(\d+) ", r"(?: \\S+){0,\1} ", pattern)
            pattern = re.sub(r" W(\d+)$", r"", pattern)
            for slot, filling in _SLOTS.items():
                more = "s?" if slot in _PEOPLE else ""
                said = (filling + more).replace("\\", r"\\")
                pattern = re.sub(rf"\b{slot}\b", said, pattern)
            parts.append(pattern)
        made.append((name, re.compile(r"(?<!\S)(?:" + "|".join(parts) + r")(?!\S)")))
    return made


@lru_cache(1)
def _frames() -> list[tuple[str, str, re.Pattern[str]]]:
    return [
        *((EMERGENCY, name, one) for name, one in _compiled(_EMERGENCY)),
        *((SAFEGUARDING, name, one) for name, one in _compiled(_SAFEGUARDING)),
    ]


def as_heard(text: str) -> str:
    """Return the words of a text as frames hear them: plain, in order, one space between."""
    return " ".join(one for one in words.tokens(text[:1500]) if one[0].isalnum() or one[0] == "#")


def heard(text: str) -> list[tuple[str, str]]:
    """Return (level, scene) of each scene the text holds; none where it is past, play or study."""
    said = as_heard(text)
    found = [(level, name) for level, name, one in _frames() if one.search(said)]
    if found and _PLAY.search(said):
        return []
    if found and _LEAVE.search(said) and not _MAY_MATTER_STILL.search(said):
        return []
    return found
