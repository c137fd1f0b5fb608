"""How pages are laid out: what a phone does not show of them, and the sheets of paper that they take."""

import html
import json
import re
import subprocess
import zlib

from helpers.browser import CHROMIUM, browse

PHONE_PX = 390
LOOK = """
  const frame = document.querySelector("iframe"), page = frame.contentDocument, width = frame.clientWidth, bad = [];
  const name = (one) => `${one.tagName} ${one.className.baseVal ?? one.className}: ${one.textContent.trim().slice(0, 40)}`;
  page.querySelectorAll("details").forEach((one) => (one.open = true));
  if (page.documentElement.scrollWidth > width) bad.push(`the page is ${page.documentElement.scrollWidth} px wide`);
  for (const one of page.querySelectorAll("body *")) {
    if (one.closest(".skip, .hidden, script, style")) continue;
    const style = frame.contentWindow.getComputedStyle(one), box = one.getBoundingClientRect();
    if (one.matches("td, tbody th") && style.display === "none" && !one.hidden) bad.push(`hidden: ${name(one)}`);
    const said = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!said || style.display === "none" || !box.width) continue;
    if (box.left < -1 || box.right > width + 1) bad.push(`outside: ${name(one)}`);
    if (style.overflow !== "visible" && one.scrollWidth > one.clientWidth + 1) bad.push(`cut: ${name(one)}`);
  }
  for (const one of page.querySelectorAll(".scroll"))
    if (one.scrollWidth > one.clientWidth + 1) bad.push(`must be scrolled: ${name(one)}`);
  document.title = JSON.stringify([width, page.querySelectorAll("td").length, bad]);
"""


def on_a_phone(page, tmp_path):
    """How many cells a page has, and what of it cannot be seen where it is as wide as a phone."""
    shell = tmp_path / "phone.html"
    text = html.escape(page.read_text(encoding="utf-8"), quote=True)
    frame = f'<iframe width="{PHONE_PX}" height="844" style="border:0" srcdoc="{text}"></iframe>'
    shell.write_text(f'<!doctype html><meta charset="utf-8">{frame}<script>onload = () => {{{LOOK}}}</script>', "utf-8")
    dom, _, _ = browse(shell.as_uri(), tmp_path)
    width, cells, bad = json.loads(html.unescape(re.search("<title>(.*?)</title>", dom, re.DOTALL)[1]))
    assert width == PHONE_PX
    return cells, bad


def printed_pages(page, tmp_path):
    """Of each sheet of paper, how far down its last line of text is: 1 is its end."""
    pdf, profile = tmp_path / "page.pdf", f"--user-data-dir={tmp_path / 'profile'}"
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    command = [CHROMIUM, *flags, profile, f"--print-to-pdf={pdf}", page.as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    return list(_last_lines(pdf.read_bytes()))


def _last_lines(pdf):
    objects = dict(re.findall(rb"(?:^|\n)(\d+) 0 obj\n?(.*?)endobj", pdf, re.DOTALL))
    for page in objects.values():
        if not re.search(rb"/Type /Page\b", page):
            continue
        height = float(re.search(rb"/MediaBox \[0 0 [\d.]+ ([\d.]+)\]", page)[1])
        stream = objects[re.search(rb"/Contents (\d+)", page)[1]].partition(b"stream")[2].lstrip(b"\r\n")
        yield 1 - min(_baselines(zlib.decompressobj().decompress(stream)), default=height) / height


def _baselines(content):
    """The height of each line of text above the page's end, in points; pages are never turned, so one axis is enough."""
    scale, shift, kept, numbers = 1.0, 0.0, [], []
    for word in content.split():
        if word == b"q":
            kept.append((scale, shift))
        elif word == b"Q":
            scale, shift = kept.pop()
        elif word == b"cm":
            _, _, _, times, _, plus = numbers[-6:]
            scale, shift = scale * times, shift + scale * plus
        elif word == b"Tm":
            yield shift + scale * numbers[-1]
        numbers = [*numbers[-5:], float(word)] if re.fullmatch(rb"-?\d*\.?\d+", word) else []
