import Foundation
package import Ingest

/// The archives that are meant by what is named on a command line: files, directories, patterns, `-`.
package enum ArchiveNames {
    /// Files of a directory that are taken for archives; others beside them are left alone.
    private static let endings = [".lz4", ".otlp", ".pb", ".binpb", ".json", ".jsonl", ".ndjson"]

    /// - Throws: `ArchiveError` for a directory without archives, or a pattern that nothing matches.
    package static func expand(_ names: [String]) throws(ArchiveError) -> [String] {
        var all: [String] = []
        for name in names { all += try expand(name) }
        return all
    }

    private static func expand(_ name: String) throws(ArchiveError) -> [String] {
        guard name != "-" else { return [name] }
        var status = stat()
        if unsafe stat(name, &status) == 0 {
            return status.st_mode & S_IFMT == S_IFDIR ? try files(of: name) : [name]
        }
        guard name.contains(where: { "*?[".contains($0) }) else { return [name] }
        let matches = FilePattern.matches(name)
        guard !matches.isEmpty else { throw ArchiveError(.unreadable, name, "no file matches") }
        return matches
    }

    private static func files(of directory: String) throws(ArchiveError) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        // A daemon that was killed may have begun a file and written nothing.
        let files = names.sorted().filter { name in
            !name.hasPrefix(".") && endings.contains { name.hasSuffix($0) }
        }.map { prefix + $0 }.filter { size(of: $0) > 0 }
        guard !files.isEmpty else { throw ArchiveError(.unreadable, directory, "is a directory without archives") }
        return files
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
        return Int(status.st_size)
    }
}
