package import Engine
import Support
import Synchronization

// What a recording knows besides traces, for lists of choices.

extension RecordedTraces {
    /// Operations that were recorded before the window began.
    package struct EarlierOperations: Sendable {
        package var labels: Set<OperationLabels> = []
        package var searched = Searched()
        /// How many were listed if there may be more; nil otherwise.
        package var limit: Int?
    }

    /// More are nothing to choose from.
    private static let operationsMax = 10_000

    /// Operations that were recorded before the window began, latest first, as many as can be read within a time limit.
    /// They are read only once, because the earlier recording doesn't change.
    ///
    /// - Parameters:
    ///   - count: lists no more.
    ///   - services: which services have which role.
    package func earlierOperations(
        within limit: Duration, upTo count: Int = operationsMax, services: ServiceNames
    ) -> EarlierOperations {
        guard windowBegan > .min else { return EarlierOperations() }
        return earlierOperations.withLock { known in
            if let known { return known }
            var labels: Set<OperationLabels> = []
            let searched = search(.min..<windowBegan, before: .now + limit, services: services) { view, _ in
                for operation in view.operations where labels.count < count { labels.insert(operation) }
            } isEnough: {
                labels.count >= count
            }
            let earlier = EarlierOperations(
                labels: labels, searched: searched, limit: labels.count >= count ? count : nil)
            // Somebody else was reading.
            if case .isBusy = searched.failure { return earlier }
            known = earlier
            return earlier
        }
    }

    /// Adds which services called which in a range of the recording, latest spans first, as far as they can be read in
    /// time.
    ///
    /// - Parameter range: of the ends of spans, Unix nanoseconds.
    package func add(
        to calls: inout ServiceCalls, endingIn range: Range<Int64>, before deadline: ContinuousClock.Instant,
        services: ServiceNames
    ) {
        var sum = calls
        _ = search(range, before: deadline, services: services) { view, ends in
            sum.add(view, endingIn: ends)
        } isEnough: {
            sum.isFull
        }
        calls = sum
    }
}
