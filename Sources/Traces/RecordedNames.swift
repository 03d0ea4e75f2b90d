package import Engine
import Support
import Synchronization

// What a recording knows besides traces, for lists of choices.

extension RecordedTraces {
    /// More are nothing to choose from.
    private static let operationsMax = 10_000

    /// Operations that were recorded before the window began, latest first, as many as can be read within a time limit.
    /// They are read only once, because the earlier recording doesn't change.
    ///
    /// - Parameter services: which services have which role.
    package func earlierOperations(within limit: Duration, services: ServiceNames) -> Set<OperationLabels> {
        guard windowBegan > .min else { return [] }
        return earlierOperations.withLock { known in
            if let known { return known }
            var operations: Set<OperationLabels> = []
            let searched = search(.min..<windowBegan, before: .now + limit, services: services) { view, _ in
                for labels in view.operations where operations.count < Self.operationsMax { operations.insert(labels) }
            } isEnough: {
                operations.count >= Self.operationsMax
            }
            // Somebody else was reading.
            if case .isBusy = searched.failure { return operations }
            known = operations
            return operations
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
