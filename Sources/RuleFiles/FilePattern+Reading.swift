import Foundation
import Rules
import Support

extension FilePattern {
    /// Why a file can't be read; nil if it can.
    package static func unreadable(_ path: String) -> String? {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            try? file.close()
            return isDirectory(path) ? "it is not a regular file" : nil
        } catch {
            return RuleFile.reason(error)
        }
    }
}
