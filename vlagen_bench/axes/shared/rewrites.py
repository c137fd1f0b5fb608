"""Templates of instructions by level, each further from "put the apple on the plate".

Every sentence asks for one thing, which {source} and {target} name, is true whatever these are, and says nothing of
robots. {source} is what follows "the": a name, or an expression such as "yellow object". Verbs beside it have one form
for one thing and for several ("should", "would"), and no pronoun stands for it, so that any name fits.
"""

REWRITES: tuple[tuple[str, ...], ...] = (
    # 1: another verb, or another preposition.
    (
        "place the {source} on the {target}",
        "set the {source} on the {target}",
        "lay the {source} on the {target}",
        "put the {source} onto the {target}",
        "move the {source} onto the {target}",
        "set down the {source} on the {target}",
        "position the {source} on the {target}",
        "put the {source} on top of the {target}",
        "transfer the {source} onto the {target}",
        "put that {source} on that {target}",
    ),
    # 2: another order, or politeness.
    (
        "on the {target}, please put the {source}",
        "could you please place the {source} onto the {target}",
        "onto the {target}, kindly move the {source}",
        "would you kindly set the {source} on the {target}",
        "from the table to the {target}, please move the {source}",
        "would you be so kind as to put the {source} on the {target}",
        "I would like the {source} placed on the {target}, please",
        "the {source}, please, onto the {target}",
        "can you please move the {source} over to the {target}",
        "on top of the {target}, place the {source}",
    ),
    # 3: longer, the roles swapped round.
    (
        "on the {target} is where I want the {source}",
        "the {target} is where the {source} should go",
        "the {target} should end up with the {source} on top of it",
        "I want to see the {source} resting on top of the {target}",
        "make sure that the {target} has the {source} on it",
        "what belongs on the {target}, as far as I know, is the {source}",
        "it is the {target} that the {source} should be resting on",
        "please see to the {source} ending up on the {target}",
        "once you are done, the {target} should be carrying the {source}",
        "I would like to have the {source} on top of the {target}",
    ),
    # 4: colloquial and indirect.
    (
        "the {source} would look better on the {target}, could you sort that out",
        "that {target} looks a bit bare to me, how about you get that {source} onto it",
        "I'd be so much happier with that {target} if you could get that {source} up there for me",
        "mind doing me a little favour? that {target} could really do with the {source} on top",
        "you know what would be really great right now? that {target} with that {source} sitting on it",
        "hey there, any chance of getting that {source} over onto that {target} for me",
        "wouldn't it be so much nicer to have that {source} over on that {target}? go ahead then",
        "I was kind of hoping that when I come back that {target} has got the {source} on it",
        "somebody really ought to stick that {source} on that {target}, and that somebody is you",
        "ok so that {source} really shouldn't be lying around like this, that {target} is the right spot",
    ),
    # 5: a little story with the task in it.
    (
        "We are tidying up before the guests arrive. Things have been left lying about everywhere. What belongs on "
        "the {target} is the {source}, so that is the one thing left for you to do.",
        "I am about to take a photograph for a catalogue. In the picture, people should see the {target} with the "
        "{source} resting on it. Please arrange that and touch nothing else.",
        "My hands are full at the moment, so I need your help with something small. Have a look at the table, find the "
        "{source}, and see to a safe landing on the {target}.",
        "Yesterday everything had its proper place here, and someone has mixed it all up. Back then the {target} used "
        "to hold the {source}. I would love to see it like that again.",
        "Imagine you are laying the table for a customer who is very particular. He asked for just one thing: to be "
        "handed the {target} with the {source} on it. Get it ready for him.",
        "This is a quick test of how well you listen. There are a few things in front of you. Only one of them, the "
        "{source}, has to be moved, and the journey ends on top of the {target}.",
        "I have to leave in a minute and cannot do this myself any more. When I return, my wish is to see the "
        "{source} on the {target}, no longer on the table itself.",
        "The cleaner is coming soon and wants to wipe the table. For that, nothing may be in the way, so would you "
        "lift the {source} to a safe place on the {target}?",
        "Let us play a game in which the {target} is an island and the table is the sea. The {source} must have "
        "fallen into the water and cannot swim. Bring about a rescue: back onto dry land.",
        "Our little exhibition opens at noon, and one exhibit is still missing from its stand. The stand is the "
        "{target}; the exhibit is the {source}. Finish the display before the doors open.",
    ),
)
"""by level, from 1: the share of words that differ from the plain sentence grows from each to the next"""
