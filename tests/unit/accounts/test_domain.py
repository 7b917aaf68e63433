from __future__ import annotations

import pytest

from holdfast.accounts.domain import OrgRole
from holdfast.base.errors import InvalidInput


def test_roles_include_those_below():
    assert OrgRole.ADMIN.includes(OrgRole.READ)
    assert OrgRole.WRITE.includes(OrgRole.WRITE)
    assert not OrgRole.CONTRIBUTOR.includes(OrgRole.WRITE)
    assert OrgRole.parse("contributor") is OrgRole.CONTRIBUTOR
    with pytest.raises(InvalidInput, match="read, contributor, write, admin"):
        OrgRole.parse("owner")
