import Receivers
import Rules
import Support
import YAML

/// The configuration keys of listen addresses.
enum ListenField: String, CaseIterable {
    case grpc = "otlp.grpc"
    case http = "otlp.http"
    case listen
    case jaeger

    /// The last part of the key.
    var name: String { rawValue.split(separator: ".").last.map { String($0) } ?? rawValue }

    init(_ transport: Transport) {
        switch transport {
        case .grpc: self = .grpc
        case .http: self = .http
        case .query: self = .listen
        case .jaeger: self = .jaeger
        }
    }
}

/// Two listen addresses that exclude each other.
struct PortConflict: CustomStringConvertible {
    let first: ListenField
    let second: ListenField
    let description: String
}

extension Configuration {
    subscript(field: ListenField) -> ListenAddress {
        get {
            switch field {
            case .grpc: otlpGRPC
            case .http: otlpHTTP
            case .listen: listen
            case .jaeger: jaeger ?? Self.jaegerDefault
            }
        }
        set {
            switch field {
            case .grpc: otlpGRPC = newValue
            case .http: otlpHTTP = newValue
            case .listen: listen = newValue
            case .jaeger: jaeger = newValue
            }
        }
    }

    /// Where Jaeger's clients look.
    private static let jaegerDefault = ListenAddress(host: "127.0.0.1", port: 16686)

    /// The addresses that are listened on.
    var listenFields: [ListenField] { ListenField.allCases.filter { $0 != .jaeger || jaeger != nil } }
    var transports: [Transport] { Transport.allCases.filter { listenFields.contains(ListenField($0)) } }

    /// Conflicts among the listen addresses, without resolving names.
    var portConflicts: [PortConflict] { portConflicts { ListenHost(literal: $0) } }

    private func portConflicts(_ host: (String) -> ListenHost) -> [PortConflict] {
        let hosts = listenFields.map { (field: $0, host: host(self[$0].host)) }
        return hosts.enumerated().flatMap { index, second in
            hosts[..<index].filter { first in
                // Port 0 gets a different port each time.
                let port = self[first.field].port
                return port != 0 && port == self[second.field].port && first.host.overlaps(second.host)
            }.map { conflict($0.field, second.field) }
        }
    }

    private func conflict(_ first: ListenField, _ second: ListenField) -> PortConflict {
        PortConflict(
            first: first, second: second,
            description: "\(first.rawValue) (\(self[first])) and \(second.rawValue) (\(self[second])) can't listen on "
                + "the same port; give each its own")
    }

    /// Resolves all listen addresses and checks for conflicts, at startup only. Blocks until the resolver answers.
    /// - Throws: the problem, with its position if it comes from a file.
    func checkAddresses() throws {
        var hosts: [String: ListenHost] = [:]
        for field in listenFields {
            let host = self[field].host
            do {
                hosts[host] = try ListenHost(resolving: host)
            } catch {
                throw failure(
                    "\(field.rawValue): can't listen on the host \(PrintableText.quote(host)): \(error); write an "
                        + "address such as 127.0.0.1, or a name that this machine resolves", of: field)
            }
        }
        let conflict = portConflicts { hosts[$0] ?? ListenHost(literal: $0) }.first
        if let conflict { throw failure(conflict.description, of: conflict.second) }
        for field in listenFields {
            guard let host = hosts[self[field].host], let exposure = problemWithExposure(field, host) else { continue }
            throw failure(exposure, of: field)
        }
    }

    private func failure(_ message: String, of field: ListenField) -> any Error {
        // An option may have overridden the file.
        guard let written = positions.addresses[field], written.address == self[field], let file = positions.file else {
            return StartError(description: message)
        }
        var diagnostics = Diagnostics(file: file)
        diagnostics.report(written.position, message)
        return diagnostics
    }
}
