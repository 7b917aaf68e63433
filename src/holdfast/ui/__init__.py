"""Every HTML page of Holdfast: people find, read, try and change here what programs reach through the API.

A page calls a service and renders a template; it has no rules of its own, no SQL, and its JSON twin comes from the same
service. Pages work without JavaScript; htmx and a few small modules make them quicker. Nothing comes from elsewhere.

Words: a *page* is what one address shows; an *asset* is a file under `static/`; *rendering* turns what users wrote into
HTML that can't do harm; a *preview* is how one kind of file is shown.
"""
