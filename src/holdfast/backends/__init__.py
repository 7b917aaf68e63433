"""Seams: one folder each, with a protocol, drivers and a factory that imports the chosen driver lazily."""
