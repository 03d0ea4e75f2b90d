internal import Synchronization

/// A run of rows of one slot. Written rows never change, so views read them without the lock.
final class SpanBlock: Sendable {
    let columns: SpanColumns
    private let ledger: BlockLedger

    /// Rows in the largest blocks.
    static let rowsMax = 4096

    init(capacity: Int, ledger: BlockLedger) {
        columns = SpanColumns(capacity: capacity)
        self.ledger = ledger
        ledger.add(byteCount)
    }

    var byteCount: Int { columns.capacity * SpanColumns.bytesPerRow }

    deinit {
        ledger.add(-byteCount)
    }
}

/// Bytes of all live blocks of a window, including evicted ones that a reader still holds.
final class BlockLedger: Sendable {
    private let bytes = Atomic<Int>(0)

    var byteCount: Int { bytes.load(ordering: .relaxed) }

    fileprivate func add(_ count: Int) {
        bytes.wrappingAdd(count, ordering: .relaxed)
    }
}

/// The spans that ended within one slot of time, in blocks of 64 to 4,096 rows, each at most a quarter of the slot's
/// rows. So a slot with few spans is small, one with many needs no large copy, and little memory is unused.
struct Slot: Sendable {
    /// Unix time of the slot's start divided by the slots' width.
    let number: Int64
    private(set) var blocks: [SpanBlock] = []
    private(set) var count = 0
    /// Spans that it had no room for.
    private(set) var overflow = 0
    /// The lowest and the highest bucket code of its rows.
    private(set) var bucketMin = UInt16.max
    private(set) var bucketMax = UInt16.min
    private(set) var byteCount: Int
    private(set) var columnByteCount = 0
    /// Bytes of its attribution and summaries.
    private var resultByteCount = 0
    /// Those of them that were there before the clock was last read.
    private var countedResultByteCount = 0
    private(set) var index: HashIndex
    private var tailStart = 0
    private var tailCapacity = 0
    private let bytesMax: Int
    private let ledger: BlockLedger
    /// nil without failing spans that say why.
    private(set) var messages: SlotTexts?
    /// nil without spans that name a webhook.
    private(set) var webhooks: SlotTexts?
    /// nil until the slot has settled.
    private(set) var attribution: SlotAttribution?
    /// nil until rules have looked at the slot, and for a slot of few rows.
    private(set) var summary: SlotSummary?
    /// The same for its attribution.
    private(set) var attributionSummary: AttributionSummary?
    /// The view when it was last kept: most slots no longer change.
    private var lastView: SlotView?

    static let rowsMax = HashIndex.countMax

    /// - Parameters:
    ///   - expected: how many spans the slot will probably hold.
    ///   - bytesMax: no block is added beyond this size.
    init(number: Int64, expected: Int, bytesMax: Int, ledger: BlockLedger) {
        self.number = number
        self.bytesMax = bytesMax
        self.ledger = ledger
        index = HashIndex(expected: min(expected, Self.rowsMax), fourthsMax: 3)
        byteCount = index.byteCount
    }

    enum Outcome {
        case added
        case duplicate
        case full
    }

    @inline(__always)
    static func hash(traceHigh: UInt64, traceLow: UInt64, spanID: UInt64, seed: UInt64) -> UInt64 {
        ByteHash.mix(ByteHash.mix(traceHigh ^ seed, traceLow), spanID)
    }

    /// Adds a row, with the window's numbers, unless the same span is there.
    ///
    /// - Parameter hash: of the row's ids, with `seed`.
    @inline(__always)
    mutating func insert(_ row: SpanRow, bucket: UInt16, hash: UInt64, seed: UInt64) -> Outcome {
        let found = index.find(hash) { candidate in
            let (block, offset) = Self.locate(candidate)
            let columns = blocks[block]
            return columns.columns.spanID[offset] == row.spanID
                && columns.columns.traceLow[offset] == row.traceLow
                && columns.columns.traceHigh[offset] == row.traceHigh
                && SpanFlags(rawValue: columns.columns.flags[offset]).cluster == row.flags.cluster
        }
        guard case .free(let cell) = found else { return .duplicate }
        guard count < Self.rowsMax else { return refuse() }
        if count - tailStart == tailCapacity {
            guard byteCount - resultByteCount < bytesMax else { return refuse() }
            addBlock()
        }
        blocks[blocks.count - 1].columns.write(row, bucket: bucket, at: count - tailStart)
        if bucket < bucketMin { bucketMin = bucket }
        if bucket > bucketMax { bucketMax = bucket }
        let before = index.byteCount
        index.fill(cell, number: count, hash: hash) { known in
            let (block, offset) = Self.locate(known)
            let columns = blocks[block]
            return Self.hash(
                traceHigh: columns.columns.traceHigh[offset], traceLow: columns.columns.traceLow[offset],
                spanID: columns.columns.spanID[offset], seed: seed)
        }
        byteCount += index.byteCount - before
        count += 1
        return .added
    }

    private mutating func refuse() -> Outcome {
        overflow += 1
        return .full
    }

    /// Notes what the row that was added last says: a status message, or the name of a webhook. Returns false if there is no
    /// place for it.
    mutating func note(_ text: RawSpan, isWebhook: Bool) -> Bool {
        let (bytes, isKept) =
            isWebhook
            ? Self.add(text, ofRow: count - 1, to: &webhooks, rowsMax: Self.webhooksMax)
            : Self.add(text, ofRow: count - 1, to: &messages, rowsMax: Self.messagesMax)
        byteCount += bytes
        return isKept
    }

    private static let messagesMax = 4096
    /// Enough to compare webhooks with.
    private static let webhooksMax = 1024

    /// - Returns: how many bytes that takes, and whether there was a place for it.
    private static func add(_ text: RawSpan, ofRow row: Int, to texts: inout SlotTexts?, rowsMax: Int) -> (
        bytes: Int, isKept: Bool
    ) {
        let before = texts?.byteCount ?? 0
        if texts == nil { texts = SlotTexts(rowsMax: rowsMax) }
        let isKept = texts?.add(text, ofRow: row) ?? false
        return ((texts?.byteCount ?? 0) - before, isKept)
    }

    mutating func attach(_ summary: SlotSummary) {
        addResult(summary.byteCount - (self.summary?.byteCount ?? 0))
        self.summary = summary
        lastView = nil
    }

    mutating func attach(_ summary: AttributionSummary) {
        addResult(summary.byteCount - (attributionSummary?.byteCount ?? 0))
        attributionSummary = summary
        lastView = nil
    }

    mutating func attach(_ attribution: SlotAttribution) {
        addResult(attribution.byteCount - (self.attribution?.byteCount ?? 0))
        self.attribution = attribution
        lastView = nil
    }

    private mutating func addResult(_ bytes: Int) {
        byteCount += bytes
        resultByteCount += bytes
    }

    /// Bytes of results that don't count against the window's limit yet.
    var uncountedByteCount: Int { resultByteCount - countedResultByteCount }

    mutating func countResults() { countedResultByteCount = resultByteCount }

    /// The slot as it is now.
    var view: SlotView {
        isLastViewCurrent ? lastView ?? SlotView(self) : SlotView(self)
    }

    /// Rows are only ever added.
    private var isLastViewCurrent: Bool { lastView?.count == count && lastView?.overflow == overflow }

    /// Keeps the view for later.
    mutating func keepView() {
        if !isLastViewCurrent { lastView = SlotView(self) }
    }

    @inline(never)
    private mutating func addBlock() {
        tailStart = count
        tailCapacity = Self.capacity(block: blocks.count)
        blocks.append(SpanBlock(capacity: tailCapacity, ledger: ledger))
        byteCount += tailCapacity * SpanColumns.bytesPerRow
        columnByteCount += tailCapacity * SpanColumns.bytesPerRow
    }

    // MARK: Rows to blocks

    private static let rowsMin = 64
    /// Blocks of one size, before they double. With fewer, up to half of a slot's rows would be unused.
    private static let blocksPerSize = 4
    /// The number of the first of the largest blocks, and its first row.
    private static let firstLargest = (block: 28, row: 1 << 14)

    static func capacity(block: Int) -> Int {
        if block < blocksPerSize { return rowsMin }
        // After the first four, four more double the rows.
        return block < firstLargest.block ? rowsMin << (block / blocksPerSize - 1) : SpanBlock.rowsMax
    }

    @inline(__always)
    static func locate(_ row: Int) -> (block: Int, offset: Int) {
        if row >= firstLargest.row {
            let beyond = row - firstLargest.row
            return (firstLargest.block + beyond >> 12, beyond & (SpanBlock.rowsMax - 1))
        }
        if row < rowsMin * blocksPerSize { return (row >> 6, row & (rowsMin - 1)) }
        // Rows from 2^n to 2^(n+1) are in four blocks of 2^(n-2).
        let shift = 61 - row.leadingZeroBitCount
        return (blocksPerSize * (shift - 6) + row >> shift, row & (1 << shift - 1))
    }
}

extension Window {
    /// Nanoseconds. Divides the usual evaluation intervals, so that a range seldom cuts a slot.
    package static let slotWidth: Int64 = 5_000_000_000

    @inline(__always)
    static func slotNumber(_ time: Int64) -> Int64 {
        time / slotWidth
    }
}
