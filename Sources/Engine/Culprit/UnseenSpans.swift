/// What a verdict on an interval can't have taken into account.
package struct UnseenSpans: Sendable {
    /// Whether spans of the interval have left the window.
    package var areEvicted: Bool
    /// Spans of the interval that came after the time of its requests had been divided among components, or that the
    /// window had no room for.
    package var count: Int

    /// Whether a verdict could be another one with them.
    ///
    /// - Parameter spans: how many the interval has.
    package func areConsiderable(among spans: Int) -> Bool { areEvicted || Self.share * count >= max(spans, 1) }

    /// The part of an interval that makes no difference is less than one in so many.
    private static let share = 20
}

extension WindowView {
    /// - Parameter interval: Unix nanoseconds. Slots count if any part of them is in it, as in verdicts.
    package func unseenSpans(in interval: Range<Int64>, ofCluster cluster: String) -> UnseenSpans {
        let isWanted = operations.map { $0.cluster == cluster }
        var unseen = UnseenSpans(areEvicted: isBeyond(interval), count: 0)
        for slot in slots where interval.overlaps(slot.start..<slot.end) {
            unseen.count += slot.overflow
            guard let attribution = slot.attribution, attribution.rowCount < slot.count else { continue }
            SlotRows(slot, from: attribution.rowCount).forEachBlock { columns, _, rows in
                unseen.count += rows.count { isWanted[Int(columns.operation[$0])] }
            }
        }
        return unseen
    }
}
