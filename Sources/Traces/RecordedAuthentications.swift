package import Engine
import Support

extension RecordedTraces {
    /// The authentications of requests of one trace that are traces of their own, as far as they can be read in time.
    ///
    /// - Parameters: - requests: their SERVER spans.
    ///   - services: which services have which role.
    /// - Returns: the authentications, and the spans of their traces on the wire.
    package func authentications(
        of requests: [SpanRow], in id: TraceID, before deadline: ContinuousClock.Instant, _ services: ServiceNames,
        _ components: ComponentTable
    ) -> (tied: [TiedAuthentication], message: [UInt8]) {
        let ends = requests.map { $0.start.addingSaturating($0.duration) }
        guard let first = ends.min(), let last = ends.max() else { return ([], []) }
        var tied: [UInt64: TiedAuthentication] = [:]
        _ = search(
            first..<last.addingSaturating(1), before: deadline, services: services, components: components
        ) { view, _ in
            for (request, end) in zip(requests, ends) where tied[request.spanID] == nil {
                tied[request.spanID] = view.authentication(
                    tiedTo: request.spanID, of: id, endingAt: end, components)
            }
        } isEnough: {
            tied.count == requests.count
        }
        let found = tied.values.sorted { $0.span.start < $1.span.start }
        let sought = found.map { one in
            let end = one.span.start.addingSaturating(one.span.duration)
            return Sought(one.trace, endingIn: end..<end.addingSaturating(1))
        }
        return (found, sought.isEmpty ? [] : traces(sought, before: deadline).message)
    }
}
