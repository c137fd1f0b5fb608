"""How is the asset pack `household` made? (`python -m vlagen_bench.household.build OUT` writes it.)"""
