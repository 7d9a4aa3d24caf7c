"""Which Chromium the tests and pictures use: the one the system has. ``make chromium`` installs it."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb")


def find() -> str:
    """Where it is. ``CHROMIUM`` names another one than those on the path."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        found = shutil.which(name)
        if found is not None:
            return found
    raise RuntimeError(
        "No Chromium was found for the browser tests. Run 'make chromium' (as root, on Debian or Ubuntu), "
        "install Chromium or Chrome otherwise, or name one in the variable CHROMIUM."
    )
