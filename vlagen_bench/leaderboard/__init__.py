"""How does a run become an entry that others can trust? Packed by its maker, unpacked and re-simulated by one who doubts it."""
