"""vlagen_bench: what breaks when a robot policy leaves the world it was trained in?

Importing registers the Gymnasium environments `VLAGen/<Task>-<Condition>-v<N>`; it loads no simulator.
"""

from vlagen_bench import ids

__version__ = "0.1.0"

ids.register()
