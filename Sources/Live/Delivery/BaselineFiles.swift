package import Engine
import Foundation
import Glibc
package import Logging
import Notify
import Support

/// The counts of the last slots on disk, a file for each. Used by one thread at a time.
package final class BaselineFiles: Sendable {
    let directory: String
    private let files: DurableFiles

    /// Of all files together: beyond it the oldest are removed.
    private static let bytesMax = 16 << 20
    private static let suffix = ".slot"

    /// - Parameter state: the state directory.
    init(state: String, files: DurableFiles) {
        directory = "\(state)/baseline"
        self.files = files
    }

    private struct File {
        let path: String
        /// Unix nanoseconds.
        let start: Int64
        /// nil if it isn't a file.
        let bytes: Int?
    }

    /// In order of slots.
    private var all: [File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { name in
            let url = URL(fileURLWithPath: directory).appending(path: name)
            guard name.hasSuffix(Self.suffix), let start = Int64(name.dropLast(Self.suffix.count)) else { return nil }
            let values = try? url.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
            return File(
                path: url.path, start: start, bytes: values?.isRegularFile == true ? values?.fileSize : nil)
        }.sorted { $0.start < $1.start }
    }

    /// The records of the last process. A file that can't be read is set aside.
    package func load(_ logger: Logger) -> [SlotRecord] {
        all.compactMap { file in
            do {
                return try DurableFiles.read(file.path).map { try SlotRecord(Array($0)) }
            } catch {
                let aside = DurableFiles.setAside(file.path, at: WallClock.now)
                logger.warning(
                    "a file with what is usual can't be read and was set aside; its slots are not compared with",
                    metadata: ["file": "\(aside)", "reason": "\(PrintableText.escape("\(error)"))"])
                return nil
            }
        }
    }

    /// Writes records, and removes the files of slots that are far from them in time.
    func save(_ records: [SlotRecord]) throws(FileError) {
        guard let newest = records.map(\.start).max() else { return }
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw FileError("create", directory) }
        for record in records {
            try files.replace("\(directory)/\(record.start)\(Self.suffix)", with: Data(record.encoded))
        }
        var bytes = 0
        for file in all.reversed() {
            guard let fileBytes = file.bytes else { continue }
            bytes += fileBytes
            // After the clock was set back, there are files of future times.
            let isNear = file.start.subtractingSaturating(newest).magnitude < RememberedSlots.reach.magnitude
            let isKept = isNear && bytes <= Self.bytesMax
            if !isKept, unsafe unlink(file.path) != 0 { throw FileError("remove", file.path) }
        }
    }
}
