"""The simulator: the only package that knows SAPIEN and ManiSkill."""
