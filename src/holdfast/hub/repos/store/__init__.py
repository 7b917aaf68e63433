"""All SQL for the tables of `hub.repos`: functions on an open transaction."""
