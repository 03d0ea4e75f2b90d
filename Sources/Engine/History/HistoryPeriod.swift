/// What is known of one stretch of time: one block once it is sealed, and more while spans still come.
struct HistoryPeriod: Sendable {
    private(set) var blocks: [HistoryBlock] = []

    private static let blocksMax = 16
    /// Of the array of blocks, and of what refers to it.
    private static let overhead = 72

    init() {}

    init(merging blocks: [HistoryBlock]) {
        self.blocks = [Self.merge(blocks)]
    }

    var isEmpty: Bool { blocks.isEmpty }
    var isSealed: Bool { blocks.count < 2 }
    var byteCount: Int { blocks.reduce(Self.overhead) { $0 + $1.byteCount } }

    /// Small blocks are merged with each other, and with the large first one only once they amount to something: a few
    /// late spans cost what they are, not what they come late for.
    mutating func add(_ block: HistoryBlock) {
        blocks.append(block)
        guard blocks.count > Self.blocksMax else { return }
        blocks = [blocks[0], Self.merge(blocks.dropFirst())]
        if blocks[1].bytes.count > blocks[0].bytes.count / 4 { seal() }
    }

    mutating func seal() {
        if !isSealed { blocks = [Self.merge(blocks)] }
    }

    private static func merge(_ blocks: some Sequence<HistoryBlock>) -> HistoryBlock {
        var tally = SeriesTally()
        for block in blocks { tally.add(block) }
        return HistoryBlock(tally)
    }
}
