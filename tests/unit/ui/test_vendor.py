"""What others wrote is what its manifest says, byte for byte, and carries its licence."""

import hashlib
import json

from holdfast.ui.assets import STATIC_DIR

VENDOR = STATIC_DIR / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_every_vendored_file_is_the_published_one():
    wanted = {name: digest for package in MANIFEST for name, digest in package["files"].items()}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "LICENSE")
    }
    assert found == wanted


def test_every_package_names_version_licence_and_source():
    for package in MANIFEST:
        assert package["version"]
        assert package["licence"]
        assert package["source"]
        folders = {name.split("/")[0] for name in package["files"]}
        assert all((VENDOR / folder / "LICENSE").is_file() for folder in folders)
