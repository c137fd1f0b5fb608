"""Privileged oracles of ManiSkill's own tasks: they read the state of the simulator and yield actions."""
