"""Pages as a browser has them: their elements, and headless Chromium where there is one."""

import json
import os
import shutil
import subprocess
from html.parser import HTMLParser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Elements(HTMLParser):
    """Every element with its attributes; and whether all that is opened is closed."""

    VOID = ("meta", "link", "img", "br", "input", "wbr")

    def __init__(self, page):
        super().__init__()
        self.found, self.open = [], []
        self.feed(page.read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def browse(url, tmp_path):
    """The DOM of a page in headless Chromium, what was said, and what the page asked for; it reaches nobody but this machine."""
    flags = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={tmp_path / 'net.json'}", "--dump-dom",
    )  # fmt: skip
    env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    done = subprocess.run([CHROMIUM, *flags, url], capture_output=True, text=True, env=env, timeout=120, check=True)
    events = json.loads((tmp_path / "net.json").read_text())["events"]
    requests = [event["params"] for event in events if "params" in event]
    # Chromium calls home by itself; what a page asks for has the page as its initiator.
    asked = [one["url"] for one in requests if one.get("initiator", "not an origin") != "not an origin"]
    return done.stdout, done.stderr, asked
