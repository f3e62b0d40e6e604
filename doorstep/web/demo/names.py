# ruff: noqa: E501 (lists of names)
"""Made-up names, as the borough's families wear them. Nobody here is anybody."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Community:
    """Names that go together, how many in a hundred wear them, and what they speak at home."""

    share: int
    first: list[str]
    last: list[str]
    # Language code -> how many in a hundred; the rest speak English only.
    speaks: dict[str, int]


def _split(words: str) -> list[str]:
    return words.split()


COMMUNITIES = [
    Community(
        34,
        _split(
            "Jean Maureen Brenda Pauline Sheila Linda Karen Tracey Donna Kelly Stacey Gemma Chloe Megan "
            "Ellie Ruby Maisie Barbara Doreen Iris Terry Barry Ken Derek Ron Alan Keith Dave Steve Gary "
            "Lee Darren Craig Ryan Jack Alfie Archie George Stan Len Joyce Sandra Debbie Jackie Paul"
        ),
        _split(
            "Barrow Tilley Sutton Chapman Webb Marsh Fenn Cooper Harding Pratt Lamb Dawes Hollis Perkins "
            "Frost Bishop Goodwin Larkin Mercer Parrish Ridley Skeels Tanner Wick Yarrow Kemp Munday "
            "Ablett Crouch Dyer Eley Gowing Hobbs Ives Jolly Knott"
        ),
        {},
    ),
    Community(
        15,
        _split(
            "Folake Ngozi Chioma Adaeze Yetunde Bukola Ifeoma Amaka Abena Akosua Efua Adwoa Grace Blessing "
            "Patience Comfort Mercy Esther Chidi Emeka Tunde Segun Kunle Femi Obinna Kwame Kofi Kwesi "
            "Yaw Emmanuel Samuel Daniel Michael Joseph Toyin Sade"
        ),
        _split(
            "Adeyemi Okafor Balogun Eze Nwosu Ogunleye Adebayo Okoro Bello Lawal Owusu Mensah Boateng "
            "Asante Appiah Osei Acheampong Danquah Akintola Uche Obi Fashola Onyeka Abiola Agyeman"
        ),
        {"yo": 20, "fr": 3},
    ),
    Community(
        11,
        _split(
            "Halima Shirin Nasrin Rehana Farida Rukhsana Taslima Ayesha Sumaiya Nadia Mim Sadia Jannat "
            "Abdul Kamal Jahangir Rafiq Shafiq Mizan Faruk Habib Tareq Imran Nayeem Sohel Rashid Joynal"
        ),
        _split(
            "Begum Khatun Akter Rahman Miah Uddin Hossain Islam Ali Chowdhury Ahmed Haque Sultana Karim "
            "Talukder Sarkar Choudhury Alam"
        ),
        {"bn": 72},
    ),
    Community(
        9,
        _split(
            "Amina Saima Nazia Rubina Shazia Fozia Samina Zainab Hina Maryam Iqra Bushra Bilal Usman Tariq "
            "Khalid Nadeem Asif Hamza Waqas Faisal Adnan Zubair Shahid Mohsin Omar Haroon"
        ),
        _split(
            "Khan Hussain Malik Iqbal Butt Mirza Qureshi Sheikh Akhtar Bibi Mahmood Raja Dar Siddiqui "
            "Chaudhry Javed Saleem Anwar"
        ),
        {"ur": 70, "pa": 6},
    ),
    Community(
        6,
        _split(
            "Harpreet Jaswinder Kulwinder Manjit Simran Gurpreet Navdeep Parminder Balwinder Jasmine "
            "Amrit Gurdeep Hardeep Sukhdev Baldev Ranjit Kuldeep Mandeep Ravi Arjun Priya Sunita Meena Anil"
        ),
        _split(
            "Kaur Singh Gill Sandhu Dhillon Sidhu Grewal Bains Sharma Patel Joshi Virdee Bhogal Mann"
        ),
        {"pa": 62},
    ),
    Community(
        7,
        _split(
            "Elena Ioana Mihaela Alina Cristina Andreea Gabriela Simona Raluca Ilinca Maria Doina "
            "Florin Mihai Ionut Bogdan Radu Vasile Gheorghe Cosmin Sorin Marius Adrian Lucian"
        ),
        _split(
            "Popescu Ionescu Munteanu Stan Dumitru Radu Marin Stoica Rusu Lupu Ciobanu Moldovan Florea "
            "Nistor Pavel Enache Toma Dobre"
        ),
        {"ro": 90},
    ),
    Community(
        4,
        _split(
            "Rasa Jurga Daiva Egle Vilma Asta Ruta Inga Lina Aiste Tomas Darius Mantas Andrius Vytas "
            "Saulius Gintaras Lukas Rokas Paulius"
        ),
        _split(
            "Kazlauskas Petraitis Jankauskas Stankus Butkus Paulauskas Urbonas Navickas Zukauskas "
            "Rimkus Balciunas Grigas"
        ),
        {"lt": 88},
    ),
    Community(
        4,
        _split(
            "Ardita Blerta Drita Elira Flutura Lindita Mimoza Teuta Valbona Arben Besnik Dritan Fatos "
            "Gezim Ilir Kujtim Luan Skender Artan Ermal"
        ),
        _split(
            "Hoxha Gjoka Leka Krasniqi Berisha Shehu Dervishi Marku Prifti Kola Basha Rama Dema Zeka"
        ),
        {"sq": 85},
    ),
    Community(
        3,
        _split(
            "Agnieszka Kasia Magda Beata Ewa Dorota Iwona Zofia Marek Piotr Tomasz Andrzej Krzysztof "
            "Wojtek Pawel Jacek"
        ),
        _split(
            "Nowak Kowalska Wisniewski Lis Mazur Zielinska Krol Wrona Dudek Pawlak Sikora Bartosz"
        ),
        {"pl": 88},
    ),
    Community(
        3,
        _split(
            "Ana Catarina Rosa Fatima Lurdes Beatriz Joana Paula Rui Nuno Joao Carlos Luis Pedro "
            "Tiago Antonio Manuel Vera"
        ),
        _split(
            "Silva Santos Ferreira Pereira Costa Oliveira Rodrigues Martins Sousa Lopes Gomes Tavares"
        ),
        {"pt": 85},
    ),
    Community(
        2,
        _split(
            "Layla Hanan Samira Rania Nour Huda Salma Dalia Yusuf Hassan Mustafa Karim Omar Sami "
            "Walid Nabil Ziad Idris"
        ),
        _split("Haddad Mansour Saleh Nasser Aziz Khoury Hamdan Farouk Bakri Said Osman Jaber"),
        {"ar": 85},
    ),
    Community(
        2,
        _split(
            "Sharon Marcia Beverley Yvonne Claudette Winston Delroy Errol Leroy Devon Tia Jayden Shanice"
        ),
        _split("Campbell Grant Francis Reid Clarke Gordon Bailey Morgan Lewis Brown Dacosta Pryce"),
        {},
    ),
]

FIRSTS = sorted({name for community in COMMUNITIES for name in community.first})

SHARES = [
    "walking dogs",
    "lifts to the hospital on weekdays",
    "a drill, a ladder and a steady hand",
    "help with letters and forms",
    "reading with children",
    "an hour of conversation in English",
    "cooking for more people than I need to",
    "mending zips and hems",
    "sitting with someone while you pop out",
    "showing you how the phone works",
    "cuttings from the garden",
    "fixing bikes",
    "cutting hair at home",
    "a big pan and two trestle tables",
    "my Saturday mornings and a strong back",
    "a listening ear, mornings best",
    "maths up to GCSE",
    "teaching you to knit",
    "spare plants in spring",
    "picking up prescriptions",
]
LIKES = [
    "someone to walk with",
    "to practise English",
    "a cup of tea with people my own age",
    "to learn to sew",
    "to play dominoes again",
    "somewhere to take the children on Sundays",
    "to know my neighbours",
    "to grow vegetables with somebody who knows how",
    "a choir that doesn't mind beginners",
    "to cook with others",
    "a lift to the eye clinic now and then",
    "to hear some Lithuanian spoken",
    "a quiet group, not too many people",
    "five-a-side, slow version",
    "to help out, an hour a week",
    "company on Sunday afternoons",
]
ABOUTS = [
    "Born on the Becontree estate, never got further than Chadwell Heath.",
    "Two children, one cat, no spare time and always a spare cup.",
    "I drive nights, so I'm the one awake when you aren't.",
    "Retired dinner lady. I know half the borough by what they wouldn't eat.",
    "New here. I like football, plants and people who say good morning.",
    "I look after my mum. We like visitors.",
    "Worked at Ford till it closed. Now I mend things for nothing.",
    "Carer, gardener, terrible singer.",
    "I came for one year and that was eleven years ago.",
    "Mum of three, studying to be a nurse.",
    "I keep chickens, politely.",
    "On my own since last spring and finding my feet.",
    "Teacher at a primary school. Weekends are for cake.",
    "I use a wheelchair and I know every kerb between here and the station.",
    "Grandad of six. Can do balloon animals.",
    "Chef by day. Also chef by evening, at home.",
]
ACCESS = [
    "No steps, please.",
    "I hear better face to face.",
    "Big print helps.",
    "I need to sit down now and then.",
    "Please speak slowly, my English is growing.",
    "A quiet corner if it gets loud.",
    "I bring my assistance dog.",
    "Somewhere to change a baby.",
]


class Namer:
    """Gives names out; the same `rng` gives the same people."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.pack = [c for c in COMMUNITIES for _turn in range(c.share)]

    def person(self) -> tuple[str, str, str]:
        """Return (known as, full name, language spoken at home or "en-gb")."""
        rnd = self.rng.random
        community = self.pack[int(rnd() * len(self.pack))]
        first = community.first[int(rnd() * len(community.first))]
        last = community.last[int(rnd() * len(community.last))]
        throw = rnd() * 100
        language = "en-gb"
        for code, share in community.speaks.items():
            if throw < share:
                language = code
                break
            throw -= share
        how = rnd()
        known = first if how < 0.12 else f"{first} {last[0]}" if how < 0.4 else f"{first} {last}"
        return known, f"{first} {last}", language
