"""How is the asset pack `household` made? (`python -m vlagen_bench.packs.household.build OUT` writes it.)"""
