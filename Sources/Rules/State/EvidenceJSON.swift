import Engine

/// The evidence of an alert on outside surfaces. Durations in seconds.
package struct EvidenceJSON: Codable, Hashable, Sendable {
    /// What a component takes of the mean request, and took before.
    package struct ComponentTime: Codable, Hashable, Sendable {
        package var component: String
        package var seconds: Double
        /// null where there is nothing from before.
        package var baselineSeconds: Double?

        private enum CodingKeys: String, CodingKey {
            case component, seconds
            case baselineSeconds = "baseline_seconds"
        }

        // Written out since a synthesized one leaves absent values out.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(component, forKey: .component)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(baselineSeconds, forKey: .baselineSeconds)
        }
    }

    package var culprit: AlertEvidence.Culprit
    package var components: [ComponentTime]
    /// Hexadecimal trace ids of the worst requests, the worst first.
    package var traces: [String]

    package init(_ evidence: AlertEvidence) {
        culprit = evidence.culprit
        components = evidence.components.map {
            ComponentTime(component: $0.component, seconds: $0.seconds, baselineSeconds: $0.baselineSeconds)
        }
        traces = evidence.traces.map(\.hex)
    }
}

extension AlertEvidence {
    init(_ json: EvidenceJSON) {
        self.init(
            culprit: json.culprit,
            components: json.components.map {
                ComponentTime(component: $0.component, seconds: $0.seconds, baselineSeconds: $0.baselineSeconds)
            },
            traces: json.traces.compactMap { TraceID(hex: $0) })
    }
}

extension AlertEvidence.Culprit: Codable {
    private enum CodingKeys: String, CodingKey {
        case side, component, certainty, why
    }

    // Written out since a synthesized one leaves absent values out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(side, forKey: .side)
        try container.encode(component, forKey: .component)
        try container.encode(certainty, forKey: .certainty)
        try container.encode(why, forKey: .why)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            side: try container.decodeIfPresent(String.self, forKey: .side),
            component: try container.decodeIfPresent(String.self, forKey: .component),
            certainty: try container.decode(Verdict.Certainty.self, forKey: .certainty),
            why: try container.decode(String.self, forKey: .why))
    }
}
