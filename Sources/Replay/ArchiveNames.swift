// CDispatch and Foundation both declare stat; the one that the compiler reads first owns it.
package import Archive
import CDispatch
import Foundation
import Support

/// Expands the names on a command line to archives: files, directories, patterns, and `-`.
package struct ArchiveNames {
    package private(set) var all: [String] = []
    /// A message for each file in a directory that isn't an archive.
    package private(set) var skipped: [String] = []

    /// - Throws: `ArchiveError` for a directory without archives, or a pattern without matches.
    package init(_ names: [String]) throws(ArchiveError) {
        for name in names { try add(name) }
    }

    private mutating func add(_ name: String) throws(ArchiveError) {
        guard name != "-" else { return all.append(name) }
        var status = stat()
        if unsafe stat(name, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { return all.append(name) }
            return try add(filesOf: name)
        }
        guard name.contains(where: { "*?[".contains($0) }) else { return all.append(name) }
        let matches = FilePattern.matches(name)
        guard !matches.isEmpty else { throw ArchiveError(.unreadable, name, "no file matches") }
        all += matches
    }

    private mutating func add(filesOf directory: String) throws(ArchiveError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw ArchiveError(.unreadable, directory, "can't be listed")
        }
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        let files = names.sorted().filter { !$0.hasPrefix(".") }.map { prefix + $0 }
        var found = 0
        for file in files {
            guard let size = Self.size(of: file) else {
                skipped.append("\(file): is not a regular file; skipped")
                continue
            }
            // A daemon that was killed may have created a file and written nothing.
            if size == 0 { continue }
            if let refusal = try RecordDecoder.refusal(of: file) {
                skipped.append("\(refusal); skipped")
            } else {
                all.append(file)
                found += 1
            }
        }
        guard found == 0 else { return }
        let seen = files.isEmpty ? "" : ": \(skipped.last ?? "")"
        throw ArchiveError(.unreadable, directory, "is a directory without archives\(seen)")
    }

    /// The size of a regular file in bytes; nil for anything else.
    private static func size(of path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }
}
