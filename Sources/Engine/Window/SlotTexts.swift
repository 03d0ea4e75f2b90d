/// Texts that weren't kept, because their slots had too many.
package struct OverflowedTexts: Sendable {
    /// Status messages.
    package private(set) var messages = 0
    /// Names of webhooks.
    package private(set) var webhooks = 0

    mutating func count(isWebhook: Bool) {
        if isWebhook { webhooks += 1 } else { messages += 1 }
    }
}

/// What few of a slot's spans say, by row: status messages of those that failed, or names of webhooks. So it doesn't take a
/// column.
struct SlotTexts: Sendable {
    private var texts = SymbolTable()
    /// As strings, so that none have to be created when evidence is gathered.
    private var strings: [String] = []
    /// In ascending order.
    private var rows: [UInt32] = []
    /// By index in `rows`.
    private var numbers: [UInt8] = []
    private let rowsMax: Int

    /// More than a fault has. Messages that name ports or times differ from one span to the next.
    private static let textsMax = 64
    private static let ownBytes = 1024
    private static let bytesPerRow = 5

    init(rowsMax: Int) {
        self.rowsMax = rowsMax
    }

    var byteCount: Int { Self.ownBytes + 2 * texts.byteCount + rows.count * Self.bytesPerRow }

    /// Notes the text of a row; rows must be in ascending order. Returns false beyond the limits, where nothing is kept.
    mutating func add(_ text: RawSpan, ofRow row: Int) -> Bool {
        guard rows.count < rowsMax, let number = texts.intern(text, salt: 0, limit: Self.textsMax) else {
            return false
        }
        if number == strings.count { strings.append(text.text) }
        rows.append(UInt32(truncatingIfNeeded: row))
        numbers.append(UInt8(truncatingIfNeeded: number))
        return true
    }

    /// What a row says; nil if that isn't known.
    func text(ofRow row: Int) -> String? {
        let index = rows.indices.first(reaching: { rows[$0] >= row })
        return index < rows.count && rows[index] == row ? strings[Int(numbers[index])] : nil
    }

    /// The different texts.
    var all: [String] { strings }

    /// Calls `body` with each row that has a text, and the number of that in `all`.
    func forEachRow(_ body: (_ row: Int, _ number: Int) -> Void) {
        for (row, number) in zip(rows, numbers) { body(Int(row), Int(number)) }
    }
}
