import Support

/// What the value of an alert is measured in.
package enum AlertUnit: String, Hashable, Sendable, Codable, CaseIterable {
    case seconds
    /// A part of a whole, 0...1.
    case ratio
    case perSecond = "per_second"

    /// nil for counts and plain numbers.
    init?(_ dimension: Dimension) {
        switch dimension {
        case .time: self = .seconds
        case .ratio: self = .ratio
        case .rate: self = .perSecond
        case .count, .plain, .boolean: return nil
        }
    }
}

extension Alert {
    /// The value for people: `212 ms`, `12.5 %`, `1,250/s`, `50`. nil without one.
    package var valueText: String? {
        guard let value else { return nil }
        return switch unit {
        case .seconds: durationText(seconds: value)
        case .ratio: percentText(value)
        case .perSecond: rateText(value)
        case nil: HumanNumber.plain(value)
        }
    }
}
