"""A page in headless Chromium, driven by a script of another page of the same host; every request is counted."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = next((found for name in NAMES if (found := shutil.which(name))), None)
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run "
    "--disable-component-update --disable-sync --disable-extensions --virtual-time-budget=20000 "
    "--enable-logging=stderr --dump-dom"
)
DRIVER = """<!DOCTYPE html><body><iframe id="frame" src="page.html" style="width:{width}px;height:800px"></iframe>
<script>
frame.onload = () => {{
  const page = frame.contentDocument, view = frame.contentWindow;
  let found;
  const ask = (page, view) => {{ {script} }};
  try {{ found = ask(page, view); }} catch (error) {{ found = {{ error: String(error) }}; }}
  found.resources = view.performance.getEntriesByType("resource").map((one) => one.name);
  const said = document.createElement("pre");
  said.textContent = JSON.stringify(found);
  document.body.append(said);
}};
</script></body>"""


def driven(page: str, script: str, folder: Path, width: int = 1280) -> tuple[dict[str, Any], list[str], str]:
    """What `script`, the body of a function of (page, view), returns; the paths asked for; what the console said."""
    files = {"/drive.html": DRIVER.format(width=width, script=script), "/page.html": page}
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path in files else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(files.get(self.path, "").encode())

        def log_message(self, *arguments):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/drive.html"
        command = [PROGRAM, *QUIET.split(), f"--user-data-dir={folder / 'profile'}", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    finally:
        server.shutdown()
        server.server_close()
    said = re.search(r"<pre>(.*?)</pre></body>", done.stdout, re.DOTALL)
    assert said, done.stdout[-2000:] + done.stderr[-2000:]
    plain = said[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(plain), [path for path in asked if path != "/favicon.ico"], console
