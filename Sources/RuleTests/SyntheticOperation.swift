import Engine
import Rules

/// Spans or requests of one kind, as a line in a rule test describes them:
/// `apiserver list pods p50=20ms p99=900ms rate=50/s errors=1% for 10m`.
struct SyntheticOperation: Sendable {
    /// A given percentile of the durations, with its duration in nanoseconds.
    struct Percentile: Sendable {
        /// In millionths of all spans.
        var millionths: Int
        var duration: Int64
    }

    enum Name: Sendable {
        case span(operation: String, kind: SpanKind)
        case request(SyntheticRequest)
    }

    let service: String
    /// Empty if the spans don't name one.
    let instance: String
    let name: Name
    let percentiles: [Percentile]
    /// Nanoseconds from one span to the next.
    let interval: Int64
    /// How many of a million spans fail.
    let errorMillionths: Int
    /// Nanoseconds from the test's start.
    let start: Int64
    let end: Int64

    /// Parses a line. Throws the first error, with its position in the line.
    init(_ text: String) throws(ConditionError) {
        var reader = try SyntheticOperationReader(text)
        self = try reader.read()
    }

    init(
        service: String, instance: String, name: Name, percentiles: [Percentile], interval: Int64,
        errorMillionths: Int, start: Int64, end: Int64
    ) {
        self.service = service
        self.instance = instance
        self.name = name
        self.percentiles = percentiles
        self.interval = interval
        self.errorMillionths = errorMillionths
        self.start = start
        self.end = end
    }

    var count: Int { Int((end - start) / interval) }

    /// When a span ends: in the middle of its interval.
    func end(of number: Int) -> Int64 { start + Int64(number) * interval + interval / 2 }

    /// Failures are spread evenly.
    func isError(_ number: Int) -> Bool {
        let before = number * errorMillionths / 1_000_000
        return (number + 1) * errorMillionths / 1_000_000 > before
    }

    /// Of every hundred consecutive spans (thousand and so on, for percentiles with decimals), exactly as many are at
    /// or below a given percentile as it says, in an order that looks shuffled.
    func duration(_ number: Int) -> Int64 {
        let size = blockSize
        // A step without a common factor with powers of ten visits every rank once.
        let rank = (number % size * 37 + size / 3) % size + 1
        let millionths = rank * (1_000_000 / size)
        guard let first = percentiles.first, let last = percentiles.last else { return 0 }
        guard millionths > first.millionths else { return first.duration }
        guard let index = percentiles.firstIndex(where: { $0.millionths >= millionths }) else { return last.duration }
        let (below, above) = (percentiles[index - 1], percentiles[index])
        let share = Double(millionths - below.millionths) / Double(above.millionths - below.millionths)
        return below.duration + Int64((Double(above.duration - below.duration) * share).rounded())
    }

    /// How many ranks it takes to distinguish the given percentiles.
    private var blockSize: Int {
        var size = 100
        while size < 1_000_000, percentiles.contains(where: { !$0.millionths.isMultiple(of: 1_000_000 / size) }) {
            size *= 10
        }
        return size
    }
}

/// A request to the API server, as kubectl would call it: `list deployments.apps/status`.
struct SyntheticRequest: Sendable {
    static let verbs = ["get", "list", "create", "update", "patch", "delete", "deletecollection"]
    static let scopes = ["resource", "namespace", "cluster"]

    let method: String
    let path: String

    /// - Parameters:
    ///   - resource: the plural name, with `.group` unless in the core group, and `/subresource` if any.
    ///   - scope: nil for the verb's usual scope.
    init(verb: String, resource: String, scope: String?) {
        let parts = resource.split(separator: "/", maxSplits: 1)
        let names = (parts.first ?? "").split(separator: ".", maxSplits: 1)
        let plural = names.first ?? ""
        let prefix = names.count == 2 ? "/apis/\(names[1])/v1" : "/api/v1"
        let isNamed = !["list", "create", "deletecollection"].contains(verb)
        let isCluster = scope == "cluster"
        var path = prefix + (isCluster ? "" : "/namespaces/default") + "/" + plural
        if isNamed || scope == "resource" && verb == "list" || parts.count == 2 { path += "/example" }
        if parts.count == 2 { path += "/" + parts[1] }
        self.path = path
        method =
            switch verb {
            case "create": "POST"
            case "update": "PUT"
            case "patch": "PATCH"
            case "delete", "deletecollection": "DELETE"
            default: "GET"
            }
    }
}
