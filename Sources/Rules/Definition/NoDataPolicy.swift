/// What becomes of an alert whose condition has no data while other spans come: the series it is about may have thinned out
/// below a minimum count for good, or be gone.
package enum NoDataPolicy: Hashable, Sendable {
    /// It stays as it is until there is data again.
    case keep
    /// It ends when there was none for so long, nanoseconds. Time in which nothing else came either doesn't count.
    case resolve(after: Int64)

    /// Longer than the quiet spells of a series that is still there, short enough that nobody works on what is over.
    package static let standard = NoDataPolicy.resolve(after: 900_000_000_000)
}
