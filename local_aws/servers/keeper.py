"""A process of its own, run by path, that keeps one server: the server ends when this one's standard input does.

``python -I keeper.py FOLDER USER SIGNAL command ...`` runs the command in FOLDER, as USER or, with ``-``, as whoever
started it. Its log is FOLDER/log.txt. A byte on the standard input ends the server: ``s`` with SIGNAL, ``k`` as a
crash does. The end of the standard input, however it came about, ends the server and removes FOLDER.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

_END_SECONDS = 10


def main() -> int:
    """Run the server until it is told to end, or ends."""
    folder, user, number, *command = sys.argv[1:]
    # Ctrl-C reaches the whole group; the server ends in order, when whoever asked for it says so.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    who = {} if user == "-" else {"user": user, "group": _group(user), "extra_groups": []}
    # Open for as long as anything of the server is there: its helpers may be in groups and sessions of their own.
    there, held = os.pipe()
    with Path(folder, "log.txt").open("ab") as log:
        server = subprocess.Popen(  # noqa: S603 - a server that a module beside this one names
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            pass_fds=(held,),
            **who,  # type: ignore[call-overload] # as the stubs have it, one signature for each number of arguments
        )
    os.close(held)
    ending = threading.Event()
    follower = threading.Thread(target=_follow, args=(server, there, folder, int(number), ending), daemon=True)
    follower.start()
    code = server.wait()
    if ending.is_set():
        follower.join()
    return int(code)


def _follow(server: subprocess.Popen[bytes], there: int, folder: str, number: int, ending: threading.Event) -> None:
    told = os.read(0, 1)
    ending.set()
    if told != b"k":
        with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
            server.send_signal(number)
            server.wait(_END_SECONDS)
    # Its helpers too, and all of them at once: that is a crash. Those of other groups end when they notice.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    select.select([there], [], [], _END_SECONDS)
    if not told:
        shutil.rmtree(folder, ignore_errors=True)


def _group(user: str) -> int:
    import pwd  # noqa: PLC0415 - not on every system

    return pwd.getpwnam(user).pw_gid


if __name__ == "__main__":
    sys.exit(main())
