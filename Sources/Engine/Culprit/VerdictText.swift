import Support

/// Figures as verdicts state them.
enum VerdictText {
    /// Nanoseconds with two digits: `210 ms`.
    static func duration(_ nanoseconds: Int64) -> String {
        let (value, unit) = DurationText.inUnit(seconds: Double(nanoseconds) / 1e9)
        return "\(number(value)) \(unit)"
    }

    /// What took the time: `mutating webhooks`, `authorization`.
    static func name(_ component: Component, _ names: [String]) -> String {
        component.isWebhook ? webhooks(component) : names[Int(component.number)]
    }

    static func webhooks(_ component: Component) -> String {
        component == .validatingWebhook ? "validating webhooks" : "mutating webhooks"
    }

    /// A kind of request: `create widgets`, `get pods/log`.
    static func kind(_ request: RequestLabels) -> String {
        let resource = request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)"
        return resource.isEmpty ? request.verb : "\(request.verb) \(resource)"
    }

    static func counted(_ count: Int, _ one: String, _ several: String) -> String {
        "\(count) \(count == 1 ? one : several)"
    }

    static func rate(_ perSecond: Double) -> String { number(perSecond) }

    /// Something that spans say, in quotation marks. Nothing is escaped, since outputs escape whole sentences: what is unsafe
    /// is replaced.
    ///
    /// - Parameter limit: characters.
    static func quote(_ text: String, limit: Int) -> String {
        let cited = text.count > limit ? text.prefix(limit) + "…" : text[...]
        return "\"\(printable(String(cited)).replacing("\"", with: "'"))\""
    }

    /// A name without what could steer a terminal or break a line.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: PrintableText.isUnsafe) else { return text }
        let safe = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            guard PrintableText.isUnsafe(scalar) else { return scalar }
            return scalar.properties.isWhitespace ? " " : "\u{FFFD}"
        }
        return String(String.UnicodeScalarView(safe))
    }

    static func times(_ ratio: Double) -> String { "\(number(ratio)) times" }

    /// `210 ms instead of 2 ms at p99`, at the quantile that shows the growth, be it a slight one. If no quantile does,
    /// because the mix hides the growth or only a few durations grew, the text says how many times as long they took.
    static func grown(_ growth: Growth) -> String {
        let slight = growth.slightlyDecisive
        let timesMin = slight == nil ? 2.0 : 1.5
        let decisive: [(Double, String)] =
            switch growth.decisive ?? slight {
            case .upper: [(0.8, "p80"), (0.9, "p90"), (0.5, "p50")]
            case .tail, .calm: [(0.9, "p90"), (0.99, "p99"), (0.5, "p50")]
            case .mean, .calmTail: [(0.99, "p99"), (0.9, "p90"), (0.5, "p50")]
            case .low, .median, nil: [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")]
            }
        for (quantile, name) in decisive {
            guard let now = growth.now.quantile(quantile), let before = growth.before.quantile(quantile),
                Double(now) >= timesMin * Double(before)
            else { continue }
            return "\(duration(now)) instead of \(duration(before)) at \(name)"
        }
        let grown = slight.flatMap { growth[$0]?.times } ?? growth.greatest
        return "\(times(grown)) as long as before, each kind compared with itself"
    }

    /// From this many times the usual on, a growth leaves no doubt.
    static let overwhelming = 6.0

    // MARK: Missing spans

    /// Why spans of a healthy etcd may be missing.
    static let mayBeMissing = "etcd's clock may be off, or not all of its spans arrive"

    /// A clause about one side while the other is slow. It is unaffected only if it was observed and compared.
    ///
    /// - Parameters:
    ///   - slower: what took longer on the other side.
    ///   - isAre: `etcd's own handlers are`.
    ///   - name: the same without the verb.
    static func beside(_ growth: Growth, while slower: Growth, _ isAre: String, _ name: String) -> String {
        switch growth.trend {
        case .unchanged: "\(isAre) unaffected"
        case .grewSlightly: "\(name) took longer too, less clearly: \(grown(growth))"
        case .grew where growth.times < slower.times:
            "\(name) grew less (\(times(growth.times)) on average, not \(times(slower.times)))"
        case .grew: "\(name) took longer too: \(grown(growth))"
        case .unheard: "there are no spans of \(name) in the interval"
        case .withoutBaseline: "there is no earlier data on \(name)"
        case .tooFew: "there is too little data on \(name) to compare"
        }
    }

    /// A clause that says what is missing for a comparison; nil if nothing is.
    static func missing(_ growth: Growth, _ spans: String) -> String? {
        switch growth.trend {
        case .unchanged, .grewSlightly, .grew: nil
        case .unheard where spans.contains("etcd"): "no \(spans) ended in the interval: \(mayBeMissing)"
        case .unheard: "no \(spans) ended in the interval"
        case .withoutBaseline: "there are no earlier \(spans) to compare with"
        case .tooFew: "there are too few \(spans) to compare"
        }
    }

    /// `neither etcd nor webhooks got clearly slower`
    static func noneSlower(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return "\(names.first ?? "") didn't get clearly slower" }
        return "neither \(names.dropLast().joined(separator: ", ")) nor \(last) got clearly slower"
    }

    /// Three digits from 100 on, two below.
    private static func number(_ value: Double) -> String {
        guard value < 9.95 else { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
