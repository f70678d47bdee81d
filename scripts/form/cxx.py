"""Just enough C++ lexing to list a file's includes and the extent of its functions.

No parser: preprocessor branches are all read, macros are not expanded. What it knows of C++ is
braces, parentheses, strings (raw ones too), comments and the constructs that open a scope.
"""

import dataclasses
import re

_TOKEN = re.compile(
    r"""
    (?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)
  | (?P<directive>^[ \t]*\#(?:[^\n\\/]|/(?![/*])|\\.|\\\n)*)
  | (?P<raw>\b(?:u8|u|U|L)?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<number>\b\d(?:'?[\w.])*)
  | (?P<char>'(?:\\.|[^'\\\n])+')
  | (?P<word>\w+)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE)
_INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]')


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    path: str
    quoted: bool


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int


def includes(text):
    """Every #include that is not inside a comment or a string, in order."""
    found = []
    for token in _TOKEN.finditer(text):
        match = _INCLUDE.match(token.group()) if token.lastgroup == "directive" else None
        if match:
            line = text.count("\n", 0, token.start()) + 1
            found.append(Include(line, match.group(2), match.group(1) == '"'))
    return found


def code_only(text):
    """`text` with comments, directives and literals blanked; same length, same lines."""
    pieces, end = [], 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[end:token.start()])
        keep = token.lastgroup in ("word", "number")
        pieces.append(token.group() if keep else re.sub(r"[^\n]", " ", token.group()))
        end = token.end()
    pieces.append(text[end:])
    return "".join(pieces)


_SCOPE = re.compile(r"(?:inline\s+)?namespace\b|extern\s*$|(?:typedef\s+)?(?:class|struct|union|enum)\b")
_TEMPLATE = re.compile(r"template\s*<")
_ACCESS = re.compile(r"\s*(?:public|private|protected)\s*:(?!:)")
_CTOR_COLON = re.compile(r"\)\s*(?:noexcept\s*(?:\([^()]*\))?\s*)?:(?!:)")
_AFTER_PARAMETERS = {"const", "noexcept", "override", "final", "mutable", "try"}
_NOT_A_NAME = {"decltype", "requires", "noexcept", "alignas", "explicit", "nodiscard", "sizeof"}


def functions(text):
    """The functions defined in `text`, lambdas and local classes counted inside their function."""
    code = code_only(text)
    found, scopes = [], []
    start, parens, position = 0, 0, 0
    while position < len(code):
        char = code[position]
        if char in "([":
            parens += 1
        elif char in ")]":
            parens = max(0, parens - 1)
        elif parens == 0 and char == ";":
            start = position + 1
        elif parens == 0 and char == "}":
            if scopes:
                scopes.pop()
            start = position + 1
        elif parens == 0 and char == "{":
            begin, head = _head(code, start, position)
            kind = _classify(head)
            if kind == "scope":
                scopes.append(begin)
                start = position + 1
            else:
                position = _closing(code, position)
                if kind == "function":
                    found.append(_function(text, head, begin, position))
                    start = position + 1
        position += 1
    return found


def _head(code, start, brace):
    """Where the statement that ends in `brace` begins, and its text up to there."""
    while access := _ACCESS.match(code, start, brace):
        start = access.end()
    head = code[start:brace]
    begin = start + len(head) - len(head.lstrip())
    return begin, head.strip()


def _classify(head):
    """What a brace after `head` opens: 'scope', 'function' or 'initializer'."""
    bare = _without_template_heads(head)
    if _SCOPE.match(bare):
        return "scope"
    if "(" not in bare:
        return "initializer"
    last_word = re.search(r"(\w+|>)$", bare)
    in_member_list = _CTOR_COLON.search(bare) and last_word
    if in_member_list and last_word.group() not in _AFTER_PARAMETERS:
        return "initializer"
    return "function"


def _without_template_heads(head):
    while match := _TEMPLATE.match(head):
        depth, position = 1, match.end()
        while position < len(head) and depth:
            arrow = head[position - 1] == "-"
            depth += {"<": 1, ">": 0 if arrow else -1}.get(head[position], 0)
            position += 1
        head = head[position:].lstrip()
    return head


def _closing(code, brace):
    """The position of the brace that closes the one at `brace`, or the end of the file."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, brace):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def _function(text, head, begin, end):
    first = text.count("\n", 0, begin) + 1
    last = text.count("\n", 0, end) + 1
    return Function(_name(_without_template_heads(head)), first, last - first + 1)


def _name(head):
    """The function's name; a test's name with its arguments, without spaces."""
    for match in re.finditer(r"((?:[\w:]+::)?operator\s*(?:\(\)|[^\s\w(]+)|[~\w:]+)\s*\(", head):
        name = re.sub(r"\s", "", match.group(1))
        if name in _NOT_A_NAME:
            continue
        if re.match(r"(TYPED_)?TEST|RC_GTEST", name):
            arguments = head[match.end() - 1:head.find(")", match.end()) + 1]
            return name + re.sub(r"\s", "", arguments)
        return name
    return "?"
