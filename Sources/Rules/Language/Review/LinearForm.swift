/// An expression as a sum: values times factors, plus a constant.
struct LinearForm {
    private(set) var factors: [WindowValue: Double] = [:]
    /// The sum of magnitudes that each factor was computed from.
    private var weights: [WindowValue: Double] = [:]
    private(set) var constant = 0.0
    /// The sum of magnitudes that `constant` was computed from; bounds its rounding error.
    private(set) var scale = 0.0
    /// Whether nothing was multiplied or divided and at most one number was added, so that rounding can't change an order.
    private var isPlain = true
    private var literals = 0

    /// nil if the expression isn't linear.
    init?(_ expression: Expression) {
        self.init()
        switch expression.kind {
        case .literal(let literal):
            constant = literal.value
            scale = abs(literal.value)
            literals = 1
        case .value(let value): self = LinearForm(of: value)
        case .negative(let operand):
            guard let form = LinearForm(operand) else { return nil }
            self = form.times(-1)
        case .arithmetic where expression.isErrorsByCount:
            guard case .arithmetic(_, let errors, _) = expression.kind, let value = errors.values.first?.value else {
                return nil
            }
            self = LinearForm(of: WindowValue(.errorRatio, offset: value.offset))
        case .arithmetic(let sign, let left, let right):
            // Exactly 0.
            if sign == .subtract, left == right { return }
            guard let left = LinearForm(left), let right = LinearForm(right) else { return nil }
            switch sign {
            case .add: self = left.adding(right)
            case .subtract: self = left.adding(right.times(-1))
            case .multiply:
                guard left.factors.isEmpty || right.factors.isEmpty else { return nil }
                self = left.factors.isEmpty ? right.times(left.constant) : left.times(right.constant)
                isPlain = false
            case .divide:
                guard right.factors.isEmpty, right.constant != 0 else { return nil }
                self = left.times(1 / right.constant)
                isPlain = false
            }
        case .not, .comparison, .logic: return nil
        }
    }

    /// The left side of a comparison minus its right side. A quotient compared with a number is multiplied by its divisor:
    /// values are never negative, and a division by 0 has no data.
    ///
    /// nil if that isn't linear.
    init?(_ demand: Demand) {
        let (left, right) = (demand.left, demand.right)
        if demand.sign != .notEqual, let (dividend, divisor) = Self.quotient(left), let number = Self.number(right) {
            self = dividend.adding(divisor.times(-number))
            // Rounding never moves a quotient across 1.
            isPlain = isPlain && number == 1
        } else if demand.sign != .notEqual, let (dividend, divisor) = Self.quotient(right),
            let number = Self.number(left)
        {
            self = divisor.times(number).adding(dividend.times(-1))
            isPlain = isPlain && number == 1
        } else {
            guard let left = LinearForm(left), let right = LinearForm(right) else { return nil }
            self = left.adding(right.times(-1))
        }
    }

    private static func quotient(_ expression: Expression) -> (dividend: LinearForm, divisor: LinearForm)? {
        guard !expression.isErrorsByCount, case .arithmetic(.divide, let dividend, let divisor) = expression.kind,
            !divisor.values.isEmpty, let dividend = LinearForm(dividend), let divisor = LinearForm(divisor),
            divisor.constant >= 0, divisor.factors.allSatisfy({ $0.value >= 0 })
        else { return nil }
        return (dividend, divisor)
    }

    private static func number(_ expression: Expression) -> Double? {
        guard expression.values.isEmpty, let form = LinearForm(expression), form.factors.isEmpty else { return nil }
        return form.constant
    }

    private init() {}

    private init(of value: WindowValue) {
        factors[value] = 1
        weights[value] = 1
    }

    /// Whether each value occurs once, without a factor.
    var isOfSingleValues: Bool { isPlain && weights.values.allSatisfy { $0 == 1 } }

    /// Whether it is a constant without rounding error.
    var isExact: Bool { factors.isEmpty && isPlain }

    /// Whether some value nearly cancels out, so that the rest is mostly rounding error.
    var isCancelled: Bool { factors.contains { abs($0.value) < 1e-6 * (weights[$0.key] ?? 1) } }

    func adding(_ other: LinearForm) -> LinearForm {
        var sum = self
        for (value, factor) in other.factors { sum.factors[value, default: 0] += factor }
        for (value, weight) in other.weights { sum.weights[value, default: 0] += weight }
        sum.constant += other.constant
        sum.scale += other.scale
        sum.literals += other.literals
        sum.isPlain = isPlain && other.isPlain && sum.literals <= 1
        return sum
    }

    func times(_ number: Double) -> LinearForm {
        var product = self
        product.factors = factors.mapValues { $0 * number }
        product.weights = weights.mapValues { $0 * abs(number) }
        product.constant *= number
        product.scale *= abs(number)
        return product
    }
}

extension Expression {
    /// Whether it is `errors / count`, an error ratio.
    var isErrorsByCount: Bool {
        guard case .arithmetic(.divide, let left, let right) = kind, case .value(let errors) = left.kind,
            case .value(let count) = right.kind
        else { return false }
        return errors.measure == .errors && count.measure == .count && errors.offset == count.offset
    }
}
