/// One trace of `OddTraffic`.
struct OddTrace {
    private(set) var spans: [ReferenceSpan] = []
    private let traceID: [UInt8]
    private let begin: Int64
    /// About how long its root takes, nanoseconds.
    private let length: Int64
    /// How far etcd's clock is ahead, nanoseconds.
    private let etcdClock: Int64
    private let hasDuplicates: Bool

    init(number: Int, begin: Int64, hasDuplicates: Bool, _ choices: inout Choices) {
        self.begin = begin
        self.hasDuplicates = hasDuplicates
        // Pairs of traces share half of their ids.
        let high = UInt64(number % 2 + 1)
        let low = UInt64(number / 2 + 1)
        traceID = Self.bytes(high) + Self.bytes(low)
        length = choices.pick([
            1, 1_000, 30_000_000, 30_000_000, 900_000_000, 4_999_999_999, 13_000_000_000, 70_000_000_000,
            700_000_000_000, 9_000_000_000_000,
        ])
        let far = choices.pick([
            length / 3, 1_000_000, 7 * OddTraffic.second, 60 * OddTraffic.second, 590 * OddTraffic.second,
        ])
        etcdClock = choices.isOne(in: 5) ? (choices.isOne(in: 2) ? far : -far) : 0
    }

    func clock(of span: ReferenceSpan) -> Int64 { span.isOfEtcd ? etcdClock : 0 }

    // MARK: Spans

    mutating func addSome(_ choices: inout Choices) {
        let count = 1 + choices.number(below: choices.isOne(in: 3) ? OddTraffic.spansOfTraceMax : 6)
        for number in 0..<count { add(number, parent(of: number, count, &choices), &choices) }
    }

    /// Many siblings, or a long chain.
    mutating func addMany(_ choices: inout Choices) {
        let count = choices.pick([70, 129, 300, 1_200])
        let isChain = choices.isOne(in: 3)
        for number in 0..<count { add(number, isChain ? number : min(number, 1), &choices) }
    }

    /// The id of a span's parent; 0 for a root.
    private func parent(of number: Int, _ count: Int, _ choices: inout Choices) -> Int {
        switch choices.number(below: 24) {
        // Missing, its own id, or that of a later span, which may make a cycle.
        case 21: 60_000
        case 22: number + 1
        case 23: 1 + choices.number(below: count)
        case 14...20: number
        case 0...13 where number > 0: 1 + choices.number(below: choices.isOne(in: 2) ? number : 1)
        default: 0
        }
    }

    private mutating func add(_ number: Int, _ parent: Int, _ choices: inout Choices) {
        let template =
            number == 0 && !choices.isOne(in: 8)
            ? choices.pick(OddSpanTemplate.requests) : choices.pick(OddSpanTemplate.all)
        let above = parent > 0 && parent <= spans.count ? spans[parent - 1] : nil
        var time = above.map { self.time(below: $0, &choices) } ?? root(&choices)
        if template.service == "etcd" { time = Self.shift(time, by: etcdClock - (above.map(clock) ?? 0)) }
        // There are many webhooks.
        let service = template.service == "my-webhook" ? "webhook-\(number)" : template.service
        let isAgain = hasDuplicates && number > 0 && choices.isOne(in: 64)
        let id = isAgain ? 1 + choices.number(below: number) : number + 1
        spans.append(
            ReferenceSpan(
                service: Array(service.utf8), name: Array(template.name.utf8), kind: template.kind, traceID: traceID,
                spanID: Self.bytes(UInt64(id)), parentID: parent == 0 ? [] : Self.bytes(UInt64(parent)),
                start: UInt64(time.lowerBound), end: UInt64(time.upperBound),
                statusCode: choices.isOne(in: 6) ? 2 : 0,
                texts: template.target.map { ["http.target": [Array($0.utf8)]] } ?? [:], integers: [:]))
    }

    // MARK: Times

    private func root(_ choices: inout Choices) -> Range<Int64> {
        let start = begin + choices.part(of: 5 * OddTraffic.second)
        return start..<start + length - choices.part(of: length)
    }

    private func time(below parent: ReferenceSpan, _ choices: inout Choices) -> Range<Int64> {
        let clock = clock(of: parent)
        let above = Self.shift(Int64(parent.start)..<Int64(parent.end), by: -clock)
        let within = above.upperBound - above.lowerBound
        let start = above.lowerBound + choices.part(of: within)
        switch choices.number(below: 16) {
        case 0...7: return start..<start + choices.part(of: above.upperBound - start)
        case 8: return above
        case 9: return start..<start
        case 10: return start..<above.upperBound + choices.part(of: length)
        case 11: return above.lowerBound - choices.part(of: min(length, 600 * OddTraffic.second))..<start
        case 12:
            let before = choices.part(of: min(length, 600 * OddTraffic.second))
            return above.lowerBound - before..<above.upperBound + choices.part(of: length)
        case 13:
            let start = above.upperBound + choices.part(of: length)
            return start..<start + choices.part(of: length)
        default:
            // At the same time as the previous span.
            guard let last = spans.last else { return above }
            return Self.shift(Int64(last.start)..<Int64(last.end), by: -self.clock(of: last))
        }
    }

    private static func shift(_ time: Range<Int64>, by offset: Int64) -> Range<Int64> {
        time.lowerBound + offset..<time.upperBound + offset
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }
}

extension ReferenceSpan {
    fileprivate var isOfEtcd: Bool { service == Array("etcd".utf8) }
}
