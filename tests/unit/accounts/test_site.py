from __future__ import annotations

import pytest

from holdfast.accounts.domain import SiteSettings
from holdfast.accounts.service import open_accounts
from holdfast.base.errors import Forbidden, InvalidInput
from holdfast.base.identity import SYSTEM


def test_settings_begin_as_the_environment_says(database, clock):
    services = open_accounts(database, clock, site_defaults=SiteSettings(open_signup=True))
    assert services.site.settings() == SiteSettings(open_signup=True)
    services.site.change(SYSTEM, announcement="Down on Sunday")
    assert services.site.settings().open_signup
    services.site.change(SYSTEM, open_signup=False)
    assert not services.site.settings().open_signup


def test_what_is_left_out_stays(services):
    services.site.change(SYSTEM, instance_name="  The   Lab's Hub ", announcement="Down on Sunday")
    services.site.change(SYSTEM, open_signup=True)
    assert services.site.settings() == SiteSettings(True, "The Lab's Hub", "Down on Sunday")
    services.site.change(SYSTEM, instance_name="", announcement=" ")
    assert services.site.settings() == SiteSettings(True, "Holdfast", None)


def test_only_administrators_change_them(services, alice):
    with pytest.raises(Forbidden):
        services.site.change(alice, open_signup=True)
    with pytest.raises(Forbidden):
        services.site.for_admins(alice)
    for bad in ({"instance_name": "x" * 61}, {"announcement": "x" * 501}, {"announcement": "a\x00b"}):
        with pytest.raises(InvalidInput):
            services.site.change(SYSTEM, **bad)
