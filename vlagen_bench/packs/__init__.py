"""Asset packs: manifests, installation and the generated pack `household`."""
