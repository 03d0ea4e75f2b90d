/// Whether comparisons can hold together, given the ranges of their values and the orders between them. When in doubt,
/// they can: computed bounds are widened by more than rounding errors.
struct Conjunction {
    /// `x ≤ ratio · y`, for values that are never negative.
    private struct Order {
        var ratio: Double
        /// Whether it is `<`.
        var isStrict: Bool

        func isStronger(than other: Order?) -> Bool {
            guard let other else { return true }
            return ratio < other.ratio || ratio == other.ratio && isStrict && !other.isStrict
        }

        func following(_ next: Order) -> Order {
            Order(ratio: ratio * next.ratio, isStrict: isStrict || next.isStrict)
        }
    }

    private static let demandsMax = 128
    private static let valuesMax = 24
    private static let widening = 1e-9

    private let demands: [Demand]
    /// By demand; nil if it isn't linear.
    private let forms: [LinearForm?]
    private var values: [WindowValue] = []
    private var numbers: [WindowValue: Int] = [:]
    private var ranges: [LawfulRange] = []
    private var orders: [[Order?]] = []
    /// Pairs that must differ: a value and a number, or two values.
    private var excluded: [(value: Int, number: Double)] = []
    private var different: [(Int, Int)] = []
    /// Whether values cancel out of a comparison and the rest is false.
    private var contradictsItself = false

    static func isPossible(_ demands: [Demand]) -> Bool {
        guard demands.count <= demandsMax else { return true }
        if demands.count == 1, isPlain(demands[0]) { return true }
        var conjunction = Conjunction(demands)
        return conjunction.values.count > valuesMax || conjunction.isPossible()
    }

    /// Whether a comparison is of a value with a number well within its range: nearly all are.
    private static func isPlain(_ demand: Demand) -> Bool {
        guard case .value(let value) = demand.left.kind, case .literal(let literal) = demand.right.kind,
            demand.sign != .equal, demand.sign != .notEqual
        else { return false }
        let range = value.measure.traits.range
        // Of whole numbers, some must remain on both sides.
        let margin = value.measure.definition.isWhole ? 1.0 : 0
        return range.low < literal.value - margin && literal.value + margin < range.high
    }

    private init(_ demands: [Demand]) {
        self.demands = demands
        forms = demands.map { LinearForm($0) }
        for (demand, form) in zip(demands, forms) {
            for side in [demand.left, demand.right] {
                for (value, _) in side.values { add(value) }
                for value in (LinearForm(side)?.factors.keys).map(Array.init) ?? [] { add(value) }
            }
            for value in (form?.factors.keys).map(Array.init) ?? [] { add(value) }
        }
        orders = Array(repeating: Array(repeating: nil, count: values.count), count: values.count)
    }

    private mutating func add(_ value: WindowValue) {
        guard numbers[value] == nil else { return }
        numbers[value] = values.count
        values.append(value)
        ranges.append(value.measure.traits.range)
    }

    private mutating func isPossible() -> Bool {
        for lower in values.indices {
            for upper in values.indices where values[lower].isNeverAbove(values[upper]) {
                note(lower, upper, Order(ratio: 1, isStrict: false))
            }
        }
        for (demand, form) in zip(demands, forms) {
            // Identical sides are always equal.
            if demand.left == demand.right, !demand.sign.holds(0, 0) { return false }
            if let form { take(form, demand.sign) }
        }
        guard !contradictsItself, closeOrders() else { return false }
        narrow()
        return ranges.allSatisfy { !$0.isEmpty } && isSeenPossible && areSharesPossible && areErrorsPossible
            && areDifferencesPossible
            && zip(demands, forms).allSatisfy { demand, form in
                form.map { isPossibleForShares($0, demand.sign) } ?? true
            }
            && demands.allSatisfy { demand in
                range(of: demand.left).compared(demand.sign, with: range(of: demand.right)).contains(.holds)
            }
    }

    // MARK: Comparisons to bounds and orders

    /// Takes a comparison of a form with 0.
    private mutating func take(_ form: LinearForm, _ sign: ComparisonOperator) {
        guard !form.isCancelled else { return }
        let terms = form.factors.compactMap { value, factor in numbers[value].map { (value: $0, factor: factor) } }
        switch (terms.count, sign) {
        case (0, _):
            if form.isExact, !sign.holds(form.constant, 0) { contradictsItself = true }
        case (1, .notEqual):
            if form.isOfSingleValues { excluded.append((terms[0].value, -form.constant / terms[0].factor)) }
        case (2, .notEqual):
            if form.isOfSingleValues, form.scale == 0, terms[0].factor == -terms[1].factor {
                different.append((terms[0].value, terms[1].value))
            }
        case (1, .equal), (2, .equal):
            take(terms, form, isStrict: false)
            take(terms.map { ($0.value, -$0.factor) }, form.times(-1), isStrict: false)
        case (1, .greater), (2, .greater), (1, .greaterOrEqual), (2, .greaterOrEqual):
            take(terms, form, isStrict: sign == .greater)
        case (1, .less), (2, .less), (1, .lessOrEqual), (2, .lessOrEqual):
            take(terms.map { ($0.value, -$0.factor) }, form.times(-1), isStrict: sign == .less)
        default: break
        }
    }

    /// Requires a form to be at least 0, or above 0.
    private mutating func take(_ terms: [(value: Int, factor: Double)], _ form: LinearForm, isStrict: Bool) {
        if terms.count == 1 {
            let (value, factor) = terms[0]
            let bound = -form.constant / factor
            let slack = form.isOfSingleValues ? 0 : Self.widening * form.scale / abs(factor)
            let isOpen = isStrict && form.isOfSingleValues
            if factor > 0 {
                ranges[value].raiseLow(to: bound - slack, isOpen: isOpen)
            } else {
                ranges[value].lowerHigh(to: bound + slack, isOpen: isOpen)
            }
            return
        }
        guard let upper = terms.first(where: { $0.factor > 0 }), let lower = terms.first(where: { $0.factor < 0 }),
            form.constant <= 0, form.isOfSingleValues || form.scale == 0 || -form.constant > Self.widening * form.scale
        else { return }
        let ratio = upper.factor / -lower.factor
        note(
            lower.value, upper.value,
            Order(ratio: form.isOfSingleValues ? ratio : ratio * (1 + 1e-12), isStrict: isStrict || form.constant < 0))
    }

    private mutating func note(_ lower: Int, _ upper: Int, _ order: Order) {
        if order.isStronger(than: orders[lower][upper]) { orders[lower][upper] = order }
    }

    // MARK: Conclusions

    /// Combines orders transitively; false if a value would be below itself.
    private mutating func closeOrders() -> Bool {
        for middle in values.indices {
            for lower in values.indices {
                guard let first = orders[lower][middle] else { continue }
                for upper in values.indices {
                    guard let second = orders[middle][upper] else { continue }
                    note(lower, upper, first.following(second))
                }
            }
        }
        for value in values.indices {
            guard let own = orders[value][value] else { continue }
            let isSmaller = own.ratio < 1 - Self.widening
            if own.isStrict, isSmaller || own.ratio == 1 { return false }
            // Only 0 is at most a fraction of itself.
            if isSmaller { ranges[value].lowerHigh(to: 0, isOpen: false) }
        }
        return true
    }

    private mutating func narrow() {
        for value in values.indices where values[value].measure.definition.isWhole { ranges[value].makeWhole() }
        for lower in values.indices {
            for upper in values.indices {
                guard lower != upper, let order = orders[lower][upper] else { continue }
                let (low, high) = (ranges[lower], ranges[upper])
                ranges[upper].raiseLow(to: low.low / order.ratio, isOpen: order.isStrict || low.isLowOpen)
                ranges[lower].lowerHigh(to: high.high * order.ratio, isOpen: order.isStrict || high.isHighOpen)
            }
        }
        for value in values.indices where values[value].measure.definition.isWhole { ranges[value].makeWhole() }
    }

    /// Shares of the same requests' time add up to at most 1.
    private var areSharesPossible: Bool {
        var sums: [Int64: Double] = [:]
        for (value, range) in zip(values, ranges) {
            if value.measure.definition.isShare { sums[value.offset, default: 0] += range.low }
        }
        return sums.values.allSatisfy { $0 <= 1 + Self.widening }
    }

    /// A sum of shares of the same requests' time is at most its largest factor.
    private func isPossibleForShares(_ form: LinearForm, _ sign: ComparisonOperator) -> Bool {
        guard Set(form.factors.keys.map(\.offset)).count == 1,
            form.factors.keys.allSatisfy(\.measure.definition.isShare)
        else { return true }
        let slack = Self.widening * (1 + form.scale)
        let most = max(form.factors.values.max() ?? 0, 0) + form.constant + slack
        let least = min(form.factors.values.min() ?? 0, 0) + form.constant - slack
        return switch sign {
        case .greater, .greaterOrEqual: most >= 0
        case .less, .lessOrEqual: least <= 0
        case .equal: least <= 0 && most >= 0
        case .notEqual: true
        }
    }

    /// Without spans only `seen` has a value: no other value of the same range can hold beside `seen == 0`.
    private var isSeenPossible: Bool {
        values.indices.allSatisfy { index in
            guard values[index].measure == .seen, ranges[index].high < 1 else { return true }
            return !values.contains { $0.offset == values[index].offset && $0.measure.needsSpans }
        }
    }

    /// An error ratio is errors divided by count.
    private var areErrorsPossible: Bool {
        values.indices.allSatisfy { index in
            guard values[index].measure == .errorRatio else { return true }
            func range(_ measure: Measure) -> LawfulRange? {
                numbers[WindowValue(measure, offset: values[index].offset)].map { ranges[$0] }
            }
            let errors = range(.errors) ?? LawfulRange(low: 0, high: .infinity)
            let count = range(.count) ?? range(.seen) ?? LawfulRange(low: 1, high: .infinity)
            let (low, high) = (errors.low / count.high, errors.high / max(count.low, 1))
            return low <= ranges[index].high * (1 + Self.widening) && ranges[index].low <= high * (1 + Self.widening)
                && !(errors.high == 0 && ranges[index].low == 0 && ranges[index].isLowOpen)
                && !(ranges[index].high == 0 && errors.low > 0)
        }
    }

    private var areDifferencesPossible: Bool {
        let isEqual = Order(ratio: 1, isStrict: false)
        return excluded.allSatisfy { ranges[$0.value].low != $0.number || ranges[$0.value].high != $0.number }
            && different.allSatisfy { first, second in
                isEqual.isStronger(than: orders[first][second]) || isEqual.isStronger(than: orders[second][first])
                    || (orders[first][second]?.ratio ?? 2) > 1 || (orders[second][first]?.ratio ?? 2) > 1
            }
    }

    private func range(of expression: Expression) -> NumberInterval {
        switch expression.kind {
        case .literal(let literal): NumberInterval(literal.value)
        case .value(let value): range(of: value)
        case .negative(let operand): -range(of: operand)
        case .arithmetic(_, let errors, _) where expression.isErrorsByCount:
            range(of: WindowValue(.errorRatio, offset: errors.values.first?.value.offset ?? 0))
        case .arithmetic(let sign, let left, let right): range(of: left).combined(sign, with: range(of: right))
        // A truth value is not a number.
        case .not, .comparison, .logic: .anything
        }
    }

    private func range(of value: WindowValue) -> NumberInterval {
        numbers[value].map { ranges[$0].closed } ?? value.measure.traits.range.closed
    }
}
