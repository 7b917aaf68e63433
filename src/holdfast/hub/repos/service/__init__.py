"""Use cases of repos. Each class is one group of them; the first argument of a use case is the actor."""
