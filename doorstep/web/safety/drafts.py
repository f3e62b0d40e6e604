"""Our own draft of the safety records: what holds until somebody here has reviewed it.

The kinds of priority illegal content are those of Ofcom's guidance under the Online Safety Act 2023
(seventeen kinds). Levels are our judgement of a small, local, moderated place without private
messages; the people who run it here must read each, change what is not so, and sign it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.feed.models import Rule
from doorstep.web.safety.models import Level, Record

LOW, MEDIUM, HIGH = Level.LOW, Level.MEDIUM, Level.HIGH


@dataclass(frozen=True)
class Draft:
    """One entry: its name, levels, reasons, measures, and the rules whose flags speak of it."""

    record: str
    key: str
    title: Any
    likely: str
    harm: str
    why: str
    measures: str
    left: str
    owner: str = "Moderators"
    rules: Sequence[str] = ()


_NO_MESSAGES = (
    "There are no private messages, no groups that nobody runs and no live video of ours."
)
_MODERATED = (
    "Anybody can flag anything, also without an account. Moderators see the gravest first, keep a "
    "copy of how it stood, decide with a reason, and either side may ask once more."
)


def _illegal(
    key: str, title: Any, likely: str, harm: str, why: str, measures: str, left: str, *rules: str
) -> Draft:
    return Draft(
        Record.ILLEGAL, key, title, likely, harm, why, f"{measures} {_MODERATED}", left, rules=rules
    )


DRAFTS: list[Draft] = [
    _illegal(
        "terrorism", _("Terrorism"), LOW, HIGH,
        "A local place with named neighbours and no wide reach. A post could still praise a group "
        "or pass its material on.",
        "Hate is a rule of its own. Links show where they lead. What is flagged as against the law "
        "is looked at first; police are told (999, or the anti-terrorist hotline 0800 789 321).",
        LOW, Rule.HATE, Rule.ILLEGAL,
    ),
    _illegal(
        "child-abuse-images", _("Pictures of child abuse"), LOW, HIGH,
        "Photos can be posted, so it could happen. Every photo is tied to an account and stands "
        "where neighbours see it. " + _NO_MESSAGES,
        "Photos are never copied out to look at. The post comes down at once, nobody shares it on, "
        "the Internet Watch Foundation and the police are told. We do not match photos against "
        "lists of known pictures: look at this again when the borough grows.",
        MEDIUM, Rule.SEXUAL, Rule.ILLEGAL,
    ),
    _illegal(
        "grooming", _("Grooming of children"), LOW, HIGH,
        "Children from 13 may have an account. Teams and gatherings bring ages together, and that "
        "is where trust is won.",
        "A child's page is private. Children write in their teams alone. No grown-up they don't "
        "know can reply to them, thank, mention or greet them, or talk to them in a live room; "
        "the notices themselves refuse. A team takes a child only when two grown-ups answer for "
        "it. A greeter is never given a child's number. A worry about harm goes to the "
        "safeguarding leads from every page.",
        LOW, Rule.SAFETY, Rule.SEXUAL, Rule.UNSAFE_OFFER,
    ),
    _illegal(
        "hate", _("Hate towards people for who they are"), MEDIUM, HIGH,
        "Neighbours argue, and news from elsewhere comes in. It is among what small boards like "
        "this see most.",
        "A first rule. The writer is asked once before a sharp reply goes out. There is no ranking "
        "that lifts what angers people. A block hides both ways.",
        LOW, Rule.HATE,
    ),
    _illegal(
        "harassment", _("Harassment, stalking, threats and abuse"), MEDIUM, HIGH,
        "People here know where others live. A quarrel next door can come inside.",
        "A block hides both ways everywhere and is never shown. Pages say as much as their owner "
        "chooses; numbers and addresses are never on them. Who comes to a gathering is shown to "
        "those who come.",
        MEDIUM, Rule.HARASSMENT, Rule.PRIVATE,
    ),
    _illegal(
        "coercion", _("Controlling or coercive behaviour"), LOW, HIGH,
        "Somebody may watch a partner's account, or use another to look for them.",
        "Safe-contact rules bind every channel. Every signed-in place can be seen and ended. "
        "Notices say nothing on a locked screen. There is a way to leave a page quickly.",
        MEDIUM, Rule.SAFETY, Rule.HARASSMENT,
    ),
    _illegal(
        "intimate-images", _("Sharing intimate pictures without a yes"), LOW, HIGH,
        "Photos can be posted to where people who know the person will see them.",
        "Photos need words that say what they show. They come down first and are argued about "
        "after.",
        LOW, Rule.SEXUAL, Rule.PRIVATE,
    ),
    _illegal(
        "extreme-pornography", _("Extreme pornography"), LOW, MEDIUM,
        "Not what anybody comes here for; photos stand under a name and beside neighbours.",
        "Sexual pictures of any kind break the rules.", LOW, Rule.SEXUAL,
    ),
    _illegal(
        "sexual-exploitation", _("Sexual exploitation of adults"), LOW, HIGH,
        "An offer of help or a room could be bait.",
        "Offers that aren't safe are a rule of their own; help that needs a check is never "
        "arranged without one.",
        LOW, Rule.SEXUAL, Rule.UNSAFE_OFFER,
    ),
    _illegal(
        "trafficking", _("Human trafficking, modern slavery"), LOW, HIGH,
        "Offers of work or a room to people with few choices.",
        "Selling and hiring are not what this is for. The Modern Slavery Helpline (0800 0121 700) "
        "is told.",
        LOW, Rule.UNSAFE_OFFER, Rule.ILLEGAL,
    ),
    _illegal(
        "immigration", _("Unlawful immigration"), LOW, MEDIUM,
        "Offers of passages or papers; seen on large networks, hardly on local ones.",
        "Looked at as something against the law.", LOW, Rule.ILLEGAL,
    ),
    _illegal(
        "fraud", _("Fraud and scams"), MEDIUM, MEDIUM,
        "Lonely and older neighbours are who scams look for, and trust is what this place is made "
        "of.",
        "Asks for money, codes or cards break the rules; the writer is asked once before posting, "
        "and what looks like a scam is looked at early. Nobody from here ever asks for a code or "
        "a card. Report Fraud (0300 123 2040) is named.",
        MEDIUM, Rule.SCAM, Rule.IMPERSONATION,
    ),
    _illegal(
        "proceeds", _("Proceeds of crime"), LOW, MEDIUM,
        "Quick money for lending a bank account is offered to young people.",
        "Asks for money and selling break the rules.", LOW, Rule.SCAM, Rule.SELLING,
    ),
    _illegal(
        "drugs", _("Drugs and psychoactive substances"), LOW, MEDIUM,
        "Could be offered in hints. Everything stands under an account and before neighbours.",
        "Something against the law; looked at first.", LOW, Rule.ILLEGAL,
    ),
    _illegal(
        "weapons", _("Guns, knives and other weapons"), LOW, HIGH,
        "Selling and giving away tools is part of neighbourhood life; a knife could be among them.",
        "Something against the law; looked at first.", LOW, Rule.ILLEGAL,
    ),
    _illegal(
        "suicide", _("Encouraging suicide or serious self-harm"), LOW, HIGH,
        "People in despair write here. Encouraging them is rare; finding no answer is the greater "
        "risk.",
        "A worry that somebody may be hurt is told to every moderator at once. Samaritans and 999 "
        "stand on each such page, and words that speak of it bring them up before posting.",
        LOW, Rule.SAFETY, Rule.HEALTH,
    ),
    _illegal(
        "foreign-interference", _("Foreign interference"), LOW, MEDIUM,
        "A borough's talk before an election could be worth somebody's while.",
        "Asking for votes breaks the rules; nothing is ranked, so nothing can be pushed; false "
        "alarms are a rule of their own.",
        LOW, Rule.CAMPAIGNING, Rule.FALSE_ALARM, Rule.IMPERSONATION,
    ),
    Draft(
        Record.CHILDREN, "can-children-come", _("Can children come in?"), HIGH, MEDIUM,
        "Yes. Anybody can read what is for everyone. From 13 a person may have an account; under "
        "13 they are asked to bring a grown-up. Ages are told, not proved.",
        "We ask everybody's date of birth when they join, and keep to it: it can't be made older "
        "afterwards.", MEDIUM, owner="Administrator",
    ),
    Draft(
        Record.CHILDREN, "do-children-come", _("Do many children come?"), MEDIUM, LOW,
        "A place for all ages, with family gatherings and teams. We take it that enough children "
        "come for the duties about children to hold.",
        "The number of accounts under 18 is counted each quarter, never shown where it is under "
        "five.", LOW, owner="Administrator",
    ),
    Draft(
        Record.CHILDREN, "unknown-adults", _("Grown-ups a child doesn't know"), LOW, HIGH,
        "The gravest of what could happen to a child here.",
        "See grooming: private page, teams alone, no direct word from grown-ups they don't know, "
        "two grown-ups to a team, no number to ring.", LOW, rules=(Rule.SAFETY,),
    ),
    Draft(
        Record.CHILDREN, "harmful-content", _("What children could read"), MEDIUM, MEDIUM,
        "Posts about despair, dieting, violence or drink may stand among the others.",
        "Nothing is ranked or recommended. Words that speak of harm bring help up before posting. "
        "The rules are for all ages.", LOW, rules=(Rule.HEALTH, Rule.SEXUAL, Rule.SAFETY),
    ),
    Draft(
        Record.CHILDREN, "habits", _("Being drawn in"), LOW, LOW,
        "Places that never end keep children up.",
        "The feed ends. There are no streaks, no counts to chase and no notices at night for what "
        "can wait.", LOW, owner="Administrator",
    ),
    Draft(
        Record.MEASURES, "accountable", _("One named person answers for safety"), LOW, MEDIUM,
        "The law asks for a senior person by name.",
        "An administrator writes the name here when this page is first reviewed.", LOW,
        owner="Administrator",
    ),
    Draft(
        Record.MEASURES, "moderation", _("Looking at what is flagged"), LOW, MEDIUM,
        "A queue nobody looks at is worse than none.",
        "The gravest first; urgent ones are told to every moderator at once; hours to a decision "
        "are counted below. Moderators take a second step to sign in.", LOW,
    ),
    Draft(
        Record.MEASURES, "complaints", _("Complaints and second looks"), LOW, MEDIUM,
        "Whoever is wronged by a decision must be heard.",
        "One appeal, to a different moderator; complaints about us by form, phone or letter, "
        "answered within 14 days.", LOW,
    ),
    Draft(
        Record.MEASURES, "rules", _("Rules that people can read"), LOW, LOW,
        "The law asks for terms that are clear.",
        "The rules stand in plain words, linked from every page, and everybody says yes to five "
        "of them when they join.", LOW, owner="Administrator",
    ),
    Draft(
        Record.MEASURES, "records", _("Keeping the record"), LOW, LOW,
        "The law asks that assessments are written down and kept true.",
        "Every review of these pages is kept, with who and when; each has a day by which it is "
        "looked at again; decisions can be taken out as a file.", LOW, owner="Administrator",
    ),
]  # fmt: skip
