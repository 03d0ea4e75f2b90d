/// What keeps an answer in Jaeger's envelope from being whole, its `errors`; null if nothing does.
package struct JaegerProblems: Encodable {
    private struct Problem: Encodable {
        // As HTTP calls a part of what was asked for.
        let code = 206
        var msg: String
    }

    private let warnings: [String]

    package init(_ warnings: [String]) {
        self.warnings = warnings
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if warnings.isEmpty {
            try container.encodeNil()
        } else {
            try container.encode(warnings.map { Problem(msg: $0) })
        }
    }
}
