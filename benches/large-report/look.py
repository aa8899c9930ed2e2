"""Opens pages in headless Chromium and prints how long each takes until a reader can use it.

A page is opened by its file:// address three times in fresh tabs. `usable` is from the start of the navigation until
the page has run its script and drawn a frame; `search` is from a word typed into the filter until the next frame;
`open` from a click at the first attempt until its code is there. Speaks to chromedriver over loopback.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = 3
SOON = "const soon = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
USABLE = SOON + """
  while (document.readyState !== 'complete' || !document.querySelector('.sample')) await soon();
  await soon();
  return performance.now();
"""
SEARCH = SOON + """
  const field = document.getElementById('find');
  const before = document.getElementById('shown').textContent;
  const start = performance.now();
  field.value = 'previous_queue';
  field.dispatchEvent(new Event('input', {bubbles: true}));
  while (document.getElementById('shown').textContent === before) await soon();
  const took = performance.now() - start;
  field.value = '';
  field.dispatchEvent(new Event('input', {bubbles: true}));
  return took;
"""
OPEN = SOON + """
  const start = performance.now();
  document.querySelector('.sample').open = true;
  while (!document.querySelector('.sample pre')) await soon();
  await soon();
  return performance.now() - start;
"""


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.root = f"http://127.0.0.1:{found[1]}/session"
                break
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        wishes = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
        answer = self.post("", {"capabilities": {"alwaysMatch": wishes}})
        self.root += "/" + answer["sessionId"]

    def post(self, command, body):
        request = urllib.request.Request(self.root + command, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def run(self, script):
        return self.post("/execute/sync", {"script": "return (async () => {" + script + "})()", "args": []})

    def end(self):
        self.driver.terminate()
        self.driver.wait()


def look(browser, page):
    rows = []
    for _ in range(ROUNDS):
        browser.post("/url", {"url": "about:blank"})
        start = time.monotonic()
        browser.post("/url", {"url": page.as_uri()})
        usable = browser.run(USABLE)
        outside = 1000 * (time.monotonic() - start)
        rows.append((usable, outside, browser.run(SEARCH), browser.run(OPEN)))
    return [sorted(column)[ROUNDS // 2] for column in zip(*rows)]


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            for name in sys.argv[1:]:
                page = pathlib.Path(name).resolve()
                usable, outside, search, opened = look(browser, page)
                print(f"{name}: {page.stat().st_size / 1e6:.1f} MB · usable after {usable:.0f} ms ({outside:.0f} ms with the "
                      f"driver) · search {search:.0f} ms · open {opened:.0f} ms")
        finally:
            browser.end()


main()
