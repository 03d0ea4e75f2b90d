#!/usr/bin/env python3
"""Fails if something is declared `package` although no other target uses it, or if nothing uses a function or computed property.
Also lists those that only tests use. check-structure.py knows names; this knows declarations, from the index that the compiler
writes in a debug build:

    swift build --build-tests && Scripts/report-uses.py

A name that only the declaration of something else needs (the type of a parameter, the requirement of a protocol) counts as used."""

import ctypes
import importlib.util
import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path

# Values of indexstore/indexstore.h in LLVM.
RECORD = 2
DECLARATION, DEFINITION, REFERENCE, OVERRIDE_OF = 1 << 0, 1 << 1, 1 << 2, 1 << 11


def load(name):
    path = Path(__file__).parent / name
    specification = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


structure = load("check-structure.py")
ROOT = structure.ROOT


class Text(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("count", ctypes.c_size_t)]

    def __str__(self):
        return ctypes.string_at(self.start, self.count).decode() if self.count else ""


class Index:
    """The part of libIndexStore's C interface that is needed here."""

    FUNCTIONS = {
        "store_create": (ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_void_p]),
        "unit_reader_create": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]),
        "unit_reader_get_module_name": (Text, [ctypes.c_void_p]),
        "unit_reader_get_main_file": (Text, [ctypes.c_void_p]),
        "unit_reader_dispose": (None, [ctypes.c_void_p]),
        "unit_dependency_get_kind": (ctypes.c_int, [ctypes.c_void_p]),
        "unit_dependency_get_name": (Text, [ctypes.c_void_p]),
        "record_reader_create": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]),
        "record_reader_dispose": (None, [ctypes.c_void_p]),
        "occurrence_get_symbol": (ctypes.c_void_p, [ctypes.c_void_p]),
        "occurrence_get_roles": (ctypes.c_uint64, [ctypes.c_void_p]),
        "occurrence_get_line_col": (None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]),
        "symbol_get_usr": (Text, [ctypes.c_void_p]),
        "symbol_get_name": (Text, [ctypes.c_void_p]),
        "symbol_relation_get_roles": (ctypes.c_uint64, [ctypes.c_void_p]),
    }

    def __init__(self, library, store):
        self.library = ctypes.CDLL(str(library))
        for name, (result, arguments) in self.FUNCTIONS.items():
            function = getattr(self.library, f"indexstore_{name}")
            function.restype, function.argtypes = result, arguments
        self.store = self.store_create(str(store).encode(), None)
        if not self.store:
            sys.exit(f"{store} can't be read: run swift build --build-tests")
        # By the compiler's name of a symbol: file, line, and name with the labels of its parameters.
        self.defined = {}
        # Modules, and the lines that use it.
        self.uses = defaultdict(set)
        self.overrides = set()
        for unit in self.units():
            self.read(unit)

    def __getattr__(self, name):
        return getattr(self.library, f"indexstore_{name}")

    def units(self):
        found = []
        call = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, Text)(lambda _, name: found.append(str(name)) or True)
        self.store_units_apply_f(ctypes.c_void_p(self.store), ctypes.c_uint(0), None, call)
        return found

    def each(self, function, owner, use):
        """Calls `use` with each; what it gets is valid only during the call."""
        call = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)(lambda _, item: use(item) or True)
        function(ctypes.c_void_p(owner), None, call)

    def read(self, unit):
        reader = self.unit_reader_create(self.store, unit.encode(), None)
        path, module = Path(str(self.unit_reader_get_main_file(reader))), str(self.unit_reader_get_module_name(reader))
        records = []

        def note(dependency):
            if self.unit_dependency_get_kind(dependency) == RECORD:
                records.append(str(self.unit_dependency_get_name(dependency)))

        # A file that was moved leaves a unit behind.
        if ROOT in path.parents and ".build" not in path.parts and path.exists():
            self.each(self.unit_reader_dependencies_apply_f, reader, note)
        self.unit_reader_dispose(reader)
        for name in records:
            record = self.record_reader_create(self.store, name.encode(), None)
            if not record:
                continue
            self.each(
                self.record_reader_occurrences_apply_f, record, lambda occurrence: self.note(occurrence, path, module))
            self.record_reader_dispose(record)

    def note(self, occurrence, path, module):
        symbol = self.occurrence_get_symbol(occurrence)
        usr, roles = str(self.symbol_get_usr(symbol)), self.occurrence_get_roles(occurrence)
        line, column = ctypes.c_uint(), ctypes.c_uint()
        self.occurrence_get_line_col(occurrence, ctypes.byref(line), ctypes.byref(column))
        if roles & DEFINITION:
            self.defined.setdefault(usr, (path, line.value, str(self.symbol_get_name(symbol))))

            def relate(relation):
                if self.symbol_relation_get_roles(relation) & OVERRIDE_OF:
                    self.overrides.add(usr)

            self.each(self.occurrence_relations_apply_f, occurrence, relate)
        elif roles & (REFERENCE | DECLARATION):
            self.uses[usr].add((module, path, line.value))


def unbuilt_words():
    """By module: the words of the fuzz driver, which imports it. Only fuzzing builds that, so the index doesn't know it."""
    words = defaultdict(set)
    for path in sorted((ROOT / "Tests/Fuzz/Sources/FuzzDriver").glob("*.swift")):
        text = path.read_text()
        for module in re.findall(r"^import (\w+)", text, re.MULTILINE):
            words[module].update(re.findall(r"\w+", text))
    return words


def needless(source, index, symbols, exposed, unbuilt):
    """Yields line and name of what is `package` for no other target."""
    for match in structure.DECLARATION.finditer(source.code):
        kind, name = match.groups()
        if kind == "subscript" or name in structure.WITNESSES or name in unbuilt[source.module]:
            continue
        line = source.code.count("\n", 0, match.start(1)) + 1
        found = symbols.get((source.path, line, name or "init"), [])
        users = {module for usr in found for module, _, _ in index.uses.get(usr, ())} - {source.module, f"{source.module}Tests", ""}
        is_exposed = kind != "init" and exposed["type" if kind in structure.TYPES else "member"][source.module][name]
        if found and not users and not is_exposed and not index.overrides.intersection(found):
            yield line, name or "init"


def unused(source, index, symbols):
    """Yields line, name and users of functions and computed properties that only tests use, or nothing does."""
    computed = re.compile(r"\b(?:func ([^\s(<]+)|var (\w+): [^=\n]*\{)")
    for match in computed.finditer(source.code):
        name = match.group(1) or match.group(2)
        line = source.code.count("\n", 0, match.start()) + 1
        for usr in symbols.get((source.path, line, name), []):
            # A parameter or variable of the same name on the same line is another symbol.
            if usr in index.overrides or match.group(1) and "(" not in index.defined[usr][2]:
                continue
            users = {module for module, path, used in index.uses.get(usr, ()) if (path, used) != (source.path, line)}
            if not users - TESTING and name not in ENTRANCES:
                yield line, name, ", ".join(sorted(users))


TESTING = {name for kind, name, _ in structure.declared_targets() if kind == "testTarget"} | {"TestSupport", "FuzzChecks", "FuzzDriver"}
# Called by the compiler's code.
ENTRANCES = {"main", "decode", "encode"}


def main():
    toolchain = Path(shutil.which("swift")).resolve().parent.parent
    index = Index(toolchain / "lib" / "libIndexStore.so", ROOT / ".build" / "debug" / "index" / "store")
    symbols = defaultdict(list)
    for usr, (path, line, name) in index.defined.items():
        symbols[path, line, re.split(r"[(:]", name)[0]].append(usr)
    sources = structure.all_sources()
    exposed = structure.exposed_names(sources)
    unbuilt = unbuilt_words()
    problems, tested = [], []
    for source in sources:
        for line, name in needless(source, index, symbols, exposed, unbuilt):
            problems.append(f"{source.name}:{line}: no other target uses {name}, so it needs no `package`")
        for line, name, users in unused(source, index, symbols):
            (tested if users else problems).append(f"{source.name}:{line}: {name} is used by {users or 'nothing'}")
    for line in tested + problems:
        print(line)
    print(f"{len(problems)} problems among {len(index.defined)} symbols")
    sys.exit(1 if problems else 0)


main()
