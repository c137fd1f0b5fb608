"""The family "pick up": lift the source and hold it for a moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.tasks.base import TaskFamily, family
from vlagen_bench.tasks.judge import MOVED_M, Contacts, EventHistory, Judge, Status, World

HARDLY = 1e-6
"""of a control step: what sums of shares of steps may lose"""


@dataclass(frozen=True, kw_only=True)
class PickUpRule:
    """When the source counts as picked up: both fingers hold it this high, for so long without a break."""

    rise_m: float = 0.10
    """of the source's origin over where it rested on the table when the episode began"""
    hold_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PickUpHistory(EventHistory):
    """What has happened so far."""

    lifted_once: bool = False
    """high enough in the fingers, at any step"""
    wrong_object_lifted: bool = False


@dataclass(frozen=True, kw_only=True)
class PickUpStatus(PickUpHistory, Status):
    """What is true after one control step, and what was before."""

    lifted: bool
    """held by both fingers, and high enough"""
    rise_m: float
    """of the source's origin over where it rested"""
    held_s: float
    """for how long it has been lifted without a break"""


@dataclass(kw_only=True)
class PickUpJudge(Judge):
    """Looks at the source's height and at what the fingers hold; changes nothing."""

    rule: PickUpRule
    past: PickUpHistory = field(default_factory=PickUpHistory)
    held_steps: float | None = None
    """nominal control steps between the first of those in a row that ended with the source lifted and the last; None: it is not
    lifted. The step that lifts it does not count, since it was lifted during a part of it only."""

    def status(self, contacts: Contacts, tool_m: np.ndarray, common: Mapping[str, Any]) -> PickUpStatus:
        control_hz = self.world.spec.control_hz
        lifted, held_steps = self._lifted(contacts), self.held_steps or 0.0
        return PickUpStatus(
            **common,
            success=lifted and held_steps >= self.rule.hold_s * control_hz - HARDLY,
            lifted=lifted,
            rise_m=self.rise_m("source"),
            held_s=held_steps / control_hz,
        )

    def watch(self, lasted: float) -> None:
        if not self._lifted(Contacts(self.world)):
            self.held_steps = None
        else:
            self.held_steps = 0.0 if self.held_steps is None else self.held_steps + lasted

    def own_events(self, now: PickUpStatus) -> dict[str, Any]:
        wrong = now.wrong_object_lifted or any(self.rise_m(body.role) > MOVED_M for body in self.others)
        return {"lifted_once": now.lifted_once or now.lifted, "wrong_object_lifted": wrong}

    def failure_mode(self, status: PickUpStatus) -> str:
        """The first that applies, nearest to success first."""
        if status.grasped_now:
            return "not_held_long_enough" if status.lifted_once else "lifted_too_low"
        if status.lifted_once:
            return "lifted_then_lost"
        if status.grasped:
            return "dropped"
        if status.wrong_object_lifted:
            return "wrong_object_lifted"
        if status.wrong_object_moved:
            return "wrong_object_moved"
        return "reached_not_grasped" if status.reached else "never_reached"

    def _lifted(self, contacts: Contacts) -> bool:
        return self.rise_m("source") >= self.rule.rise_m and contacts.grasped(self.source)


REWRITES: tuple[tuple[str, ...], ...] = (
    # 1: another verb.
    (
        "lift the {source}",
        "take the {source}",
        "grab the {source}",
        "raise the {source}",
        "lift up the {source}",
        "take up the {source}",
        "hold up the {source}",
        "grasp and lift the {source}",
        "pick that {source} up",
        "lift the {source} up",
    ),
    # 2: politeness, or a longer form.
    (
        "could you please lift the {source}",
        "the {source}, please, up from the table",
        "would you kindly take the {source} off the table",
        "please lift the {source} clear of the table",
        "I would like the {source} lifted, please",
        "would you be so kind as to raise the {source}",
        "kindly take hold of the {source} and lift it",
        "can you please get the {source} off the table",
        "please grab the {source} and hold it up",
        "up with the {source}, please",
    ),
    # 3: longer, and told by what should be so in the end.
    (
        "I want to see the {source} in the air above the table",
        "the {source} should end up well above the table",
        "make sure that the {source} is no longer touching the table",
        "once you are done, the {source} should be held above the table",
        "what should leave the table, as far as I know, is the {source}",
        "it is the {source} that should be held up in the air",
        "please see to it that nothing but air is under the {source}",
        "I would like to have the {source} held well clear of the table",
        "the place for the {source} is up in the air, not on the table",
        "there should be a hand's breadth of air below the {source}",
    ),
    # 4: colloquial and indirect.
    (
        "that {source} has been lying on the table for long enough, could you do something about it",
        "mind doing me a little favour? I need that {source} off the table for a moment",
        "you know what would be really great right now? that {source} up in the air",
        "hey there, any chance of getting that {source} up off the table for me",
        "I'd be so much happier if that {source} weren't down there on the table any more",
        "somebody really ought to get that {source} up from there, and that somebody is you",
        "wouldn't it be nice to see that {source} from below for once? go ahead then",
        "I was kind of hoping that you could hold that {source} up so that I can see it",
        "ok so that {source} really shouldn't be touching the table right now, up it goes",
        "the table could do without that {source} for a bit, could you sort that out",
    ),
    # 5: a little story with the task in it.
    (
        "The cleaner is coming soon and wants to wipe the table. Nothing may be in the way for that. Only the {source} is "
        "left, so hold it up until the cloth has passed.",
        "My hands are full at the moment, so I need your help with something small. Have a look at the table, find the "
        "{source}, and keep it in the air until I say so.",
        "I am about to take a photograph for a catalogue, from a low angle. In the picture, people should see the {source} "
        "well above the table. Please arrange that and touch nothing else.",
        "We are playing a game in which the table is hot lava. Everything that stays down there melts. What can still be "
        "saved is the {source}, and the rescue is up to you.",
        "At an auction, the next lot is held up so that everybody in the room can see it. You are the assistant today, and "
        "the next lot is the {source}.",
        "This is a quick test of how well you listen. There may be a few things in front of you. Only one of them, the "
        "{source}, has to lose its contact with the table.",
        "Somebody has asked me how heavy the {source} is, and the only scales that we have are your own arm. Weigh it for "
        "me, well above the table, and wait a moment for the reading.",
        "I have lost a small key, and I think that it lies below the {source}. I cannot reach that far. Would you make it "
        "possible for me to look at the table underneath?",
        "Imagine that you are a crane on a building site, and the table is the ground. The foreman has signalled that the "
        "load, the {source}, is ready to leave it.",
        "The teacher wants every child in the class to see what is being talked about. Today that is the {source}. Show it "
        "to them, high enough for the last row.",
    ),
)
"""by level, from 1: each further from "pick up the apple" than the one before. No pronoun but "it" stands for the source"""


@family
class PickUp(TaskFamily):
    """Pick the source up and hold it."""

    name: ClassVar = "pick_up"
    about: ClassVar = "pick the source up and hold it"
    roles: ClassVar = {"source": "object"}
    rewrites: ClassVar = REWRITES
    failure_modes: ClassVar = {
        "never_reached": "the gripper never came near the object",
        "reached_not_grasped": "it came near, and never held the object",
        "wrong_object_moved": "another object was moved instead",
        "wrong_object_lifted": "another object was lifted instead",
        "dropped": "the object was grasped, and lost on the way",
        "lifted_too_low": "time ran out with the object held too low",
        "lifted_then_lost": "the object was high enough, and lost again",
        "not_held_long_enough": "the object was high enough, but not for long enough",
    }
    stages: ClassVar = {
        "reached": "the gripper came to the object",
        "grasped": "both fingers held the object",
        "raised": "they raised it from the table",
        "lifted_once": "they held it high enough",
    }
    rule: ClassVar = PickUpRule
    expert: ClassVar = "vlagen_bench.policies.expert.pick_up:PickUpRoutine"

    @classmethod
    def judge(cls, world: World, rule: PickUpRule) -> PickUpJudge:
        return PickUpJudge(world=world, rule=rule, asked=tuple(cls.roles))
