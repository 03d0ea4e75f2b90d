import Receivers

/// Two addresses that can't both be listened on.
struct PortConflict: CustomStringConvertible {
    let first: String
    let second: String
    let description: String
}

extension Configuration {
    /// Those among the addresses of receivers, scrape and API.
    var portConflicts: [PortConflict] {
        let addresses = [("otlp.grpc", otlpGRPC), ("otlp.http", otlpHTTP), ("listen", listen)]
        return addresses.enumerated().flatMap { index, second in
            addresses[..<index].filter { $0.1.conflicts(with: second.1) }.map { first in
                PortConflict(
                    first: first.0, second: second.0,
                    description: "\(first.0) (\(first.1)) and \(second.0) (\(second.1)) can't listen on one port; "
                        + "give each its own")
            }
        }
    }
}
