/// The labels of a series as a scrape writes them: made once, because a series appears in several families.
struct SeriesText: Sendable {
    /// `service="checkout",kind="SERVER"` in UTF-8.
    let bytes: [UInt8]
    /// How many labels there are besides the cluster.
    let count: Int

    /// - Parameters:
    ///   - names: in the order in which labels are written.
    ///   - values: one for each name.
    init(_ names: [String], _ values: [String]) {
        precondition(values.count == names.count, "labels \(names) with \(values.count) values")
        var bytes: [UInt8] = []
        for (name, value) in zip(names, values) { Self.write(name, value, to: &bytes) }
        self.init(bytes: bytes, count: names.count)
    }

    /// - Parameter cluster: written first, unless it is empty.
    init(cluster: String, _ names: [String], _ values: [String]) {
        let own = SeriesText(names, values)
        guard !cluster.isEmpty else {
            self = own
            return
        }
        var bytes: [UInt8] = []
        Self.write("cluster", cluster, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        self.init(bytes: bytes + own.bytes, count: own.count)
    }

    private init(bytes: [UInt8], count: Int) {
        self.bytes = bytes
        self.count = count
    }

    func adding(_ name: String, _ value: String) -> SeriesText {
        var longer = bytes
        Self.write(name, value, to: &longer)
        return SeriesText(bytes: longer, count: count + 1)
    }

    private static func write(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes += name.utf8
        bytes += "=\"".utf8
        bytes += LabelText.written(value).utf8
        bytes.append(UInt8(ascii: "\""))
    }
}

/// The upper bounds of a histogram's buckets in seconds, without the infinite one.
package struct HistogramBounds: Sendable {
    /// The `le` of each bucket with the end of the labels, the infinite one last.
    let ends: [[UInt8]]

    package init(_ seconds: [Double]) {
        ends = (seconds + [.infinity]).map { Array("le=\"\(Exposition.number($0))\"} ".utf8) }
    }
}
