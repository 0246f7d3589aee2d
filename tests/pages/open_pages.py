"""Every kind of page the product writes, made once, and a browser that has no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

WIDTHS = (390, 768, 1024, 1300, 1920)


@dataclass
class Opened:
    """A page in the browser, with what it asked for and what the console said."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def go(self, path: Path) -> Page:
        self.asked.clear()
        self.said.clear()
        self.page.goto(path.as_uri())
        return self.page


@contextmanager
def browser_without_network(program: str) -> Iterator[Opened]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        # The checker is brought in as a script of the test; the pages' own policy forbids any but theirs.
        context = started.new_context(bypass_csp=True)
        opened = Opened(context.new_page())
        _cut_off(context, opened)
        opened.page.on("console", lambda message: opened.said.append(message.text))
        opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
        try:
            yield opened
        finally:
            context.close()
            started.close()


def _cut_off(context: BrowserContext, opened: Opened) -> None:
    def decide(route: Route) -> None:
        address = route.request.url
        opened.asked.append(address)
        if address.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", decide)
