"""What several tests share: fake worlds and policies, made-up runs, packs and submissions."""
