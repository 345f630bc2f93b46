"""Jobs in processes that have the libraries imported: most of a small job's time is its imports.

`start` makes a program `python`, whose folder is to be the first of PATH. It hands `python -m conclugen.…` on to a
server, which forks: the child takes over folder, environment, arguments and open files, runs the module as `python -m`
does, and ends as any Python does. Only libraries are imported before the fork; the project's package comes from the
job's own `PYTHONPATH`. Jobs of `Project.start`, and those that tests kill, start as everywhere else.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

# What jobs of the small project import; what is not among them a job imports itself.
LIBRARIES = (
    *("torch", "torch.export", "torchvision", "torchaudio", "transformers.models.bert.modeling_bert", "safetensors"),
    *(
        "transformers.models.auto.tokenization_auto",
        "pandas",
        "pyarrow.pandas_compat",
        "h5py",
        "scipy.signal",
        "scipy.stats",
    ),
    *(
        "skimage.data",
        "faiss",
        "av",
        "PIL.ImageDraw",
        "PIL.ImageFilter",
        "multiprocessing.pool",
        "concurrent.futures.process",
    ),
)

PROGRAM = '#!/bin/sh\nexec {python} -IS {client} "$@"\n'  # where the path of Python holds a blank, too

CLIENT = """import json, os, socket, sys
if sys.argv[1:2] != ["-m"] or not sys.argv[2].startswith("conclugen."):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
request = {{"arguments": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}}
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"."], [0, 1, 2])
    server.sendall(json.dumps(request).encode() + b"\\n")
    answer = server.makefile().readline()
sys.exit(int(answer) if answer else 1)
"""


def start(folder: Path) -> Path:
    """Start a server with its socket in `folder`, and return the program `python`. Both go when this process ends."""
    address, client, program = str(folder / "jobs"), folder / "client.py", folder / "bin/python"
    client.write_text(CLIENT.format(python=sys.executable, address=address))
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=shlex.quote(sys.executable), client=shlex.quote(str(client))))
    program.chmod(0o755)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}
    with socket.socket(socket.AF_UNIX) as listening:  # already now: the first jobs wait for the imports
        listening.bind(address)
        listening.listen(64)
        number = listening.fileno()
        command = [sys.executable, __file__, str(number), str(folder)]
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=2, pass_fds=[number], env=environment)
    return program


def _serve(listening: socket.socket, folder: str) -> list[str]:
    """Fork a child for each request; return in the child alone, with the module and its arguments."""
    for name in LIBRARIES:
        importlib.import_module(name)
    ours = [name for name in sys.modules if name.partition(".")[0] == "conclugen"]
    assert not ours, f"{ours} would be taken for the code of every project"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
    waiting = selectors.DefaultSelector()
    waiting.register(listening, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:  # its other end is closed: the tests are over
                shutil.rmtree(folder)
                os._exit(0)
            client, _ = listening.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                waiting.close()
                listening.close()
                if request := _answered(client):
                    return _taken_over(*request)
                os._exit(0)
            client.close()


def _answered(client: socket.socket) -> tuple[dict, list[int]] | None:
    """Read a request and fork; in the child return it with its files, else tell the client how the child ended."""
    _, files, _, _ = socket.recv_fds(client, 1, 3)
    request = json.loads(client.makefile().readline())
    child = os.fork()
    if not child:
        client.close()
        return request, files
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):  # who asked was killed
        client.sendall(f"{code if code >= 0 else 128 - code}\n".encode())
    return None


def _taken_over(request: dict, files: list[int]) -> list[str]:
    """Become the process that was asked for; return its module and arguments."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:1] = [request["folder"], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    return request["arguments"]


if __name__ == "__main__":
    module, *arguments = _serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
