import Foundation
package import Receivers
import Recording
import Support

/// The configuration can't work on this machine, so trying again won't help.
package struct StartError: Error, CustomStringConvertible {
    package let description: String
}

/// Checks addresses and directories before anything starts. A full disk, or a directory still used by another daemon,
/// is not a configuration error: recording is retried while spans are accepted.
package enum StartCheck {
    package static func run(_ configuration: Configuration) throws {
        try configuration.checkAddresses()
        let archive = configuration.recording.directory
        if let archive { try check(archive, "archive.directory", "record", permissions: 0o755) }
        guard let state = configuration.stateDirectory else { return }
        try check(state, "state.directory", "keep alerts", permissions: 0o700)
        if let archive, DirectoryPath(archive) == DirectoryPath(state) {
            throw StartError(
                description: "archive.directory and state.directory are the same, \(state): each needs one of its own")
        }
    }

    /// Checks the address for recorded spans, which takes neither TLS nor tokens.
    package static func run(viewing configuration: Configuration, on address: ListenAddress) throws(StartError) {
        let host: ListenHost
        do throws(ListenHost.UnknownHostError) {
            host = try ListenHost(resolving: address.host)
        } catch {
            throw StartError(
                description: "--listen: can't listen on the host \(PrintableText.quote(address.host)): \(error); "
                    + "write an address such as 127.0.0.1:0, or a name that this machine resolves")
        }
        guard !host.isElsewhere || configuration.insecureListen else {
            throw StartError(
                description: "--listen (\(address)) is open to every machine that reaches this one: "
                    + "listen on 127.0.0.1, or confirm that this is intended with --insecure-listen")
        }
    }

    private static func check(
        _ path: String, _ field: String, _ purpose: String, permissions: Int
    ) throws(StartError) {
        func failure(_ reason: String) -> StartError {
            StartError(
                description: "can't \(purpose) in \(path) (\(field)): \(reason); "
                    + "choose a directory that can be created and written")
        }
        guard !path.isEmpty else { throw failure("the path is empty") }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
        } catch {
            // Foundation's error says little: try again to get errno.
            if !FilePattern.isDirectory(path), unsafe mkdir(path, mode_t(permissions)) != 0 {
                throw failure(unsafe String(cString: strerror(errno)))
            }
        }
        guard FilePattern.isDirectory(path) else { throw failure("it is not a directory") }
        let probe = "\(path)/.faultline-\(getpid())"
        let descriptor = unsafe open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            unsafe unlink(probe)
        } else if ![ENOSPC, EDQUOT, EMFILE, ENFILE, EIO].contains(errno) {
            throw failure(unsafe String(cString: strerror(errno)))
        }
    }
}
