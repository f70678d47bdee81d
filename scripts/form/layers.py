"""Who may include what: the table cmake/layers.toml, against every #include of the tree."""

import fnmatch
import re
import tomllib

from form import cxx, headers
from form.tree import Finding

TABLE = "cmake/layers.toml"
PAGE = "docs/architecture.md"
_BEGIN, _END = "<!-- layers: begin -->", "<!-- layers: end -->"
_STANDARD = re.compile(r"[a-z_0-9]+$")
_POSIX = re.compile(r"([a-z_0-9]+\.h|(sys|netinet|arpa|net|linux|asm|bits)/[a-z_0-9/]+\.h)$")
_SANITIZER = re.compile(r"sanitizer/[a-z_]+\.h$")
# Sockets belong to the rooms that are given asio's networking.
_SOCKETS = re.compile(r"(sys/socket|sys/un|netdb|sys/epoll|netinet/\w+)\.h$")


class Layers:
    """The rules of cmake/layers.toml, ready to judge an include."""

    def __init__(self, table):
        self.rooms = table["rooms"]
        self.libraries = table["libraries"]
        self.generated = table.get("generated", {})
        self.tests = table.get("tests", {"files": [], "libraries": []})

    def room_of(self, path):
        """The room a file of the tree is in and its path inside it, or (None, None)."""
        for name, room in self.rooms.items():
            prefix = room.get("path", f"src/{name}") + "/"
            if path.startswith(prefix):
                return name, path[len(prefix):]
        return None, None

    def allowed(self, room_name, inside):
        """The rooms and the libraries that the file `inside` the room may include."""
        room = self.rooms[room_name]
        rooms, libraries = set(room["rooms"]) | {room_name}, set(room["libraries"])
        for pattern, extra in room.get("files", {}).items():
            if fnmatch.fnmatch(inside, pattern):
                rooms.update(name for name in extra if name in self.rooms)
                libraries.update(name for name in extra if name not in self.rooms)
        if any(fnmatch.fnmatch("/" + inside, "*/" + p.removeprefix("*/")) for p in self.tests["files"]):
            rooms.update(room.get("tests", {}).get("rooms", []))
            libraries.update(room.get("tests", {}).get("libraries", []), self.tests["libraries"])
        return rooms, libraries

    def target(self, include):
        """What an include path names: ('room', r), ('library', l), ('system', …) or (None, None)."""
        top = include.split("/", 1)[0]
        if "/" in include and top in self.rooms:
            return "room", top
        for name, patterns in self.libraries.items():
            if any(fnmatch.fnmatch(include, pattern) for pattern in patterns):
                return "library", name
        for name, patterns in self.generated.items():
            if any(fnmatch.fnmatch(include, pattern) for pattern in patterns):
                return "room", name
        if _SOCKETS.match(include):
            return "sockets", include
        if _STANDARD.match(include) or _POSIX.match(include) or _SANITIZER.match(include):
            return "system", include
        return None, None


def load(tree):
    return Layers(tomllib.loads(tree.text(TABLE)))


def check(tree):
    """Findings for every include that breaks the table, and for a page that shows another one."""
    layers = load(tree)
    findings = []
    for path in tree.cxx():
        room, inside = layers.room_of(path)
        if room:
            findings += _check_file(tree, layers, path, room, inside)
        elif path.startswith("src/"):
            findings.append(Finding(path, 0, f"is in no room of {TABLE}: add the room there"))
    return findings + _check_page(tree, layers)


def _check_file(tree, layers, path, room, inside):
    rooms, libraries = layers.allowed(room, inside)
    findings = []
    for include in cxx.includes(tree.text(path)):
        found = headers.resolve(tree, path, include)
        target = ("room", layers.room_of(found)[0]) if found else layers.target(include.path)
        problem = _problem(room, rooms, libraries, include.path, target)
        if problem:
            findings.append(Finding(path, include.line, problem))
    return findings


def _problem(room, rooms, libraries, include, target):
    kind, name = target
    if name is None:
        return f"includes <{include}>, a library that {TABLE} does not know: name it there first"
    if kind == "room" and not rooms & {name, "*"}:
        return f"{room}/ may not include {name}/ (<{include}>); it may include {_list(rooms - {room})}"
    if kind == "library" and not libraries & {name, "*"}:
        return f"{room}/ may not include {name} (<{include}>) here; see {TABLE}"
    if kind == "sockets" and not libraries & {"asio_net", "*"}:
        return f"{room}/ may not use sockets (<{include}>); see {TABLE}"
    return None


def _list(names):
    return ", ".join(sorted(names)) or "no other room"


def markdown(layers):
    """The table as docs/architecture.md shows it."""
    rows = ["| room | knows | may include | never |", "|---|---|---|---|"]
    for name, room in layers.rooms.items():
        label = room.get("path", name) + "/"
        rows.append(f"| `{label}` | {room['knows']} | {_may(room)} | {room['never']} |")
    return "\n".join(rows)


def _may(room):
    if "*" in room["rooms"]:
        return "everything"
    libraries = [_LABELS.get(name, name) for name in room["libraries"]]
    only = [f"{_LABELS.get(lib, lib)} (`{pattern}` only)"
            for pattern, libs in room.get("files", {}).items() for lib in libs]
    return ", ".join(room["rooms"] + libraries + only) or "nothing"


_LABELS = {"asio_net": "asio's sockets", "cli11": "CLI11", "tomlplusplus": "toml++",
           "json": "nlohmann-json", "openssl": "OpenSSL", "sodium": "libsodium",
           "ftxui": "FTXUI", "yapdrivers": "the C ABI of `drivers/`", "grpcpp": "libgrpc++", "sqlite3": "SQLite"}


def _check_page(tree, layers):
    if not tree.exists(PAGE):
        return [Finding(PAGE, 0, f"is missing; it shows the table of {TABLE}")]
    shown = _between(tree.text(PAGE))
    if shown is None:
        return [Finding(PAGE, 0, f"lacks the lines '{_BEGIN}' and '{_END}' around the table")]
    if shown.strip() != markdown(layers):
        return [Finding(PAGE, 0, f"shows another table than {TABLE}: run scripts/check layers --write")]
    return []


def _between(page):
    if _BEGIN not in page or _END not in page:
        return None
    return page.split(_BEGIN, 1)[1].split(_END, 1)[0]


def write(tree):
    """Rewrites the table in docs/architecture.md."""
    page = tree.text(PAGE)
    before, rest = page.split(_BEGIN, 1)
    after = rest.split(_END, 1)[1]
    text = f"{before}{_BEGIN}\n{markdown(load(tree))}\n{_END}{after}"
    (tree.root / PAGE).write_text(text, encoding="utf-8")
