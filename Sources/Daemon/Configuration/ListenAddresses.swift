import Receivers
import Rules
import Support

/// The fields that say what is listened on.
enum ListenField: String, CaseIterable {
    case grpc = "otlp.grpc"
    case http = "otlp.http"
    case listen
}

/// Two addresses that can't both be listened on.
struct PortConflict: CustomStringConvertible {
    let first: ListenField
    let second: ListenField
    let description: String
}

extension Configuration {
    subscript(field: ListenField) -> ListenAddress {
        switch field {
        case .grpc: otlpGRPC
        case .http: otlpHTTP
        case .listen: listen
        }
    }

    /// Conflicts among the addresses of receivers, scrape and API, by what they say.
    var portConflicts: [PortConflict] { portConflicts { ListenHost(literal: $0) } }

    private func portConflicts(_ host: (String) -> ListenHost) -> [PortConflict] {
        let hosts = ListenField.allCases.map { (field: $0, host: host(self[$0].host)) }
        return hosts.enumerated().flatMap { index, second in
            hosts[..<index].filter { first in
                // Port 0 is another one each time.
                let port = self[first.field].port
                return port != 0 && port == self[second.field].port && first.host.overlaps(second.host)
            }.map { conflict($0.field, second.field) }
        }
    }

    private func conflict(_ first: ListenField, _ second: ListenField) -> PortConflict {
        PortConflict(
            first: first, second: second,
            description: "\(first.rawValue) (\(self[first])) and \(second.rawValue) (\(self[second])) can't listen on "
                + "one port; give each its own")
    }

    /// Whether each address is one that the system knows, and a port of its own: what can be said at a start alone.
    /// - Throws: what is wrong, with its place where a file says it.
    func checkAddresses() throws {
        var hosts: [String: ListenHost] = [:]
        for field in ListenField.allCases {
            let host = self[field].host
            do {
                hosts[host] = try ListenHost(resolving: host)
            } catch {
                throw fault(
                    "\(field.rawValue): the host \(PrintableText.quote(host)) can't be listened on: \(error); write an "
                        + "address such as 127.0.0.1, or a name that this machine resolves", of: field)
            }
        }
        let conflict = portConflicts { hosts[$0] ?? ListenHost(literal: $0) }.first
        if let conflict { throw fault(conflict.description, of: conflict.second) }
    }

    private func fault(_ message: String, of field: ListenField) -> any Error {
        // An option may have taken the file's place.
        guard let place = places.addresses[field], place.address == self[field], let file = places.file else {
            return StartError(description: message)
        }
        var diagnostics = RuleDiagnostics(file: file)
        diagnostics.report(place.position, message)
        return diagnostics
    }
}
