"""Execution on a Ray cluster: environments and policy replicas are actors, which one driver directs.

An environment plays a whole episode and asks its policy replica directly, so pictures never pass through the driver: it
hands out episodes, and gets records. Only modules in here import Ray.
"""
