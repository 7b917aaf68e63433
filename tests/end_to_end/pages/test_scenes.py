"""What a model sees in a picture is drawn over the picture: boxes and masks, from tiny models that run here."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE
from tests.end_to_end.raw_client import RawClient, put_file
from tests.live_server import LiveServer, live_server

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("torch", "transformers", "soundfile")),
        reason="models run where their libraries are",
    ),
]
FINDER, PAINTER = "alice/finder", "alice/painter"
LOAD_MILLISECONDS = 200_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("site"), users=[ALICE]) as running:
        _fill(RawClient(running.url, ALICE.token), tmp_path_factory.mktemp("models"))
        yield running


def _fill(client: RawClient, folder: Path) -> None:
    from tests.factories import tiny_models  # noqa: PLC0415 - needs torch

    with contextlib.closing(client):
        for name, make, task in (
            (FINDER, tiny_models.yolos, "object-detection"),
            (PAINTER, tiny_models.segformer, "image-segmentation"),
        ):
            client.create_repo(name)
            built = make(folder / task)
            card = f"---\npipeline_tag: {task}\n---\n# A model\n".encode()
            files = [put_file(path.name, path.read_bytes()) for path in built.iterdir() if path.name != "README.md"]
            client.commit(name, put_file("README.md", card), *files)


def _turned_photo() -> bytes:
    """A photo of 300 × 480 pixels that the camera saved lying, with a note to turn it."""
    from PIL import Image  # noqa: PLC0415 - comes with what runs models

    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((480, 300)).convert("RGB").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def _asked(visitor, name):
    page = visitor.open(f"/{name}")
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": _turned_photo()}
    page.get_by_label("Picture", exact=True).set_input_files(photo)
    page.locator("#try").get_by_role("button", name="Compute").click()
    page.locator(".try-scene").wait_for(timeout=LOAD_MILLISECONDS)
    return page


def test_boxes_are_drawn_over_the_picture(new_visitor):
    visitor = new_visitor(ALICE, width=360, color_scheme="dark")
    page = _asked(visitor, FINDER)
    scene = page.get_by_role("img", name=re.compile("what the model found: [0-9]+ × LABEL_"))
    expect(scene).to_have_attribute("viewBox", "0 0 300 480")
    expect(scene.locator("rect")).to_have_count(page.locator("#try tbody tr").count())
    box = [float(cell) for cell in page.locator("#try tbody tr").first.locator("td").all_inner_texts()[2:]]
    rectangle = scene.locator("rect").first
    expect(rectangle).to_have_attribute("x", f"{box[0]:.0f}")
    expect(rectangle).to_have_attribute("height", f"{box[3] - box[1]:.0f}")
    assert not visitor.violations()
    assert not visitor.overflows()


def test_masks_are_laid_over_the_picture(new_visitor):
    visitor = new_visitor(ALICE)
    page = _asked(visitor, PAINTER)
    scene = page.locator(".try-scene")
    expect(scene.locator("mask")).to_have_count(page.locator(".try-seen").count())
    expect(scene.locator(".try-shape").first).to_have_attribute("mask", "url(#try-mask-1)")
    assert not visitor.violations()
