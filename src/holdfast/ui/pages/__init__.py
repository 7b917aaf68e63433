"""The pages, one module per group: parse the request, call a service, show a template."""
