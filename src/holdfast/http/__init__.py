"""HTTP for every capability: raw-path routing, the `Call`, error rendering, byte ranges, paging, external urls.

Knows no capability: those hand in `Route` tables, and `app` hands in who authenticates.
"""
