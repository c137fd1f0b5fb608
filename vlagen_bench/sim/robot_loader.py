"""The robot of a SAPIEN world: loaded from its URDF, with the drives, friction and materials of its spec."""

import sapien
from sapien import physx, render

from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.sim.robot_files import urdf_path


def load_robot(
    scene: sapien.Scene, spec: RobotSpec, pack: str, base: sapien.Pose, *, drawn: bool
) -> physx.PhysxArticulation:
    """Loads a robot into a scene, its base at `base`."""
    loader = scene.create_urdf_loader()
    loader.fix_root_link = True
    if spec.finger_friction is not None:
        for link in spec.finger_links:
            loader.set_link_material(link, spec.finger_friction, spec.finger_friction, 0.0)
            loader.set_link_patch_radius(link, 0.1)
            loader.set_link_min_patch_radius(link, 0.1)
    (builder,), _, _ = loader.parse(str(urdf_path(spec, pack)))
    if not drawn:  # a scene without a renderer refuses visual shapes
        for link in builder.link_builders:
            link.visual_records.clear()
    robot = builder.build()
    robot.set_pose(base)
    _paint(robot, spec)
    joints = {joint.name: joint for joint in robot.active_joints}
    for name, stiffness, damping, limit in zip(
        spec.arm_joints, spec.stiffness, spec.damping, spec.force_limit, strict=True
    ):
        joints[name].set_drive_properties(stiffness, damping, force_limit=limit, mode="force")
        joints[name].set_friction(0.0)
    for name in spec.gripper_joints:
        joints[name].set_drive_properties(
            spec.gripper_stiffness, spec.gripper_damping, force_limit=spec.gripper_force_limit, mode="force"
        )
        joints[name].set_friction(0.0)
    return robot


def _paint(robot: physx.PhysxArticulation, spec: RobotSpec) -> None:
    """Gravity off, as ManiSkill balances passive forces; visual material as the scene wants it."""
    for link in robot.links:
        link.disable_gravity = True
        body = link.entity.find_component_by_type(render.RenderBodyComponent)
        if body is None or spec.specular_roughness is None:
            continue
        for shape in body.render_shapes:
            for part in shape.parts:
                part.material.specular, part.material.roughness = spec.specular_roughness
