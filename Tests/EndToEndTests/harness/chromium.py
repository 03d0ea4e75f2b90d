"""Debian's browser, without a window."""

from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from harness import project

# Milliseconds that a page may take to show something on a busy machine.
PATIENCE = 60_000


@contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=project.tool("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()
