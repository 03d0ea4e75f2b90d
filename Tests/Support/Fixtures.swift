package import Foundation

/// The files in the repository that tests need. A missing file fails the test that asks for it; a test that skipped
/// it would pass without checking anything.
package enum Fixtures {
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// The root of the repository.
    package static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static func contents(_ file: URL) throws -> Data {
        do {
            return try Data(contentsOf: file)
        } catch {
            throw Missing(description: "\(file.path) belongs to the repository and can't be read: \(error)")
        }
    }

    /// The files in a folder, sorted by name; there must be at least one.
    package static func files(in folder: URL, endingIn suffix: String = "") throws -> [URL] {
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let found = (files ?? []).filter { $0.lastPathComponent.hasSuffix(suffix) }
        if found.isEmpty { throw Missing(description: "\(folder.path) has no files, but belongs to the repository") }
        return found.sorted { $0.path < $1.path }
    }
}
