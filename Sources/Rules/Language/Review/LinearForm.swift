/// A sum of values, each times a number, and of a number: what an expression says, where it says no more.
struct LinearForm {
    private(set) var factors: [WindowValue: Double] = [:]
    /// The sums of the magnitudes of what `factors` were made from.
    private var weights: [WindowValue: Double] = [:]
    private(set) var constant = 0.0
    /// The sum of the magnitudes of what `constant` was made from, by which its error is known.
    private(set) var scale = 0.0
    /// Whether nothing was multiplied or divided, and at most one number added: then rounding changes no order.
    private var isPlain = true
    private var literals = 0

    /// nil where an expression is no such sum.
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

    private init() {}

    private init(of value: WindowValue) {
        factors[value] = 1
        weights[value] = 1
    }

    /// Whether each value stands in it once, and by itself.
    var isOfSingleValues: Bool { isPlain && weights.values.allSatisfy { $0 == 1 } }

    /// Whether some value nearly cancels out, so that rounding is most of what is left of it.
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
    /// `errors / count`, which is an error ratio.
    var isErrorsByCount: Bool {
        guard case .arithmetic(.divide, let left, let right) = kind, case .value(let errors) = left.kind,
            case .value(let count) = right.kind
        else { return false }
        return errors.measure == .errors && count.measure == .count && errors.offset == count.offset
    }
}
