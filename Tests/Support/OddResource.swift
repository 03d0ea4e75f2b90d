package import Engine

/// The resources of `OddTraffic`: clusters and instances with and without a name, in every attribute that may name them.
enum OddResource {
    fileprivate static let clusters = ["", "east", "west"]
    fileprivate static let instances = ["", "by-id", "by-pod", "by-host"]

    /// Names that count for less than the one that is meant are there too.
    static func attributes(of source: SourceLabels) -> [(key: String, value: String)] {
        let keys = ["host.name", "k8s.pod.name", "service.instance.id"]
        let own =
            switch source.instance {
            case "by-id": 3
            case "by-pod": 2
            case "by-host": 1
            default: 0
            }
        let named = keys.prefix(own).enumerated().map { place, key in
            (key: key, value: place == own - 1 ? source.instance : "not \(source.instance)")
        }
        // An empty name is none.
        let empty = keys.dropFirst(own).map { (key: $0, value: "") }
        let cluster = source.cluster.isEmpty ? [] : [(key: "k8s.cluster.name", value: source.cluster)]
        return cluster + named + empty
    }
}

extension ReferenceSpan {
    /// The span with a source that mostly depends on its trace and service, as in reality: spans of one process often
    /// come together.
    package func withSource(_ number: Int) -> ReferenceSpan {
        var span = self
        let trace = Int(traceID.last ?? 0)
        // Now and then ids come from another cluster than that of their trace.
        span.cluster = Array(OddResource.clusters[(number % 8 == 7 ? number * 7 : trace) % 3].utf8)
        span.instance = Array(
            OddResource.instances[(number % 8 == 7 ? number * 7 / 3 : trace + service.count) % 4].utf8)
        return span
    }

    package var sourceLabels: SourceLabels {
        SourceLabels(
            cluster: String(decoding: cluster, as: UTF8.self), service: serviceText,
            instance: String(decoding: instance, as: UTF8.self))
    }
}
