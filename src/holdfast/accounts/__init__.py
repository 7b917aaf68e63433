"""Who people are and what they may do: users, organizations, access tokens, login sessions, permissions.

Not here: what repos are (`hub.repos` describes one to `permissions` as a `RepoStanding`) and any HTML page.
Words: a *namespace* is a user's or an organization's name; an *actor* is the caller; a *role* is what a member may do
in an organization, a *token role* what a credential may do at most; a *standing* is all that permissions ask of a repo.
"""
