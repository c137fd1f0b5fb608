"""The class that is put before a task's own, so that axes reach what the task has made, and nothing where none is asked for."""

from collections.abc import Callable
from typing import Any, Protocol


class Perturbation(Protocol):
    """What happens to one episode, at the moments at which a task can be reached."""

    def size(self, env: Any) -> None: ...

    def load(self, env: Any) -> None: ...

    def light(self, env: Any) -> bool: ...

    def aim(self, env: Any) -> None: ...

    def begin(self, env: Any) -> None: ...

    def control_step(self, env: Any) -> None: ...

    def shown(self, env: Any, sensor_data: dict[str, Any]) -> dict[str, Any]: ...

    def act(self, env: Any, act: Callable[[Any], Any], action: Any) -> Any: ...


class Hooks:
    """The hooks. `vlagen` is the episode's perturbation; None: the task is left alone, bit for bit."""

    vlagen: Perturbation | None = None
    vlagen_device: str | None = None
    """the device that draws, as SAPIEN names it; None: the one of `render_backend`"""

    vlagen_meshes: float | None = None
    """the share of their faces that the robots' visual meshes keep; None: they are the robots' own"""

    def _setup_scene(self) -> None:
        if self.vlagen_device is not None:
            import sapien

            self._render_device = sapien.Device(self.vlagen_device)
        super()._setup_scene()  # type: ignore[misc]

    def _load_agent(self, options: dict[str, Any], *arguments: Any, **more: Any) -> None:
        if self.vlagen_meshes is None:
            super()._load_agent(options, *arguments, **more)  # type: ignore[misc]
            return
        from vlagen_bench.sim.maniskill.any_task.meshes import decimated

        with decimated(self.scene, self.vlagen_meshes):  # type: ignore[attr-defined]
            super()._load_agent(options, *arguments, **more)  # type: ignore[misc]

    def _load_scene(self, options: dict[str, Any]) -> None:
        if self.vlagen is not None:
            self.vlagen.size(self)
        super()._load_scene(options)  # type: ignore[misc]
        if self.vlagen is not None:
            self.vlagen.load(self)

    def _load_lighting(self, options: dict[str, Any]) -> None:
        if self.vlagen is None or not self.vlagen.light(self):
            super()._load_lighting(options)  # type: ignore[misc]

    def _setup_sensors(self, options: dict[str, Any]) -> None:
        super()._setup_sensors(options)  # type: ignore[misc]
        if self.vlagen is not None:
            self.vlagen.aim(self)

    def _initialize_episode(self, env_idx: Any, options: dict[str, Any]) -> None:
        super()._initialize_episode(env_idx, options)  # type: ignore[misc]
        if self.vlagen is not None:
            self.vlagen.begin(self)

    def _after_control_step(self) -> None:
        super()._after_control_step()  # type: ignore[misc]
        if self.vlagen is not None:
            self.vlagen.control_step(self)

    def _get_obs_sensor_data(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        seen: dict[str, Any] = super()._get_obs_sensor_data(*arguments, **more)  # type: ignore[misc]
        return seen if self.vlagen is None else self.vlagen.shown(self, seen)

    def step(self, action: Any) -> Any:
        act = super().step  # type: ignore[misc]
        return act(action) if self.vlagen is None else self.vlagen.act(self, act, action)
