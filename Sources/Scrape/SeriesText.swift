/// The labels of a series as a scrape writes them: made once, because a series appears in several families.
struct SeriesText: Sendable {
    /// `service="checkout",kind="SERVER"` in UTF-8.
    let bytes: [UInt8]
    /// How many labels there are besides the cluster.
    let count: Int

    /// - Parameters:
    ///   - cluster: written first, unless it is empty.
    ///   - names: in the order in which labels are written.
    ///   - values: one for each name.
    init(cluster: String = "", _ names: [String], _ values: [String]) {
        precondition(values.count == names.count, "labels \(names) with \(values.count) values")
        self.init(cluster: cluster, zip(names, values).map { ($0, $1) })
    }

    /// - Parameters:
    ///   - cluster: written first, unless it is empty.
    ///   - labels: in the order in which they are written.
    init(cluster: String, _ labels: [(name: String, value: String)]) {
        var bytes: [UInt8] = []
        let least = labels.reduce(cluster.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        bytes.reserveCapacity(least + 4 * labels.count + 16)
        if !cluster.isEmpty { Self.write("cluster", cluster, to: &bytes) }
        for label in labels { Self.write(label.name, label.value, to: &bytes) }
        self.init(bytes: bytes, count: labels.count)
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

    /// Calls `body` with the name and the value of each label, in UTF-8 and without the escapes of the text format.
    func forEachLabel(_ body: (_ name: ArraySlice<UInt8>, _ value: [UInt8]) -> Void) {
        var rest = bytes[...]
        while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
            let name = rest[..<equals]
            var (value, index) = ([UInt8](), equals + 2)
            while rest[index] != UInt8(ascii: "\"") {
                let isEscape = rest[index] == UInt8(ascii: "\\")
                if isEscape { index += 1 }
                value.append(isEscape && rest[index] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : rest[index])
                index += 1
            }
            body(name, value)
            rest = rest[(index + 1)...].dropFirst()
        }
    }

    private static func write(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes += name.utf8
        bytes += "=\"".utf8
        bytes += LabelText.written(value).utf8
        bytes.append(UInt8(ascii: "\""))
    }
}
