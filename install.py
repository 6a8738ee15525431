#!/usr/bin/env python3
"""Sets CLIPasso up and takes it away again; `python3 install.py --help` says how.

The work is done in installer/. This file is written in words that every Python understands, however
old, to say which one is needed.
"""

import json
import os
import sys

OLDEST = (3, 10)
HERE = os.path.dirname(os.path.realpath(__file__))


def find_obstacle(version, folder):
    # type: (tuple[int, ...], str) -> str
    """Why the work can't begin, in one line; empty when it can."""
    if version[:2] < OLDEST:
        this = ".".join(str(part) for part in version)
        return (
            "this is Python " + this + "; CLIPasso needs 3.10 or newer: run this file with a newer"
            " one"
        )
    if not os.path.isfile(os.path.join(folder, "installer", "commands.py")):
        return (
            "the rest of CLIPasso is not beside install.py: download all of it, not this file alone"
        )
    return ""


def main():
    # type: () -> int
    """Begin, or say why not."""
    obstacle = find_obstacle(sys.version_info[:3], HERE)
    if obstacle:
        sys.stderr.write("install.py: " + obstacle + "\n")
        if "--json" in sys.argv:
            print(json.dumps({"ready": False, "message": obstacle}))
        return 2
    sys.dont_write_bytecode = True  # nothing is written into the person's checkout
    sys.path.insert(0, HERE)
    from installer import commands

    return commands.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
