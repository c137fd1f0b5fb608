"""Vulkan: devices, drivers, shaders and a rendering probe."""
