"""The verbs about the line between a robot and its policy: the timing of actions and observations, and noise on actions."""

from dataclasses import dataclass, field, replace

from vlagen_bench.sim.channel import Channel


@dataclass(kw_only=True)
class LineVerbs:
    """The line of one episode."""

    line: Channel = field(default_factory=Channel)

    def shake_actions(self, noise_m: float, noise_rad: float, seed: int) -> None:
        self.line = replace(self.line, noise_m=noise_m, noise_rad=noise_rad, noise_seed=seed)

    def delay_actions(self, steps: int) -> None:
        self.line = replace(self.line, action_delay=steps)

    def delay_observations(self, steps: int) -> None:
        self.line = replace(self.line, observation_delay=steps)

    def drop_frames(self, share: float, seed: int) -> None:
        self.line = replace(self.line, loss=share, loss_seed=seed)

    def jitter_rate(self, share: float, seed: int) -> None:
        self.line = replace(self.line, jitter=share, jitter_seed=seed)
