"""The repos' part of the Hub API: parse wire, call a service, write wire."""
