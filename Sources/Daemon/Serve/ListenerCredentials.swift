import Credentials
import Foundation
import Live
import Logging
import Receivers
import Scrape
import ServiceLifecycle
import Synchronization

/// The certificates and tokens of the listeners. Reads them again when their files change; if something is wrong with the new
/// ones, the old ones stay in force.
struct ListenerCredentials: Service {
    private let listeners: [Transport: WatchedAccess]
    private let log: RateLimitedLog
    private let thread = WorkThread("faultline.credentials")

    private static let interval = Duration.seconds(2)

    /// - Throws: what is wrong with the files.
    init(_ configuration: Configuration, log: RateLimitedLog) throws {
        self.log = log
        var listeners: [Transport: WatchedAccess] = [:]
        for transport in configuration.transports {
            let field = ListenField(transport)
            let files = configuration.accessFiles(field)
            guard !files.isEmpty else { continue }
            listeners[transport] = try WatchedAccess(files, field)
        }
        self.listeners = listeners
        for (transport, watched) in listeners { warnOfValidity(transport, watched) }
    }

    /// nil if no listener has any.
    var ifAny: Self? { listeners.isEmpty ? nil : self }

    subscript(transport: Transport) -> ListenerAccess { listeners[transport]?.access ?? .open }

    func run() async throws {
        // A service that ends would end the others.
        guard !listeners.isEmpty else { return try await gracefulShutdown() }
        await thread.repeat(every: Self.interval) {
            for (transport, watched) in listeners { refresh(transport, watched) }
        }
    }

    private func refresh(_ transport: Transport, _ watched: WatchedAccess) {
        switch watched.refresh() {
        case .unchanged: break
        case .replaced:
            log.note(.notice, "certificates and tokens reloaded", cause: "credentials \(transport.rawValue)") {
                ["transport": "\(transport.rawValue)"]
            }
            warnOfValidity(transport, watched)
        case .failed(let error):
            log.note(
                .error, "certificates and tokens not reloaded; the old ones stay in force",
                cause: "credential error \(transport.rawValue)"
            ) { ["transport": "\(transport.rawValue)", "problem": "\(error)"] }
        }
    }

    private func warnOfValidity(_ transport: Transport, _ watched: WatchedAccess) {
        guard let problem = watched.access.identity?.problem(now: WallClock.seconds) else { return }
        log.note(.warning, "clients refuse the certificate", cause: "invalid \(transport.rawValue)") {
            ["transport": "\(transport.rawValue)", "problem": "\(problem)"]
        }
    }
}

/// The access of one listener, and the files that it comes from.
private final class WatchedAccess: Sendable {
    enum Change {
        case unchanged
        case replaced
        case failed(CredentialError)
    }

    private struct Reading {
        var stamps: [FileStamp?]
        var error: CredentialError?
    }

    let access: ListenerAccess
    private let files: AccessFiles
    private let field: ListenField
    private let last: Mutex<Reading>

    init(_ files: AccessFiles, _ field: ListenField) throws(CredentialError) {
        self.files = files
        self.field = field
        // Before the files are read, so that a later change is noticed.
        last = Mutex(Reading(stamps: files.files.map(\.stamp)))
        access = ListenerAccess(try files.load(for: field))
    }

    var isLastGood: Bool { last.withLock { $0.error == nil } }

    /// Reads the files if they have changed, or if something was wrong with them: another file may have been missing.
    func refresh() -> Change {
        let stamps = files.files.map(\.stamp)
        let before = last.withLock { $0 }
        guard stamps != before.stamps || before.error != nil else { return .unchanged }
        do {
            let new = try files.load(for: field)
            if let tls = files.tls, let old = access.identity, let identity = new.identity {
                try tls.refuse(identity, insteadOf: old, now: WallClock.seconds)
            }
            access.replace(new)
            last.withLock { $0 = Reading(stamps: stamps) }
            return .replaced
        } catch {
            last.withLock { $0 = Reading(stamps: stamps, error: error) }
            return error == before.error ? .unchanged : .failed(error)
        }
    }
}

extension ListenerCredentials {
    static let metrics = MetricTable<ListenerCredentials>([
        .family(
            "faultline_tls_certificate_expiry_timestamp_seconds", .gauge, unit: "seconds", labels: ["transport"],
            help: "When a listener's certificate expires, in seconds since the epoch."
        ) { credentials, exposition in
            for (transport, watched) in credentials.sorted {
                guard let expiry = watched.access.identity?.expiry else { continue }
                exposition.sample(Double(expiry), [transport.rawValue])
            }
        },
        .family(
            "faultline_credentials_last_reload_successful", .gauge, labels: ["transport"],
            help: "Whether a listener's certificate and tokens could be read when they last changed."
        ) { credentials, exposition in
            for (transport, watched) in credentials.sorted {
                exposition.sample(watched.isLastGood ? 1 : 0, [transport.rawValue])
            }
        },
    ])

    private var sorted: [(Transport, WatchedAccess)] {
        Transport.allCases.compactMap { transport in listeners[transport].map { (transport, $0) } }
    }
}
