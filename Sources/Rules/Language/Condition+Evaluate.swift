extension Condition {
    /// Whether the condition holds; nil, no data, if it can't be known.
    package func evaluate(_ readings: Readings) -> Bool? {
        for minimum in minimumCounts where !minimum.isMet(by: readings.count(offset: minimum.offset)) {
            return nil
        }
        return expression.truth(readings)
    }

    /// The value that an alert of this condition reports; nil if it can't be known.
    package func subjectValue(_ readings: Readings) -> Double? {
        subject.number(readings)
    }
}

extension Expression {
    /// Kleene's three-valued logic, nil being unknown: false and unknown is false, true or unknown is true.
    fileprivate func truth(_ readings: Readings) -> Bool? {
        switch kind {
        case .literal, .value, .negative, .arithmetic:
            return nil
        case .not(let operand):
            return operand.truth(readings).map { !$0 }
        case .comparison(let sign, let left, let right):
            guard let first = left.number(readings), let second = right.number(readings) else { return nil }
            return sign.holds(first, second)
        case .logic(let word, let left, let right):
            // The truth value that decides alone, whatever the other side.
            let deciding = word == .or
            let first = left.truth(readings)
            if first == deciding { return deciding }
            let second = right.truth(readings)
            if second == deciding { return deciding }
            return first == nil || second == nil ? nil : !deciding
        }
    }

    /// nil where there is no data; so is what has no finite value, such as a division by zero.
    fileprivate func number(_ readings: Readings) -> Double? {
        let result: Double?
        switch kind {
        case .literal(let literal): result = literal.value
        case .value(let value): result = readings[value]
        case .negative(let operand): result = operand.number(readings).map { -$0 }
        case .arithmetic(let sign, let left, let right):
            guard let first = left.number(readings), let second = right.number(readings) else { return nil }
            switch sign {
            case .add: result = first + second
            case .subtract: result = first - second
            case .multiply: result = first * second
            case .divide: result = first / second
            }
        case .not, .comparison, .logic: result = nil
        }
        guard let result, result.isFinite else { return nil }
        return result
    }
}
