"""What all pages share: the frame, its headers, errors, themes."""

import urllib.error
import urllib.request

from playwright.sync_api import expect


def _headers(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/html"})) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_nothing_here_is_a_page_that_says_so(new_visitor):
    visitor = new_visitor()
    page = visitor.open("/no/such/place/at/all")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to see here")
    assert visitor.violations() == []


def test_pages_may_load_and_frame_nothing_of_others(server):
    status, headers = _headers(server.url + "/no/such/place/at/all")
    assert status == 404
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Error-Code"]


def test_the_theme_is_kept_without_javascript(new_visitor):
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.open("/no/such/place/at/all")
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="System").click()
    assert page.locator("html").get_attribute("data-theme") is None


def test_pages_fit_a_phone(new_visitor):
    visitor = new_visitor(width=360)
    visitor.open("/no/such/place/at/all")
    assert not visitor.overflows()


def test_static_files_are_kept_for_good(server, new_visitor):
    page = new_visitor().open("/no/such/place/at/all")
    address = page.locator("link[rel=stylesheet]").first.get_attribute("href")
    _, headers = _headers(server.url + address)
    assert "immutable" in headers["Cache-Control"]
    status, _ = _headers(server.url + address + "x")
    assert status == 404
