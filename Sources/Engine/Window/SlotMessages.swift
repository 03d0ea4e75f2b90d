/// Status messages of a slot's failed spans, by row. Few spans fail, so messages don't take a column.
struct SlotMessages: Sendable {
    private var texts = SymbolTable()
    /// As strings, so that none have to be created when evidence is gathered.
    private var messages: [String] = []
    /// In ascending order.
    private var rows: [UInt32] = []
    /// By index in `rows`.
    private var numbers: [UInt8] = []

    /// More than a fault has. Messages that name ports or times differ from one span to the next.
    private static let textsMax = 64
    private static let rowsMax = 4096
    private static let ownBytes = 1024
    private static let bytesPerRow = 5

    var byteCount: Int { Self.ownBytes + 2 * texts.byteCount + rows.count * Self.bytesPerRow }

    /// Notes the message of a row; rows must be in ascending order. Beyond the limits nothing is kept.
    mutating func add(_ text: RawSpan, ofRow row: Int) {
        guard rows.count < Self.rowsMax, let number = texts.intern(text, salt: 0, limit: Self.textsMax) else { return }
        if number == messages.count { messages.append(text.text) }
        rows.append(UInt32(truncatingIfNeeded: row))
        numbers.append(UInt8(truncatingIfNeeded: number))
    }

    /// What a row says; nil if that isn't known.
    func text(ofRow row: Int) -> String? {
        let index = rows.indices.first(reaching: { rows[$0] >= row })
        return index < rows.count && rows[index] == row ? messages[Int(numbers[index])] : nil
    }
}
