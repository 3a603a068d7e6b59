"""What the kernel says about processes: children, and the addresses they listen on."""

import os
import re
from collections import defaultdict
from pathlib import Path


def descendants(root: int) -> list[int]:
    """Give all processes below one."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = parent_of(int(entry.name))
            if parent is not None:
                children[parent].append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += below
    return found


def parent_of(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def alive(pid: int) -> bool:
    return parent_of(pid) is not None


def listening_addresses(pid: int) -> list[tuple[str, int]]:
    """Give (host, port) of every TCP socket that a process listens on."""
    own = {os.readlink(path) for path in _descriptors(pid)}
    found = []
    for table, width in (("tcp", 4), ("tcp6", 16)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                address, port = fields[1].split(":")
                found.append((_host(bytes.fromhex(address), width), int(port, 16)))
    return found


def _descriptors(pid: int) -> list[Path]:
    folder = Path(f"/proc/{pid}/fd")
    found = []
    for path in folder.iterdir():
        try:
            os.readlink(path)
        except OSError:
            continue
        found.append(path)
    return found


def _host(address: bytes, width: int) -> str:
    if width == 4:
        return ".".join(str(part) for part in address[::-1])
    return re.sub(r"(....)", r"\1:", address.hex()).rstrip(":")
