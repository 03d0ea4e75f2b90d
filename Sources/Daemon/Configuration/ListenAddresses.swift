import Receivers
import Rules
import Support
import YAML

/// The configuration keys of listen addresses.
enum ListenField: String, CaseIterable {
    case grpc = "otlp.grpc"
    case http = "otlp.http"
    case listen

    /// The last part of the key.
    var name: String { rawValue.split(separator: ".").last.map { String($0) } ?? rawValue }
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
            }
        }
        set {
            switch field {
            case .grpc: otlpGRPC = newValue
            case .http: otlpHTTP = newValue
            case .listen: listen = newValue
            }
        }
    }

    /// Conflicts among the listen addresses, without resolving names.
    var portConflicts: [PortConflict] { portConflicts { ListenHost(literal: $0) } }

    private func portConflicts(_ host: (String) -> ListenHost) -> [PortConflict] {
        let hosts = ListenField.allCases.map { (field: $0, host: host(self[$0].host)) }
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
        for field in ListenField.allCases {
            let host = self[field].host
            do {
                hosts[host] = try ListenHost(resolving: host)
            } catch {
                throw fault(
                    "\(field.rawValue): can't listen on the host \(PrintableText.quote(host)): \(error); write an "
                        + "address such as 127.0.0.1, or a name that this machine resolves", of: field)
            }
        }
        let conflict = portConflicts { hosts[$0] ?? ListenHost(literal: $0) }.first
        if let conflict { throw fault(conflict.description, of: conflict.second) }
        for field in ListenField.allCases {
            guard let host = hosts[self[field].host], let exposure = faultOfExposure(field, host) else { continue }
            throw fault(exposure, of: field)
        }
    }

    private func fault(_ message: String, of field: ListenField) -> any Error {
        // An option may have overridden the file.
        guard let written = positions.addresses[field], written.address == self[field], let file = positions.file else {
            return StartError(description: message)
        }
        var diagnostics = Diagnostics(file: file)
        diagnostics.report(written.position, message)
        return diagnostics
    }
}
