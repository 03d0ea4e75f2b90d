import Support

/// The start of the slot after the one being attributed: an authentication there may belong to a request at the end of
/// this one. Read only if such a request is left, which is rare.
struct NextCandidates {
    private let slots: [SlotView]
    private let reachingBack: [RowsReachingBack]
    private let index: Int

    /// Only in hostile input do more rows end within reach of the slot's start.
    private static let rowsMax = 4096

    /// - Returns: nil if there is no such slot.
    init?(after index: Int, of slots: [SlotView], _ reachingBack: [RowsReachingBack]) {
        guard index + 1 < slots.count, slots[index + 1].start == slots[index].end else { return nil }
        self.slots = slots
        self.reachingBack = reachingBack
        self.index = index + 1
    }

    /// Finds the authentications and the requests that end within reach of the slot's start.
    ///
    /// - Returns: the slot and the traces of what was found; nil if they are too many.
    func find(
        _ mappings: borrowing ComponentMappings, _ tree: inout TraceTree, _ candidates: inout TieCandidates
    ) -> (slot: SlotView, traces: TraceFilter)? {
        let slot = slots[index]
        var traces: [TraceID: [TraceSpan]] = [:]
        var rows: Set<Int> = []
        for row in reachingBack.rows(of: index, slots) {
            let span = slot.row(Int(row))
            let isNear = span.start &+ span.duration < slot.start.addingSaturating(TieChoice.reach)
            guard isNear, span.request > 0 || mappings.isAuthentication(span.operation) else { continue }
            guard rows.count < Self.rowsMax else { return nil }
            rows.insert(Int(row))
            traces[span.traceInCluster] = []
        }
        var filter = TraceFilter(spans: traces.count)
        for trace in traces.keys { filter.insert(trace.low) }
        gather(&traces, filter)
        for trace in traces.keys.sorted(by: { ($0.high, $0.low) < ($1.high, $1.low) }) {
            var spans = traces[trace] ?? []
            if spans.count > TraceTree.unorderedMax { spans.sort(by: TraceSpan.isBefore) }
            Self.add(spans, rows, mappings, &tree, to: &candidates)
        }
        return (slot, filter)
    }

    /// Gathers the spans of some traces as they are gathered when the slot itself is attributed.
    private func gather(_ traces: inout [TraceID: [TraceSpan]], _ filter: TraceFilter) {
        func add(_ span: SpanRow, row: Int) {
            let trace = span.traceInCluster
            guard let count = traces[trace]?.count, count < TraceTree.spansMax else { return }
            traces[trace]?.append(TraceSpan(span, row: row))
        }
        for other in [index, index - 1] {
            var first = 0
            slots[other].forEachBlock { columns, count in
                for offset in 0..<count where filter.mayHave(columns.traceLow[offset]) {
                    add(columns.row(offset), row: other == index ? first + offset : TraceSpan.elsewhere)
                }
                first += count
            }
        }
        reachingBack.forEachRow(laterThan: index, of: slots) { columns, offset, _, _ in
            if filter.mayHave(columns.traceLow[offset]) { add(columns.row(offset), row: TraceSpan.elsewhere) }
        }
    }

    private static func add(
        _ spans: [TraceSpan], _ rows: Set<Int>, _ mappings: borrowing ComponentMappings, _ tree: inout TraceTree,
        to candidates: inout TieCandidates
    ) {
        if spans.count == 1, mappings.isAuthentication(spans[0].operation) {
            return candidates.add(authentication: spans[0])
        }
        tree.link(spans.span)
        for index in spans.indices where spans[index].request > 0 && rows.contains(spans[index].row) {
            if case .alone = tree.beginning(of: index, spans.span, mappings) {
                candidates.add(request: spans[index], index: TieCandidates.Candidate.none)
            }
        }
    }
}

extension SpanRow {
    /// Tells traces of different clusters apart.
    fileprivate var traceInCluster: TraceID { TraceID(high: traceHigh ^ flags.traceSalt, low: traceLow) }
}
