/// How a sampling ratio is known; in order of preference.
package enum SamplingSource: String, Sendable, CaseIterable {
    case configured, tracestate, estimated
}

/// The ratio that the traces of a source were sampled with.
package struct SamplingRatio: Equatable, Sendable {
    /// Above 0, at most 1.
    package var ratio: Double
    package var source: SamplingSource

    /// Whether it was stated, by the configuration or by the spans.
    var isStated: Bool { source != .estimated }
}

/// The ratios that services are configured to sample with.
package struct ConfiguredSampling: Equatable, Sendable {
    private var services: [(name: NamePattern, ratio: Double)] = []

    init() {}

    /// - Parameters:
    ///   - service: a name in which `*` stands for any text.
    ///   - perMillion: of traces that begin in the service, 1…1,000,000.
    package mutating func add(_ service: String, perMillion: Int) {
        services.append((NamePattern(service), Double(perMillion) / 1_000_000))
    }

    /// The ratio of the first name that matches.
    func ratio(of service: String) -> Double? {
        guard !services.isEmpty else { return nil }
        var service = service
        return service.withUTF8 { bytes in services.first { unsafe $0.name.matches(bytes.span.bytes) }?.ratio }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.services.elementsEqual(right.services) { $0.name == $1.name && $0.ratio == $1.ratio }
    }
}
