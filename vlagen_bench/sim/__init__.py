"""Where is the simulator? Here: the only package that knows SAPIEN and ManiSkill."""
