"""How are episodes played on many machines? Environments and policy replicas are actors of Ray; a troupe directs them.

An environment plays a whole episode and asks its policy replica directly, so pictures never pass through the driver: it
hands out episodes, and gets records. Only modules in here import Ray.
"""
