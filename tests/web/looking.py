"""How the browser tests look at the page: which browser, which screens, and what colour it is."""

from __future__ import annotations

import io
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

AXE = Path(__file__).parents[2] / "page" / "node_modules" / "axe-core" / "axe.min.js"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Words of the graphics driver about itself, not of the page.
DRIVER = re.compile(r"GL Driver Message|GPU stall|Automatic fallback to software WebGL")
MARKS = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        BROWSER is None and not os.environ.get("CI"),
        reason="no Chromium here: install it with tools/need-browser",
    ),
]
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 400, "height": 800}


def picture(page):
    """The map as colours, shape (height, width, 3), after it has come to rest."""
    page.wait_for_timeout(450)
    box = page.locator("section.map").bounding_box()
    shot = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")
    return np.asarray(shot).astype(int)


def blue(colours):
    """How much bluer than red each pixel is."""
    return colours[..., 2] - colours[..., 0]
