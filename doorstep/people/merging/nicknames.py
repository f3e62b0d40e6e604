"""Short and pet names beside the long ones, and spellings of one name in several alphabets.

A line is one family of names; a name may stand in several. Written for this borough: English,
Irish, West African, South Asian, Polish, Romanian, Bulgarian, Lithuanian, Portuguese, Albanian,
Arabic, Somali and Turkish names.
"""

from __future__ import annotations

_LINES = """
abigail abi abby gail
adam ad
adebayo bayo ade
adeola ade ola
agnes aggie nessie
agnieszka aga agata
alan al allan allen alun
albert bert bertie al alb
aleksandra ola alexandra sasha sandra olya
aleksander alek alex sasha olek aleksandar
alexander alex al sandy alec xander lex sasha
alexandra alex sandra sandy lexi sasha
alfred alf alfie fred freddie
alice ali elsie
alison ali allison alyson
amanda mandy manda
amelia amy millie milly
andrew andy drew andre
andrei andy andrej andrey
angela angie ange
ann anne anna annie nan nancy ana hannah
annabel bella anna belle
anthony tony ant antony anton antonio
archibald archie
arthur art artie arturas artur
ashley ash
augustine gus austin
barbara barb babs barbie basia
bartholomew bart
bartosz bartek
beatrice bea trixie bee beata
benjamin ben benny benji
bernadette bernie detta
bernard bernie barney
bethany beth
brenda bren
bridget biddy bridie breda bridgit
bronwen bron
camilla milly
carol caroline carrie lyn carolyn karol
caroline carrie caro carol
catherine cathy kate katie kathleen katherine kathryn kath kathy kat kit kitty cath katy cate
catherine kathleen cathleen catharine katherine kate kath cath kaye
cecilia cissie celia cis
charles charlie chas chuck chaz
charlotte lottie charlie lotte
chibuzo chibu buzo
chidinma chidi dinma
chinedu nedu edu
christine chris chrissie tina christina crissy kristina krystyna
christopher chris kit topher kris
clifford cliff
constance connie
cornelius con neil
craig craige
cynthia cindy
cyril cy
daniel dan danny danil daniil
david dave davey davy dai dawid
deborah debbie deb debs debra
denis den denny dennis
desmond des
derek del deric derrick
dominic dom nick
donald don donny
doreen dory dor
dorothy dot dottie dolly dora dotty
dorcas dora
ebenezer eben ben
edith edie
edmund ed eddie ted ned
edward ed eddie ted teddy ned edwin
edwin ed eddie win
eileen aileen ellen
elaine lainey
eleanor ellie nell nellie nora ella elly elena
elizabeth liz lizzie beth betty bess betsy eliza libby lisa elsie lily bessie elspeth elisabeth
elzbieta ela elka
ellen nell nellie ellie helen
emily em emmy millie
emma em
emmanuel manny emeka manuel emma
enid
eric rick erik
ernest ernie
esther essie hester
ethel eth
eugene gene
eunice
euphemia effie
evelyn eve evie lyn
ewa eva
ezekiel zeke
fatima fatma fatema fatimah fatou fatoumata fatu fatmata
felicity flick fliss
florence flo florrie flossie
frances fran franny frankie francesca
francis frank frankie fran franek
frederick fred freddie freddy fredrick
gabriel gabe gabi
gareth gaz gary
gary gaz gazza garry
genevieve gen viv
geoffrey geoff jeff jeffrey
george georgie jorge gheorghe gica
georgina georgie gina george
gerald gerry jerry ger
gerard gerry ger
geraldine gerry ger
gertrude gertie trudy
gheorghe gigi george gica
gillian gill jill gilly jillian
gladys glad
glenda glen
gloria glo
godfrey geoff
gordon gord
grace gracie
graham gra grahame graeme
gregory greg
grzegorz grzesiek greg
gwendoline gwen gwenny wendy gwendolen
hannah anna annie hanna
harold harry hal
harriet hattie harry
harpreet preet harp
heather hev
helen nell nellie lena elena helena
henry harry hal hank henryk
herbert bert herb bertie
hilda hil
horace
hubert bert hugh
hugh hughie huw
ibrahim ibro ebrahim abraham ebrima
ignatius iggy
imran immy
irene rene rena irena
iris
isaac ike zac
isabel bella izzy isabella belle bel isobel isabelle
isaiah
ivan vanya
jacek jack
jacob jake jack jakub kuba
jacqueline jackie jacqui jac jacky
james jim jimmy jamie jem
jamila jamie
jane janie jenny jan janet
janet jan jen jane
janice jan
jasmine jas yasmin jaz yasmine
jason jay jase
jaswinder jas jassi jaz
jaswant jas
jean jeanie jeannie jeanette
jennifer jen jenny jenni jenn
jeremy jerry jem jez
jerome jerry
jessica jess jessie
joan joanie
joanna jo joanne asia joasia johanna
joao joe john
john jack johnny jon jonny ian sean jan
jonathan jon jonny john
jonas
jose ze pepe
joseph joe joey jo jozef josef yusuf
josephine jo josie josephina
joyce joy
judith judy jude
julia julie jules
julian jules
juliet jules julie
justin
kamila kamilla
karen kaz
katarzyna kasia kaska kate
kenneth ken kenny
kerry kez
kevin kev
khadija khadijah hadiza kadija
krzysztof krzys chris
kwabena kobi ebo
kwadwo kojo
kwaku kweku
kwame
lakshmi luxmi laxmi lakshmy
lawrence larry laurie loz laurence
leonard len lenny leo
leslie les lesley lez
lilian lil lily lilly lillian
linda lin lyn lynda lindy
louis lou louie lewis
louise lou lulu
lucy lu lucie
ludmila lyuda lyudmila mila luda lusi
lukasz luke
lydia lyd liddy
lynne lyn lynn linda
mabel mab mable may
madeleine maddy maddie madeline
magdalena magda lena madzia
malcolm mal malc
malgorzata gosia malgosia margaret
marcin martin
margaret maggie meg peggy marge margie madge greta rita daisy peg mags margery
marian marianne
marija maria mary
marilyn maz lyn
marion mari
mark marc marek markus
martha marty mattie
martin marty mart martyn
mary molly polly maria may mae marie maryam maura moll mariam
mateusz mateo matt
matilda tilly mattie tilda
matthew matt matty matei
maureen mo mo reen maur
maurice mo morris
mavis mave
maxwell max
melanie mel
melissa mel lissa
mercy
michael mick mike mickey mikey micky mihai mick michal michel mitch
michaela mihaela micky kayla
michelle shell chelle mich
mildred millie
miriam mim mimi
mohammed mohammad muhammad muhammed mohamed mo mohamud mohd md mohamad mahamed
mohammed muhammad mehmet maxamed mohamed
monica mon
moira maura
muriel
myfanwy myf
nadezhda nadia
nancy nan
natalia natasha nat talia
natalie nat
nathan nate nath
nathaniel nat nate nathan
ngozi goz
nicholas nick nicky nico nicolae nicolas
nicola nicky nikki nic
nicolae nicu nick
noreen nora
nora norah nonie
norman norm
oliver ollie olly
olivia liv livvy
oluwaseun seun shane
oluwatobi tobi oluwatobiloba
oluwafemi femi
olufemi femi olu
olumide olu mide
oluwakemi kemi
omotola tola
oswald ozzie
pamela pam
patience pat
patricia pat patsy trish tricia patty trisha paddy
patrick pat paddy padraig
paul pauly pawel pavel
pauline paul polly
penelope penny pen
percival percy
peter pete piotr petros petr
philip phil pip phillip
philippa pip pippa phil
philomena mena phil
phyllis phyl phil
piotr peter piotrek
prudence pru
quentin
rachel rach rae ray
rajesh raj
rajinder raj
rajendra raj
ralph rafe
raymond ray
rebecca becky becca bex beckie
reginald reg reggie
rhiannon rhi
richard rick dick rich richie ricky dickie
robert bob bobby rob robbie bert robin roberto rab
roberta bobbie
roderick rod roddy
roger rodge
ronald ron ronnie
rosalind ros roz
rosemary rose rosie ro
rosamund ros
roseanne rose rosie
rose rosie roza ruza
roxana roxy
roy
russell russ
ruth ruthie
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sally sadie sara
sean shaun shane shawn john
seamus james shay
sebastian seb bas
selina lina
shabana shaba
sharon shaz shazza
sheila shelia sheelagh
shirley shirl
sidney sid sydney syd
simon si
siobhan shiv
sofia sophie sophia sophy zofia
stanley stan
stephanie steph stef stevie stephie
stephen steve stevie steven ste stefan
stuart stu stew stewart
sukhdeep sukh
sukhwinder sukh
susan sue susie suzy sukie suzanne susanna
svetlana svetla sveta lana
sylvia syl silvia
tadeusz tadek ted
tamara tam
tatiana tanya tania tatyana
temitope temi tope
terence terry tel terrance terrence
teresa terry tess tessa theresa therese tree terri
thaddeus ted
theodore ted theo teddy
thomas tom tommy tam thos tomasz tomek toma tomas
timothy tim timmy
tomasz tomek tom tomek
tracey trace tracy
ursula ursie ula
valerie val
vasile vasilica
veronica vera ronnie von roni
victor vic viktor
victoria vicky tori vic vicki vikki toria
vincent vince vinny vin vincenzo
violet vi violetta
vivian viv vivien vivienne
walter wally walt wal
wendy wend
wilfred wilf fred will
wilhelmina mina billie
william bill will billy wm liam willie willy wills
winifred win winnie freda
wojciech wojtek
yetunde yeti tunde
yvonne von vonnie
yusuf yousef yousaf youssef joseph yusef usuf
zachary zac zak zach
zainab zaynab zeinab
zbigniew zbyszek
"""

FAMILIES: dict[str, frozenset[int]] = {}
_found: dict[str, set[int]] = {}
for _number, _line in enumerate(filter(None, _LINES.split("\n"))):
    for _name in _line.split():
        _found.setdefault(_name, set()).add(_number)
FAMILIES.update({name: frozenset(numbers) for name, numbers in _found.items()})


def are_one(one: str, other: str) -> bool:
    """Whether one may be a short form of the other, or both of one name; folded, lower case."""
    mine, theirs = FAMILIES.get(one), FAMILIES.get(other)
    return bool(mine and theirs and mine & theirs)
