import Engine
import Rules
import Support

/// Parses a line that describes spans.
struct SyntheticOperationReader {
    private static let settings = ["rate", "errors", "kind", "scope", "instance", "max"]
    /// More would take gigabytes of memory.
    private static let spansMax = 5_000_000

    private let words: [SyntheticWord]
    private var next = 0
    private var percentiles: [SyntheticOperation.Percentile] = []
    private var interval: Int64 = 1_000_000_000
    private var errorMillionths = 0
    private var kind = SpanKind.server
    private var scope: String?
    private var instance = ""
    private var start: Int64 = 0
    private var length: Int64?

    init(_ line: String) throws(ConditionError) {
        words = try SyntheticWord.words(of: line)
    }

    mutating func read() throws(ConditionError) -> SyntheticOperation {
        var names: [SyntheticWord] = []
        while next < words.count, !isSetting(words[next]) {
            names.append(words[next])
            next += 1
        }
        while next < words.count { try readSetting() }
        let name = try name(names)
        guard let length else {
            throw ConditionError(at: 0, "the line doesn't say for how long: end it with \"for 10m\"")
        }
        guard !percentiles.isEmpty else {
            throw ConditionError(at: 0, "the line doesn't say how long spans take: add for example p50=20ms")
        }
        let (end, overflow) = start.addingReportingOverflow(length)
        guard !overflow, length / interval <= Self.spansMax else {
            throw ConditionError(at: 0, "this makes more than \(Self.spansMax) spans")
        }
        return SyntheticOperation(
            service: names[0].text, instance: instance, name: name, percentiles: try ascending(), interval: interval,
            errorMillionths: errorMillionths, start: start, end: end)
    }

    private func name(_ names: [SyntheticWord]) throws(ConditionError) -> SyntheticOperation.Name {
        switch names.count {
        case 2:
            if let scope { throw ConditionError(at: 0, "scope=\(scope) is for requests, as in: apiserver list pods") }
            return .span(operation: names[1].text, kind: kind)
        case 3 where SyntheticRequest.verbs.contains(names[1].text):
            return .request(SyntheticRequest(verb: names[1].text, resource: names[2].text, scope: scope))
        case 3:
            throw ConditionError(
                at: names[1].position,
                "\(PrintableText.quote(names[1].text)) is not a verb (\(SyntheticRequest.verbs.joined(separator: ", "))); "
                    + "quote the name of an operation that has spaces")
        default:
            throw ConditionError(
                at: 0,
                "a line begins with a service and an operation (etcd etcdserverpb.KV/Range), "
                    + "or with a request (apiserver list pods)")
        }
    }

    // MARK: Settings

    private func isSetting(_ word: SyntheticWord) -> Bool {
        guard !word.isQuoted else { return false }
        if word.text == "for" || word.text == "from" { return true }
        guard let equals = word.text.firstIndex(of: "=") else { return false }
        let key = String(word.text[..<equals])
        return Self.settings.contains(key) || Quantile(percent: key.dropFirst()) != nil
    }

    private mutating func readSetting() throws(ConditionError) {
        let word = words[next]
        next += 1
        if word.text == "for" || word.text == "from" {
            guard next < words.count, let time = DurationText.parse(words[next].text) else {
                throw ConditionError(at: word.position, "\"\(word.text)\" is followed by a duration such as 10m")
            }
            next += 1
            if word.text == "for" { length = time } else { start = time }
            return
        }
        guard let equals = word.text.firstIndex(of: "="), isSetting(word) else {
            throw ConditionError(
                at: word.position,
                "unexpected \(PrintableText.quote(word.text)); settings are pN=, max=, rate=, errors=, kind=, scope=, "
                    + "instance=, for and from")
        }
        let key = String(word.text[..<equals])
        let value = String(word.text[word.text.index(after: equals)...])
        try set(key, value, at: word.position + key.unicodeScalars.count + 1)
    }

    private mutating func set(_ key: String, _ value: String, at position: Int) throws(ConditionError) {
        func require<Value>(_ value: Value?, _ wanted: String) throws(ConditionError) -> Value {
            if let value { return value }
            throw ConditionError(at: position, "\(key)= takes \(wanted)")
        }
        switch key {
        case "rate": interval = try require(Self.interval(rate: value), "spans per second such as 50/s")
        case "errors": errorMillionths = try require(Self.millionths(percent: value), "a percentage such as 1%")
        case "kind":
            let names = SpanKind.allCases.map(\.name).joined(separator: ", ")
            kind = try require(SpanKind.allCases.first { $0.name == value }, "one of \(names)")
        case "scope":
            let names = SyntheticRequest.scopes.joined(separator: ", ")
            scope = try require(SyntheticRequest.scopes.first { $0 == value }, "one of \(names)")
        case "instance":
            instance = try require(
                value.isEmpty || value.utf8.count > SpanBatch.sourceBytesMax ? nil : value,
                "a name of up to \(SpanBatch.sourceBytesMax) bytes")
        default:
            let percent = key == "max" ? "100" : String(key.dropFirst())
            let millionths = try require(Self.millionths(percent: percent + "%"), "a percentile with four decimals")
            let duration = try require(DurationText.parse(value), "a duration such as 20ms")
            percentiles.append(SyntheticOperation.Percentile(millionths: millionths, duration: duration))
        }
    }

    private func ascending() throws(ConditionError) -> [SyntheticOperation.Percentile] {
        let sorted = percentiles.sorted { $0.millionths < $1.millionths }
        for (lower, higher) in zip(sorted, sorted.dropFirst()) {
            guard lower.millionths < higher.millionths, lower.duration <= higher.duration else {
                throw ConditionError(at: 0, "a higher percentile takes at least as long as a lower one")
            }
        }
        return sorted
    }

    // MARK: Numbers

    /// Nanoseconds between spans.
    private static func interval(rate: String) -> Int64? {
        guard rate.hasSuffix("/s"), let perSecond = Double(rate.dropLast(2)), perSecond > 0, perSecond <= 1e6 else {
            return nil
        }
        let interval = (1e9 / perSecond).rounded()
        return interval < 1e18 ? Int64(interval) : nil
    }

    private static func millionths(percent: String) -> Int? {
        guard percent.hasSuffix("%"), let value = Double("\(percent.dropLast())e4"), (0...1_000_000).contains(value),
            value == value.rounded()
        else { return nil }
        return Int(value)
    }
}

/// A word of a line that describes spans, or text in double quotes.
struct SyntheticWord {
    var text: String
    /// Unicode scalars from the line's start.
    var position: Int
    var isQuoted: Bool

    /// Splits a line into words.
    static func words(of line: String) throws(ConditionError) -> [SyntheticWord] {
        var words: [SyntheticWord] = []
        let scalars = Array(line.unicodeScalars)
        var position = 0
        while position < scalars.count {
            if scalars[position].properties.isWhitespace {
                position += 1
                continue
            }
            let start = position
            let isQuoted = scalars[position] == "\""
            if isQuoted { position += 1 }
            let contents = position
            while position < scalars.count,
                isQuoted ? scalars[position] != "\"" : !scalars[position].properties.isWhitespace
            { position += 1 }
            if isQuoted, position == scalars.count { throw ConditionError(at: start, "a quote that is never closed") }
            let text = String(String.UnicodeScalarView(scalars[contents..<position]))
            words.append(SyntheticWord(text: text, position: start, isQuoted: isQuoted))
            if isQuoted { position += 1 }
        }
        return words
    }
}
