import Support

/// Divides the time of requests among components, slot by slot, once their spans have arrived.
///
/// Works on views of the window, so appending spans costs nothing extra. Spans of one request come from two processes,
/// in any order, seconds apart. So a slot is attributed for good once it has settled, and provisionally for readers
/// before that. Nothing about open requests is kept between slots; they are only in the window.
package struct Attributor: ~Copyable, Sendable {
    let components: ComponentTable
    /// How long after its end a slot settles, nanoseconds.
    let settle: Int64
    package private(set) var totals = ComponentTotals()
    private let portionRows: Int

    private var mappings = ComponentMappings()
    /// The rows that reach back, for each of the view's slots after the first one to attribute.
    private var reachingBack: [RowsReachingBack] = []
    private var provisional: [Reader: ProvisionalAttributions]
    /// Columns of attributions that nobody has any more.
    private let spares: SpareMemory

    // The work on one slot.
    private var traces = SlotTraces()
    private var elsewhere = RowsElsewhere()
    private var earlier = EarlierRows()
    /// The spans of a trace that are spread over slots, or too many to be used unordered.
    private var gathered: [TraceSpan] = []
    private var division = RequestDivision()
    private var trust = TieTrust()

    /// - Parameter portionRows: approximate number of spans worked on at once, at 130 bytes each. As many bytes are kept for
    ///   queries of slots that have not settled, twice as many for evaluations, and half as many for columns of new
    ///   attributions.
    package init(
        components: ComponentTable = ComponentTable(), settle: Int64 = 30_000_000_000, portionRows: Int = 1 << 20
    ) {
        self.components = components
        self.portionRows = portionRows
        self.settle = settle
        let bytesMax = portionRows * Self.bytesPerRow
        spares = SpareMemory(bytesMax: bytesMax / 2)
        provisional = [
            .evaluation: ProvisionalAttributions(bytesMax: 2 * bytesMax),
            .query: ProvisionalAttributions(bytesMax: bytesMax),
        ]
    }

    /// Readers of unsettled slots. What is kept for one isn't shown to the other, so that no evaluation depends on
    /// queries.
    private enum Reader: CaseIterable {
        case evaluation
        case query
    }

    private static let bytesPerRow = 130

    /// Bytes kept between slots: working memory, as large as recent slots needed, and the row numbers that reach back
    /// into earlier slots. The window counts the attributions themselves.
    package var byteCount: Int {
        reachingBack.reduce(0) { $0 + $1.byteCount } + traces.byteCount + elsewhere.byteCount + earlier.byteCount
            + gathered.capacity * MemoryLayout<TraceSpan>.stride + division.byteCount + totals.byteCount
            + mappings.byteCount + provisional.values.reduce(0) { $0 + $1.byteCount } + spares.byteCount
            + trust.byteCount
    }

    /// Attributes the slots that have settled by a time (Unix nanoseconds) and have no attribution yet.
    package mutating func settle(_ view: WindowView, at clock: Int64) -> [SettledSlot] {
        let open = view.slots.indices.filter { view.slots[$0].attribution == nil }
        let due = open.filter { view.slots[$0].end.addingSaturating(settle) <= clock }
        prepare(view, from: due.first)
        totals.follow(view)
        let openFrom = open.first.map { view.slots[$0].start } ?? .max
        for reader in Reader.allCases { provisional[reader]?.remove(before: openFrom) }
        return due.map { index in
            let start = view.slots[index].start
            let made = settled(index, of: view)
            provisional[.query]?.remove(slotFrom: start)
            totals.add(made.attribution)
            trust.add(made.attribution.ties)
            return SettledSlot(start: start, made: made)
        }
    }

    /// The view, with unsettled slots attributed by the spans they have so far (in large slots, all but a few).
    package mutating func attributed(_ view: WindowView) -> WindowView {
        attributed(view, for: .query, upTo: .max) { _, _ in nil }
    }

    /// The same for an evaluation, with counts of the slots.
    ///
    /// - Parameters:
    ///   - time: of the evaluation, Unix nanoseconds; slots that begin later stay as they are.
    ///   - thresholds: durations, nanoseconds; for rules, longer spans are bad.
    package mutating func attributed(
        _ view: WindowView, upTo time: Int64, _ summarizer: inout SlotSummarizer, thresholds: [Int64]
    ) -> WindowView {
        attributed(view, for: .evaluation, upTo: time) { slot, view in
            slot.end <= time ? summarizer.summarizeAttribution(of: slot, of: view, thresholds) : nil
        }
    }

    private mutating func attributed(
        _ view: WindowView, for reader: Reader, upTo time: Int64,
        summarize: (SlotView, WindowView) -> AttributionSummary?
    ) -> WindowView {
        let open = view.slots.indices.filter { view.slots[$0].attribution == nil && view.slots[$0].start < time }
        prepare(view, from: open.first)
        var view = view
        for index in open {
            let made = attributeProvisionally(index, of: view, for: reader, summarize: summarize)
            view.attach(made, toSlotAt: index)
        }
        return view
    }

    /// Forgets the attributions of slots that have not settled: the clock was set back, and their spans may be gone.
    package mutating func setBack() {
        for reader in Reader.allCases { provisional[reader]?.removeAll() }
        trust.removeAll()
    }

    /// Updates the state kept between slots for a view in which slots from `first` on will be attributed.
    private mutating func prepare(_ view: WindowView, from first: Int?) {
        mappings.extend(view, components)
        trust.know(view.sampling)
        guard let first else { return reachingBack.removeAll { $0.start < view.slots.first?.start ?? .max } }
        var known = 0
        var current: [RowsReachingBack] = []
        for slot in view.slots[(first + 1)...] {
            while known < reachingBack.count, reachingBack[known].start < slot.start { known += 1 }
            // A view older than the state starts over.
            let isKnown =
                known < reachingBack.count && reachingBack[known].start == slot.start
                && reachingBack[known].rowsSeen <= slot.count
            current.append(isKnown ? reachingBack[known] : RowsReachingBack(start: slot.start))
            if isKnown { reachingBack[known] = RowsReachingBack(start: slot.start) }
            current[current.count - 1].extend(slot)
        }
        reachingBack = current
    }

    // MARK: A slot

    /// The attribution of a slot that has settled.
    private mutating func settled(_ index: Int, of view: WindowView) -> SummarizedAttribution {
        let known = provisional[.evaluation]?.attribution(of: index, view.slots, reachingBack, trust, isExact: true)
        if let known { return known }
        // The evaluation under way may still have a view without it.
        if provisional[.evaluation]?.keeps(slotFrom: view.slots[index].start) == true {
            return make(index, of: view, for: .evaluation) { _, _ in nil }
        }
        return SummarizedAttribution(attribution: attribute(index, of: view).attribution, summary: nil)
    }

    /// The attribution of a slot with the spans it has so far, and its counts.
    private mutating func attributeProvisionally(
        _ index: Int, of view: WindowView, for reader: Reader, summarize: (SlotView, WindowView) -> AttributionSummary?
    ) -> SummarizedAttribution {
        var slot = view.slots[index]
        let known = provisional[reader]?.attribution(of: index, view.slots, reachingBack, trust, isExact: false)
        guard let known else { return make(index, of: view, for: reader, summarize: summarize) }
        slot.attach(known)
        guard known.summary == nil, let summary = summarize(slot, view) else { return known }
        provisional[reader]?.add(summary, toSlotFrom: slot.start)
        return SummarizedAttribution(attribution: known.attribution, summary: summary)
    }

    /// Attributes a slot with the spans it has so far, and keeps the result for a reader.
    private mutating func make(
        _ index: Int, of view: WindowView, for reader: Reader, summarize: (SlotView, WindowView) -> AttributionSummary?
    ) -> SummarizedAttribution {
        let slots = view.slots
        var filter = TraceFilter(spans: slots[index].count)
        var searchedFrom = Int64.max
        let (attribution, next) = attribute(index, of: view) { traces, earlier in
            for trace in 0..<traces.count { filter.insert(traces.low(trace)) }
            searchedFrom = min(searchedFrom, earlier.earliest)
        }
        var slot = slots[index]
        slot.attach(SummarizedAttribution(attribution: attribution, summary: nil))
        let made = SummarizedAttribution(attribution: attribution, summary: summarize(slot, view))
        provisional[reader]?.keep(
            made, ofSlotFrom: slot.start,
            ProvisionalAttributions.Dependencies(
                index, of: slots, reachingBack, traces: filter, searchedFrom: searchedFrom, next: next))
        return made
    }

    /// - Parameter done: called after each portion of the slot.
    private mutating func attribute(
        _ index: Int, of view: WindowView,
        done: (borrowing SlotTraces, borrowing EarlierRows) -> Void = { _, _ in }
    ) -> (attribution: SlotAttribution, next: NextSlotUse?) {
        let slots = view.slots
        let slot = slots[index]
        division.removeAll()
        var selfTimes = SelfTimes(rows: slot.count, from: spares)
        for portion in SlotTraces.Portion.all(of: slot, rows: portionRows) {
            attribute(portion, index, slots, &selfTimes)
            done(traces, earlier)
        }
        let (mappings, reachingBack) = (mappings, reachingBack)
        var nextTraces: TraceFilter?
        let tied = division.tie(slot, trust) { tree, candidates in
            let next = NextCandidates(after: index, of: slots, reachingBack)?.find(mappings, &tree, &candidates)
            nextTraces = next?.traces
            return next?.slot
        }
        let attribution = SlotAttribution(division.work, selfTimes, tied.sources, from: spares) { requests in
            guard view.sampling.mayBeSampled else { return nil }
            return SampledCounts(slot, requests: requests, TraceDeciders(of: index, view, reachingBack))
        }
        return (attribution, tied.usesNext ? NextSlotUse(traces: nextTraces) : nil)
    }

    private mutating func attribute(
        _ portion: SlotTraces.Portion, _ index: Int, _ slots: [SlotView], _ selfTimes: inout SelfTimes
    ) {
        let slot = slots[index]
        elsewhere.removeAll()
        earlier.removeAll()
        traces.fill(slot, portion)
        addLaterRows(index, of: slots)
        for trace in 0..<traces.count { attribute(trace, slot, slots, &selfTimes) }
        earlier.find(before: index, of: slots, &traces, &elsewhere)
        for trace in earlier.traces {
            gather(trace, slots)
            division.divide(gathered, mappings, &selfTimes)
            divideRest(trace, &selfTimes)
        }
    }

    /// Divides the requests that their trace has no room for, one by one.
    @inline(__always)
    private mutating func divideRest(_ trace: Int, _ selfTimes: inout SelfTimes) {
        for index in traces.range(trace).dropFirst(TraceTree.spansMax) {
            if traces.spans[index].isRequestHere {
                division.divide(traces.spans, index..<index + 1, mappings, &selfTimes)
            }
            selfTimes.markUnknown(row: traces.spans[index].row)
        }
    }

    @inline(__always)
    private mutating func attribute(
        _ trace: Int, _ slot: SlotView, _ slots: [SlotView], _ selfTimes: inout SelfTimes
    ) {
        let range = traces.range(trace)
        if !traces.reachesBack(trace), range.count <= TraceTree.unorderedMax, traces.lastElsewhere(trace) < 0 {
            return division.divide(traces.spans, range, mappings, &selfTimes)
        }
        gather(trace, slots)
        if traces.reachesBack(trace) {
            let earliest = division.divide(gathered, ifNotBefore: slot.start, mappings, &selfTimes)
            if let earliest { return earlier.want(trace, from: earliest, traces) }
        } else {
            division.divide(gathered, mappings, &selfTimes)
        }
        divideRest(trace, &selfTimes)
    }

    /// Gathers a trace's spans, from this slot and others, in the order that the tree needs.
    private mutating func gather(_ trace: Int, _ slots: [SlotView]) {
        gathered.removeAllKeepingRoom()
        let range = traces.range(trace)
        for index in range.prefix(TraceTree.spansMax) { gathered.append(traces.spans[index]) }
        var next = traces.lastElsewhere(trace)
        while next >= 0, gathered.count < TraceTree.spansMax {
            let (slot, row) = elsewhere.row(next)
            let (block, offset) = Slot.locate(row)
            gathered.append(TraceSpan(slots[slot].blocks[block].columns.row(offset), row: TraceSpan.elsewhere))
            next = elsewhere.before(next)
        }
        if gathered.count > TraceTree.unorderedMax { gathered.sort(by: TraceSpan.isBefore) }
    }

    /// Finds rows of later slots that reach into this one and belong to its traces.
    private mutating func addLaterRows(_ index: Int, of slots: [SlotView]) {
        reachingBack.forEachRow(laterThan: index, of: slots) { columns, offset, slot, row in
            let trace = traces.number(ofTraceOf: columns, offset)
            if trace >= 0 { elsewhere.add(slot: slot, row: row, to: trace, of: &traces) }
        }
    }
}

/// Time of attributed requests since the start, by request series and component, for the scrape.
package struct ComponentTotals: Sendable {
    /// By series of `Population.parts`, nanoseconds.
    package private(set) var sums: [Int128] = []
    /// Number of attributed requests.
    package private(set) var requestCount = 0
    /// Births of the names that the sums belong to.
    private var births = NameBirths()

    /// Whether the sums of a request series belong to the name it has in a view.
    package func isOf(_ request: Int, in view: WindowView) -> Bool {
        request < view.requests.count && births[request] == view.requestBirths[request]
    }

    /// Resets the series whose numbers stand for other names in a view.
    mutating func follow(_ view: WindowView) {
        for request in view.requestBirths.changed(since: births) {
            let parts = Population.part(of: request, Component(0))..<Population.part(of: request + 1, Component(0))
            for part in parts.clamped(to: 0..<sums.count) { sums[part] = 0 }
        }
        births = view.requestBirths
    }

    var byteCount: Int { sums.capacity * MemoryLayout<Int128>.stride }

    mutating func add(_ attribution: SlotAttribution) {
        requestCount += attribution.requests.count
        let greatest = attribution.requests.reduce(-1) { max($0, Int($1.series)) }
        add(attribution.parts, requestCount: greatest + 1)
    }

    private mutating func add(_ parts: borrowing RequestParts, requestCount: Int) {
        let series = parts.series.span(0..<parts.count)
        let durations = parts.durations.span(0..<parts.count)
        let last = Population.part(of: requestCount, Component(0)) - 1
        if sums.count <= last { sums += Array(repeating: 0, count: last + 1 - sums.count) }
        var sums = sums.mutableSpan
        for part in 0..<parts.count { sums[Int(series[part])] &+= Int128(durations[part]) }
    }
}
