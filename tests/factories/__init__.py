"""Builders of domain objects and of small running hubs, for tests."""
