/// Lets authentications of one source choose among its requests, each of which is taken once.
struct TieChoice: Sendable {
    /// A request that was taken, and the time before it, nanoseconds.
    struct Lead: BitwiseCopyable, Sendable {
        let request: Int32
        let duration: Int64
    }

    /// For each request, plus one: itself if it is free, else where to continue the search; 0 is the end.
    private var free: [Int32] = []

    /// How long after a request its authentication ends at most, nanoseconds: 8 µs usually, 0.1 ms at p99.
    static let reach: Int64 = 1_000_000
    /// How many requests an authentication tries. Only in hostile input do more end within its reach and begin before
    /// it.
    private static let stepsMax = 256

    var byteCount: Int { free.capacity * 4 }

    /// Whether no authentication took a request (by its index).
    @inline(__always)
    func isFree(_ index: Int) -> Bool { free[index] == Int32(truncatingIfNeeded: index + 1) }

    /// - Parameters:
    ///   - authentications: in the order in which they choose.
    ///   - requests: in order of their end.
    ///   - leads: gets those requests of the slot at hand that were taken.
    ///   - remaining: gets the authentications that took none.
    mutating func take(
        _ authentications: Span<TieCandidates.Candidate>, _ requests: Span<TieCandidates.Candidate>,
        _ leads: inout [Lead], _ remaining: inout [TieCandidates.Candidate]
    ) {
        free.removeAllKeepingRoom()
        free.reserveCapacity(requests.count)
        for index in requests.indices { free.append(Int32(truncatingIfNeeded: index + 1)) }
        var ended = 0
        for index in authentications.indices {
            let authentication = authentications[index]
            while ended < requests.count, requests[ended].end <= authentication.end { ended += 1 }
            let chosen = choose(authentication, among: requests, ended)
            guard chosen >= 0 else {
                remaining.append(authentication)
                continue
            }
            free[chosen] = Int32(truncatingIfNeeded: chosen)
            let request = requests[chosen]
            guard request.request != TieCandidates.Candidate.none else { continue }
            leads.append(Lead(request: request.request, duration: request.start &- authentication.start))
        }
    }

    /// The index of the last request, of the first `count`, that is free, begins no earlier than an authentication, and ends
    /// within its reach; -1 if there is none.
    @inline(__always)
    private mutating func choose(
        _ authentication: TieCandidates.Candidate, among requests: Span<TieCandidates.Candidate>, _ count: Int
    ) -> Int {
        var index = count - 1
        for _ in 0..<Self.stepsMax {
            if index >= 0, !isFree(index) { index = lastFree(upTo: index) }
            guard index >= 0, authentication.end - requests[index].end <= Self.reach else { return -1 }
            if requests[index].start >= authentication.start { return index }
            index -= 1
        }
        return -1
    }

    /// The last free request up to an index; -1 if there is none. Shortens the path for later searches.
    private mutating func lastFree(upTo index: Int) -> Int {
        var found = index
        while found >= 0, !isFree(found) { found = Int(free[found]) - 1 }
        var passed = index
        while passed > found {
            let next = Int(free[passed]) - 1
            free[passed] = Int32(truncatingIfNeeded: found + 1)
            passed = next
        }
        return found
    }
}
