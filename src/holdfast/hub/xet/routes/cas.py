"""What all CAS endpoints share: where they are mounted, and how their tokens and hashes are read.

An address begins with the epoch in which its token was issued; older ones keep working. What is not served here
(grants, chunk hashes of files) gets 404, which clients take as "do without".
Source: the paths of hf-xet 1.1, 1.2 and from 1.3 on; xet-core openapi/cas.openapi.yaml.
"""

from __future__ import annotations

from holdfast.base.errors import NotFound
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Endpoint, Family, Route
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.formats.hashes import XetHash, hash_from_text
from holdfast.hub.xet.service.tokens import CasTokens

CAS = "/cas/{epoch}"
NAMESPACES = ("default", "default-merkledb")
"""What clients write before a hash: the first; the second is in the specification, and in old clients."""


def cas_routes(method: str, endpoint: Endpoint, *paths: str) -> tuple[Route, ...]:
    """One endpoint under every path that some version of the client uses."""
    return tuple(Route(method, CAS + path, endpoint, Permission.SIGNED, Family.CAS) for path in paths)


def read_claim(call: Call, tokens: CasTokens, needed: Scope) -> CasClaim:
    """The claim of the request's token.

    Raises:
        InvalidAccessToken, Forbidden: see `CasTokens.read`.
    """
    return tokens.read(call.headers.get("authorization"), needed)


def read_hash(call: Call) -> XetHash:
    """The hash in the path.

    Raises:
        NotFound: in a namespace that is not served.
        InvalidInput: not a hash.
    """
    if call.words.get("namespace", NAMESPACES[0]) not in NAMESPACES:
        raise NotFound(what="This address")
    return hash_from_text(call.words["hash"])
