import Engine
import Support
import Traces

// Why an answer may lack what the recording holds, in sentences for its readers.

extension RecordedTraces.Found {
    var warnings: [String] {
        damage.warnings
            + (failure.map { failure in
                switch failure {
                case .isBusy: ["the recording was not read, because another search is reading it; spans may be missing"]
                case .isTooLong:
                    ["the recording was not read to its end in \(QueryDeadline.reading.text); spans may be missing"]
                }
            } ?? [])
    }
}

extension RecordedTraces.Searched {
    var warnings: [String] {
        damage.warnings
            + (failure.map { failure in
                switch failure {
                case .isBusy:
                    ["the recording was not searched, because another search is reading it; traces may be missing"]
                case .isTooLong:
                    [
                        (since.map { "the recording was searched only back to \(Timestamp.rfc3339($0))" }
                            ?? "the recording was not searched to its end")
                            + ", in \(QueryDeadline.searching.text): ask for a shorter range"
                    ]
                }
            } ?? [])
    }
}

extension RecordedTraces.EarlierOperations {
    var warnings: [String] {
        searched.damage.warnings
            + (searched.failure.map { failure in
                switch failure {
                case .isBusy:
                    ["the recording was not read, because another search is reading it; names may be missing"]
                case .isTooLong:
                    [
                        (searched.since.map { "the recording was read only back to \(Timestamp.rfc3339($0))" }
                            ?? "the recording was not read to its end")
                            + ", in \(QueryDeadline.naming.text); names may be missing"
                    ]
                }
            } ?? [])
            + (limit.map { ["the recording has \($0) operations or more; of these, only \($0) are listed"] } ?? [])
    }
}

extension [RecordedTraces.Damage] {
    /// Few are as good as all: the log has them.
    private static let saidMax = 5

    fileprivate var warnings: [String] {
        let said = prefix(Self.saidMax).map(\.text)
        return count > said.count ? said + ["\(count - said.count) more damaged parts were passed over"] : said
    }
}

extension Duration {
    fileprivate var text: String { stretchText(components.seconds * 1_000_000_000) }
}
