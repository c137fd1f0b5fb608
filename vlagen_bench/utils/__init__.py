"""Small helpers without a domain: strict parsing, registries, random streams, paths, text."""
