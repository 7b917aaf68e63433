"""The composition root: Settings → drivers → services → ASGI application. Only here is every capability known."""
