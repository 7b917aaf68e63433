"""Lists of repos: what a caller asks for, and how pages of it are found among many repos.

It covers `GET /api/models`, `/api/datasets` and `/api/spaces`: filters, search, order, pages, chosen fields. It does
not cover a single repo's info, nor who may see what (the caller's namespaces are given).
"""
