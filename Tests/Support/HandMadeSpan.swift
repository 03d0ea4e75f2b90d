extension ReferenceSpan {
    /// A span written by hand: small numbers for ids and times.
    ///
    /// - Parameters:
    ///   - parent: 0 for a root.
    ///   - time: its start and its end, in nanoseconds; from 1 on.
    package init(
        _ name: String, kind: Int32 = 1, service: String = "apiserver", trace: UInt8 = 1, id: UInt8, parent: UInt8 = 0,
        _ time: Range<UInt64>, target: String? = nil
    ) {
        self.init(
            service: Array(service.utf8), name: Array(name.utf8), kind: kind,
            traceID: [UInt8](repeating: 0, count: 15) + [trace], spanID: [UInt8](repeating: 0, count: 7) + [id],
            parentID: parent == 0 ? [] : [UInt8](repeating: 0, count: 7) + [parent], start: time.lowerBound,
            end: time.upperBound, statusCode: 0, texts: target.map { ["http.target": [Array($0.utf8)]] } ?? [:],
            integers: [:])
    }
}
