#!/usr/bin/env python3
"""Prints and enforces what docs/ARCHITECTURE.md says of the sources: sizes of files and functions, which module imports
which, words that are gone, and `package` only where another module uses it. And of the rest: tests are where what they
test is, need nothing that the repository doesn't have, and skip nothing; documents name what is there."""

import ast
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
# Made by protoc-c.
GENERATED = {"COTLP"}

problems = []
MANIFEST = (ROOT / "Package.swift").read_text()


def targets():
    """Folders of targets below Sources, by target."""
    own = {}
    for declaration in re.split(r"\.(?:target|executableTarget|testTarget|systemLibrary)\(", MANIFEST)[1:]:
        name, path = re.search(r'name: "([^"]+)"', declaration), re.search(r'path: "(Sources/[^"]+)"', declaration)
        if path:
            own[name.group(1)] = ROOT / path.group(1)
    nested = {path.relative_to(ROOT / "Sources").parts[0] for path in own.values()}
    others = [path for path in (ROOT / "Sources").iterdir() if path.is_dir() and path.name not in nested]
    return own | {path.name: path for path in others}


TARGETS = targets()


def blank(text):
    """Swift without comments and contents of strings, line by line as long as before."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|#*"""(?:\\.|.)*?"""#*|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


class Source:
    def __init__(self, path):
        self.path = path
        self.name = path.relative_to(ROOT)
        self.module = next(name for name, folder in TARGETS.items() if folder in path.parents)
        self.text = path.read_text()
        self.code = blank(self.text)
        self.lines = self.text.count("\n")

    def functions(self):
        """Names of functions, first lines and numbers of lines."""
        for match in re.finditer(r"\b(func\s+([^\s(<]+)|init[?]?|subscript)\s*[(<]", self.code):
            start = self.body(match.end() - 1)
            if start is not None:
                first = self.code.count("\n", 0, match.start()) + 1
                last = self.code.count("\n", 0, self.closing(start)) + 1
                yield match.group(2) or match.group(1), first, last - first + 1

    def body(self, position):
        """Where the body begins behind a parameter list; None where there is none."""
        depth = 0
        for index in range(position, len(self.code)):
            character = self.code[index]
            before = self.code[index - 1]
            # In the operator ..< and in an arrow they are no brackets.
            if character in "([" or character == "<" and before != ".":
                depth += 1
            elif character in ")]" or character == ">" and before != "-":
                depth -= 1
            elif depth == 0 and character == "{":
                return index
            elif depth == 0 and character == "}":
                return None
            elif depth == 0 and character == "\n" and re.match(
                r"\s*(///|@|(package|private|static|func|init|var|let|case|mutating|override)\b|\})", self.code[index + 1 :]
            ):
                return None
        return None

    def closing(self, start):
        depth = 0
        for index in range(start, len(self.code)):
            depth += {"{": 1, "}": -1}.get(self.code[index], 0)
            if depth == 0:
                return index
        return len(self.code)


def check_sizes(sources):
    sizes = sorted(source.lines for source in sources)
    print(f"{len(sizes)} files, {sum(sizes)} lines; median {statistics.median(sizes):.0f}, longest {sizes[-1]}")
    for source in sources:
        if source.lines > FILE_LINES_MAX:
            problems.append(f"{source.name}: {source.lines} lines, at most {FILE_LINES_MAX}")
    lengths = []
    for source in sources:
        for name, line, length in source.functions():
            lengths.append(length)
            if length > FUNCTION_LINES_MAX:
                problems.append(f"{source.name}:{line}: {name} has {length} lines, at most {FUNCTION_LINES_MAX}")
    print(f"{len(lengths)} functions; median {statistics.median(lengths):.0f} lines, longest {max(lengths)}")


def listed_arrows():
    """The table of modules in docs/ARCHITECTURE.md."""
    arrows = {}
    for line in (ROOT / "docs" / "ARCHITECTURE.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            for module in re.findall(r"`(\w+)`", cells[0]):
                arrows[module] = set(re.findall(r"\w+", cells[2]))
    return arrows


def check_arrows(sources):
    modules = set(TARGETS)
    found = {module: set() for module in modules}
    for source in sources:
        for name in re.findall(r"^[\w@() ]*\bimport (\w+)", source.code, re.M):
            if name in modules:
                found[source.module].add(name)
    listed = listed_arrows()
    for module in sorted(modules):
        if module not in listed:
            problems.append(f"{module} is not in the table of modules of docs/ARCHITECTURE.md")
            continue
        if extra := found[module] - listed[module]:
            problems.append(f"{module} imports {', '.join(sorted(extra))}; docs/ARCHITECTURE.md doesn't say so")
        if missing := listed[module] - found[module]:
            problems.append(f"{module} doesn't import {', '.join(sorted(missing))}, as docs/ARCHITECTURE.md says")
    for module in sorted(modules):
        print(f"{module} → {', '.join(sorted(found[module])) or '–'}")
        seen, waiting = set(), list(found[module])
        while waiting:
            other = waiting.pop()
            if other == module:
                problems.append(f"{module} imports itself by way of others")
                break
            if other not in seen:
                seen.add(other)
                waiting += found[other]


def check_words(sources):
    """Words of the glossary's last table may not come back, in names or in documents."""
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    gone = re.findall(r"^\| `(\w+)` \|", glossary.partition("## Gone")[2], re.M)
    print(f"{len(gone)} words are gone for good")
    documents = [path for path in ROOT.glob("*.md")] + list((ROOT / "docs").rglob("*.md"))
    texts = [(source.name, source.text) for source in sources]
    texts += [
        (path.relative_to(ROOT), path.read_text())
        for path in documents if path.name not in ("glossary.md", "CHANGELOG.md")
    ]
    for name, text in texts:
        for word in gone:
            for match in re.finditer(rf"\b{word}\b", text):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{name}:{line}: {word} is gone; see docs/glossary.md")


def check_package(sources):
    """Members declared `package` that no other module mentions. Types have to be where a signature names them."""
    declared = re.compile(
        r"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*package (?:private\(set\) |static |final |mutating |consuming |borrowing |indirect "
        r"|convenience |nonisolated )*(?:func|var|let) `?(\w+)", re.M)
    mentions = defaultdict(set)
    for source in sources:
        # Strings hold names too, in what is interpolated.
        for word in set(re.findall(r"\w+", re.sub(r"//.*", "", source.text))):
            mentions[word].add(source.module)
    for path in [*(ROOT / "Tests").rglob("*.swift"), *(ROOT / "Benchmarks").rglob("*.swift")]:
        if any(part.startswith(".build") for part in path.parts):
            continue
        for word in set(re.findall(r"\w+", path.read_text())):
            mentions[word].add("tests")
    count = 0
    for source in sources:
        for match in declared.finditer(source.code):
            count += 1
            if mentions[match.group(1)] <= {source.module}:
                line = source.code.count("\n", 0, match.start(1)) + 1
                problems.append(f"{source.name}:{line}: no other module uses {match.group(1)}, so it needs no `package`")
    print(f"{count} names are declared `package`")


def test_targets():
    """Folders of targets of tests below Tests, by target."""
    declarations = re.findall(r'\.testTarget\(\s*name: "([^"]+)"([^)]*)', MANIFEST)
    return {name: ROOT / "Tests" / name for name, _ in declarations}


def tested_folders():
    """Folders of what tests can be about, by target: of Sources, fuzzing and benchmarks."""
    others = {
        path.name: path
        for above in ("Tests/Fuzz/Sources", "Benchmarks/Sources")
        for path in (ROOT / above).iterdir() if path.is_dir()
    }
    return others | TARGETS


def check_mirror():
    """Tests of a target are in Tests/<Target>Tests, in the folder that what they test has in the target. Support and
    folders without Swift are the tests' own."""
    tested, count = tested_folders(), 0
    targets = test_targets()
    for path in sorted((ROOT / "Tests").rglob("*.swift")):
        name = path.relative_to(ROOT)
        room = name.parts[1]
        if room in ("Fuzz", "Support"):
            continue
        count += 1
        if room not in targets or room.removesuffix("Tests") not in tested:
            problems.append(f"{name}: Tests/{room} is no target's; tests of X are in Tests/XTests")
            continue
        own, folder = tested[room.removesuffix("Tests")], Path(*name.parts[2:-1])
        if folder.parts and folder.parts[0] == "Support":
            continue
        if not list((own / folder).glob("*.swift")):
            problems.append(f"{name}: there are no sources in {(own / folder).relative_to(ROOT)} that it could be about")
        subject = path.name.removesuffix("Tests.swift") + ".swift"
        places = [found.parent for found in own.rglob(subject)]
        if places and own / folder not in places:
            problems.append(f"{name}: {subject} is in {places[0].relative_to(ROOT)}, so its tests are in Tests/{room}/"
                            f"{places[0].relative_to(own)}")
    print(f"{count} files of tests are where what they test is")


def tracked():
    """The files of the repository, with what is new."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def check_self_contained():
    """Nothing is looked for outside of the repository."""
    outside = re.compile(r"\.\./shared|\bshared/(captures|cases|design|facts|faults)\b|\bROOT\.parent\b"
                         r"|\broot\.deletingLastPathComponent\b")
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for match in outside.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            problems.append(f"{path.relative_to(ROOT)}:{line}: {match.group()} is outside of the repository")


# What makes a test that looks at nothing pass. Fixtures.swift turns what is missing into an error.
SKIPS_IN_SWIFT = re.compile(
    r"\.disabled\(|\.enabled\(|withKnownIssue|XCTSkip|Test\.cancel"
    r"|try\? (?:Data|String)\(contentsOf|try\? FileManager\.default\.contentsOfDirectory"
    r"|fileExists\([^{}]*else \{ (?:return|continue)")


def check_skips_in_swift(path):
    text = path.read_text()
    code = blank(text)
    for match in SKIPS_IN_SWIFT.finditer(code):
        yield code.count("\n", 0, match.start()) + 1, match.group().partition("\n")[0]
    # A body at the level of four spaces; closures may return early.
    for test in re.finditer(r"^    @Test\b.*?^    \}$", code, re.M | re.S):
        for match in re.finditer(r"^        guard [^{}]*else \{\s*return\b", test.group(), re.M):
            yield code.count("\n", 0, test.start() + match.end()) + 1, "a test that returns early"


def check_skips_in_python(path):
    def own(node):
        """What runs in a function itself, not in functions within."""
        for child in ast.iter_child_nodes(node):
            yield child
            if not isinstance(child, (ast.FunctionDef, ast.Lambda)):
                yield from own(child)

    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("skip", "skipif", "importorskip", "xfail", "skipTest"):
            yield node.lineno, f"{node.attr}"
        if isinstance(node, ast.If) and re.search(r"\b(exists|is_file|is_dir)\(", ast.unparse(node.test)):
            if any(isinstance(inner, (ast.Return, ast.Continue)) for inner in node.body):
                yield node.lineno, "going on without what isn't there"
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield from ((inner.lineno, "a test that returns early") for inner in own(node) if isinstance(inner, ast.Return))


def check_skips():
    """No test passes because what it needs isn't there."""
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] != "Tests" or name == Path("Tests/Support/Fixtures.swift"):
            continue
        kinds = {".swift": check_skips_in_swift, ".py": check_skips_in_python}
        for line, what in kinds.get(path.suffix, lambda _: [])(path):
            problems.append(f"{name}:{line}: {what}; what a test needs is in the repository, or the test fails")


def check_documents():
    """Documents link to what is there, and name suites that are there."""
    files = tracked()
    suites = {path.name for path in files} | {path.stem for path in files} | {path.parent.name for path in files}
    for path in files:
        if path.suffix != ".md" or path.name == "CHANGELOG.md":
            continue
        text = path.read_text()
        for match in re.finditer(r"\]\(([^)#\s]+)[^)]*\)|`(test_\w+\.py|\w+Tests)`", text):
            link, suite = match.groups()
            line = text.count("\n", 0, match.start()) + 1
            if link and ":" not in link and not (path.parent / link).exists():
                problems.append(f"{path.relative_to(ROOT)}:{line}: there is no {link}")
            if suite and suite not in suites:
                problems.append(f"{path.relative_to(ROOT)}:{line}: there are no tests {suite}")


def main():
    sources = [
        Source(path) for path in sorted((ROOT / "Sources").rglob("*.swift"))
        if path.relative_to(ROOT / "Sources").parts[0] not in GENERATED
    ]
    check_sizes(sources)
    check_arrows(sources)
    check_words(sources)
    check_package(sources)
    check_mirror()
    check_self_contained()
    check_skips()
    check_documents()
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
