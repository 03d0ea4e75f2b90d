import Foundation
import Recording

/// Why a daemon can't be started as it is told to: what is wrong is what it is told, so that trying again won't help.
package struct StartError: Error, CustomStringConvertible {
    package let description: String
}

/// Looks at the addresses and directories of a daemon before anything is begun. A disk that is full, or a directory that another
/// daemon still has, is no fault of the configuration: recording is tried again while spans are taken.
package enum StartCheck {
    package static func run(_ configuration: Configuration) throws {
        try configuration.checkAddresses()
        let archive = configuration.recording.directory
        if let archive { try check(archive, "archive.directory", "record", permissions: 0o755) }
        guard let state = configuration.stateDirectory else { return }
        try check(state, "state.directory", "keep alerts", permissions: 0o700)
        if let archive, isSame(archive, state) {
            throw StartError(
                description: "archive.directory and state.directory are the same, \(state): each needs one of its own")
        }
    }

    private static func check(
        _ path: String, _ field: String, _ purpose: String, permissions: Int
    ) throws(StartError) {
        func fault(_ reason: String) -> StartError {
            StartError(
                description: "can't \(purpose) in \(path) (\(field)): \(reason); "
                    + "name a directory that can be made and written to")
        }
        guard !path.isEmpty else { throw fault("the path is empty") }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
        } catch {
            // Foundation's own words say little.
            if !isDirectory(path), unsafe mkdir(path, mode_t(permissions)) != 0 {
                throw fault(unsafe String(cString: strerror(errno)))
            }
        }
        guard isDirectory(path) else { throw fault("it is no directory") }
        let probe = "\(path)/.faultline-\(getpid())"
        let descriptor = unsafe open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            unsafe unlink(probe)
        } else if ![ENOSPC, EDQUOT, EMFILE, ENFILE, EIO].contains(errno) {
            throw fault(unsafe String(cString: strerror(errno)))
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        attributes(of: path)[.type] as? FileAttributeType == .typeDirectory
    }

    /// Whether two names are of one directory, also of one that isn't there yet.
    static func isSame(_ path: String, _ other: String) -> Bool {
        if isDirectory(path), isDirectory(other) { return identity(of: path) == identity(of: other) }
        return URL(fileURLWithPath: path).standardized.path == URL(fileURLWithPath: other).standardized.path
    }

    /// Device and inode.
    private static func identity(of path: String) -> [Int?] {
        let attributes = attributes(of: path)
        return [attributes[.systemNumber] as? Int, attributes[.systemFileNumber] as? Int]
    }

    /// Of what a path leads to, through links.
    private static func attributes(of path: String) -> [FileAttributeKey: Any] {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: resolved)) ?? [:]
    }
}
