/// Ties lone authentications to their requests by time.
///
/// For most users' requests, `authentication` is a trace of its own: it begins before the request and ends just after it. In
/// the order of their end, authentications take the request of their instance that ended last before them, within reach.
struct AuthenticationTies: ~Copyable, Sendable {
    var candidates = TieCandidates()
    /// By source.
    private(set) var sources: [SourceTies] = []
    /// The requests of this slot that were taken.
    private(set) var leads: [TieChoice.Lead] = []
    /// The requests of sources that aren't trusted.
    private(set) var untied: [(requests: Range<Int>, decision: TieDecision)] = []
    /// Requests of trusted sources that the slot's own authentications didn't take, in order: those of the next slot
    /// may take them.
    private var left: [(source: UInt16, request: TieCandidates.Candidate)] = []
    private var choice = TieChoice()

    /// How many trace ids of a source are examined. More would add nothing.
    private static let idsMax = 64

    var byteCount: Int {
        candidates.byteCount + sources.capacity * MemoryLayout<SourceTies>.stride
            + leads.capacity * MemoryLayout<TieChoice.Lead>.stride + (untied.capacity + left.capacity) * 48
            + choice.byteCount
    }

    /// Whether authentications of the next slot may take a request of this one.
    var wantsNext: Bool { !left.isEmpty }

    mutating func removeAll() {
        candidates.removeAll()
        sources.removeAll(keepingCapacity: true)
        leads.removeAllKeepingRoom()
        untied.removeAllKeepingRoom()
        left.removeAllKeepingRoom()
    }

    /// Ties the slot's own candidates.
    mutating func tie(_ slot: SlotView, _ trust: TieTrust) {
        for group in candidates.group(slot) {
            var ties = SourceTies(source: group.source, authentications: group.authentications.count)
            ties.decision = trust.decision(ties)
            let known = leads.count
            if ties.decision != .crowded {
                candidates.sort(group, slotStart: slot.start)
                addIDs(of: group, slot, &ties)
                ties.requests = group.requests.count
                ties.unmatched = ties.requests - Self.take(candidates, group, &choice, &leads)
                ties.decision = trust.decision(ties)
            }
            sources.append(ties)
            if ties.decision == .tied {
                leave(group, endOfSlot: slot.end)
            } else {
                leads.removeLast(leads.count - known)
                untied.append((group.requests, ties.decision))
            }
        }
    }

    private func addIDs(of group: TieCandidates.Group, _ slot: SlotView, _ ties: inout SourceTies) {
        for index in group.authentications.prefix(Self.idsMax) {
            let (block, offset) = Slot.locate(Int(candidates.authentications[index].row))
            ties.ids.add(traceLow: slot.blocks[block].columns.traceLow[offset])
        }
    }

    /// Returns how many requests were taken. (A function of its own: the candidates are lent while the others change.)
    private static func take(
        _ candidates: borrowing TieCandidates, _ group: TieCandidates.Group, _ choice: inout TieChoice,
        _ leads: inout [TieChoice.Lead]
    ) -> Int {
        var remaining: [TieCandidates.Candidate] = []
        choice.take(
            candidates.authentications.span.extracting(group.authentications),
            candidates.requests.span.extracting(group.requests), &leads, &remaining)
        return group.authentications.count - remaining.count
    }

    private mutating func leave(_ group: TieCandidates.Group, endOfSlot: Int64) {
        let first = left.count
        for index in group.requests.reversed() {
            let request = candidates.requests[index]
            if request.end < endOfSlot - TieChoice.reach { break }
            if choice.isFree(index - group.requests.lowerBound) { left.append((group.source, request)) }
        }
        left[first...].reverse()
    }

    /// Ties the requests left at the end of the slot to authentications of the next one, which first take requests of
    /// their own slot.
    ///
    /// - Parameters:
    ///   - next: the candidates that end within reach of the end of this slot.
    ///   - slot: the next slot.
    mutating func tie(next: inout TieCandidates, of slot: SlotView) {
        for group in next.group(slot) where !group.authentications.isEmpty {
            next.sort(group, slotStart: slot.start)
            var remaining: [TieCandidates.Candidate] = []
            choice.take(
                next.authentications.span.extracting(group.authentications),
                next.requests.span.extracting(group.requests), &leads, &remaining)
            let wanting = left.filter { $0.source == group.source }.map(\.request)
            var none: [TieCandidates.Candidate] = []
            choice.take(remaining.span, wanting.span, &leads, &none)
        }
    }
}
