"""Pages in the browser people have: Chromium, driven by its debugging protocol, and axe's rules for accessibility."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources, util
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 60
"""Longest the browser may take for an answer."""
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--disable-sync", "--no-first-run",
    "--mute-audio", "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip


@cache
def axe() -> str:
    """The rules, as a script."""
    package = next(name for name in ("axe_playwright_python", "axe_core_python") if util.find_spec(name))
    return (resources.files(package) / "axe.min.js").read_text(encoding="utf-8")


class Tab:
    """One tab; it remembers what its page asked of the network, what it said aloud and what it wrote."""

    def __init__(self, address: str) -> None:
        from websocket import create_connection

        self._socket = create_connection(address, timeout=SECONDS, max_size=None)
        self._number = 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message["error"]
                return message["result"]
            self._keep(message)

    def _keep(self, message: dict[str, Any]) -> None:
        self.events.append(message)
        if message.get("method") == "Page.javascriptDialogOpening":
            self._number += 1
            self._socket.send(json.dumps({"id": self._number, "method": "Page.handleJavaScriptDialog",
                                          "params": {"accept": False}}))  # fmt: skip

    def open(self, page: Path, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Open a page in a window of this size, as a phone or a screen would; wait until it is there."""
        self.events.clear()
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 600)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Page.navigate", url=page.as_uri())
        self.wait_for_load()

    def wait_for_load(self) -> None:
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self._keep(json.loads(self._socket.recv()))

    def value(self, script: str) -> Any:
        """What a script says of the page. It runs beside the page, which allows none of its own."""
        result = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def violations(self) -> list[str]:
        """What axe finds, a line each: the rule and the first element that breaks it."""
        self.value(f"{axe()}; 0")
        found = self.value("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
        return [
            f"{each['id']} ({each['impact']}), {len(each['nodes'])} times: {each['nodes'][0]['html'][:120]}"
            for each in found
        ]

    def said(self, *methods: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("method") in methods]


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """A browser of its own, and a tab in it; ended afterwards."""
    assert CHROMIUM
    process = subprocess.Popen(
        [CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = folder / "DevToolsActivePort"
        until = time.monotonic() + SECONDS
        while not (port.is_file() and port.read_text().count("\n")):
            assert process.poll() is None and time.monotonic() < until, "the browser does not start"
            time.sleep(0.05)
        from urllib.request import urlopen

        number = port.read_text().splitlines()[0]
        with urlopen(f"http://127.0.0.1:{number}/json/list", timeout=SECONDS) as answer:
            tabs = json.load(answer)
        yield Tab(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
    finally:
        process.kill()
        process.wait(10)
