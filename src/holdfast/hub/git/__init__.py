"""Git over HTTP: `git clone`, `fetch` and `push` on the repos of this server, by git's own smart protocol.

The protocol itself is spoken by the `git` program; here are permission, streaming, limits, and the rules that a push
must keep. This is not git-lfs (`hub.lfs`) and not the storage of repos (`hub.repos.git_storage`).
Words: a *fetch* runs `git upload-pack`, a *push* runs `git receive-pack`; a *proposal* is what a push asks for.
"""
