// What the verdict says about failures.
extension Evidence {
    /// The verdict about failures; nil if not many more requests fail than usual.
    var ofFailures: Verdict? {
        guard failures.requests.isUnusual else { return nil }
        return ofFailedCalls
            ?? .notClear("\(failedRequests)\(otherFailures); \(nothingSlower)").mentioning(failedByThemselves)
    }

    /// The verdict if the question is about failures; nil if neither many more requests nor many more calls fail than usual.
    ///
    /// - Parameter slower: the verdict about time, if there is one.
    func ofUnusualFailures(slower: Verdict?) -> Verdict? {
        guard failures.requests.isUnusual else { return ofHiddenFailures }
        if let verdict = ofFailedCalls { return verdict }
        if var verdict = slower, verdict.side != nil {
            verdict.certainty = min(verdict.certainty, .likely)
            verdict.why += "; \(failedRequests)\(otherFailures)"
            return verdict.mentioning(FailureClause(text: failedRequests, isVerdict: false))
        }
        guard !failures.etcdCalls.isUnusual, !failures.calls.isUnusual else {
            return .notClear("\(failedRequests)\(otherFailures)").mentioning(failedByThemselves)
        }
        return Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: \(failedRequests)\(otherFailures), so it failed by itself"
        ).mentioning(failedByThemselves)
    }

    /// Requests that failed, whatever else did.
    private var failedByThemselves: FailureClause { FailureClause(text: failedRequests, isVerdict: true) }

    /// Calls to etcd that failed, and the requests that failed with them.
    private var failedWithEtcdCalls: FailureClause {
        FailureClause(text: failedEtcdCalls + andRequests, isVerdict: true)
    }

    /// What is said of an alert about errors if few fail.
    var fewFailures: String {
        let (requests, etcdCalls, calls) = (failures.requests.now, failures.etcdCalls.now, failures.calls.now)
        guard requests + etcdCalls + calls > 0 else { return "nothing failed in the time that was judged" }
        var found: [String] = []
        if requests > 0 { found.append(failedRequests) }
        if etcdCalls > 0 { found.append(failedEtcdCalls) }
        if calls > 0 {
            found.append("\(VerdictText.counted(calls, "other call", "other calls")) of the API server failed")
        }
        return "\(found.joined(separator: ", ")): too few, or not many more than usual in as much time"
    }

    /// The verdict if calls that failed explain most of the failed requests.
    private var ofFailedCalls: Verdict? {
        if failures.etcdCalls.isUnusual, failures.explain(failures.etcdCalls.now) { return failingEtcdCalls }
        guard failures.calls.isUnusual, let called = mostFailed, failures.explain(called.value) else { return nil }
        return failingCalls(called.key, called.value)
    }

    /// The verdict if far more calls fail than usual, but requests don't.
    private var ofHiddenFailures: Verdict? {
        if failures.calls.isUnusual, let called = mostFailed, 2 * called.value >= failures.calls.now {
            return failingCalls(called.key, called.value)
        }
        return failures.etcdCalls.isUnusual ? failingEtcdCalls : nil
    }

    private var failingEtcdCalls: Verdict {
        2 * failures.etcdAnswered >= failures.etcdCalls.now ? failingEtcd : failingConnection
    }

    /// What most of the failed calls to anything but etcd are part of.
    private var mostFailed: (key: Component, value: Int)? {
        failures.callsByComponent.max { ($0.value, $1.key.number) < ($1.value, $0.key.number) }
    }

    /// `17 requests failed, 12 of them create widgets ("boom")`, or `17 requests failed, 6 of them create pods, 5 get nodes, 3
    /// list pods`
    private var failedRequests: String {
        let unusual = failures.unusualRequests
        var messages = FailureMessages()
        for (_, kind) in unusual.sorted(by: { $0.key < $1.key }) { messages.add(kind.messages) }
        return "\(failedKinds)\(messages.clause(of: unusual.values.reduce(0) { $0 + $1.now }))\(usualFailures)"
    }

    /// A clause about failed requests of kinds that always fail now and then.
    private var usualFailures: String {
        let count = failures.requests.now - failures.unusualCount
        return count > 0 ? ", besides \(count) of kinds that fail as often in health" : ""
    }

    private var failedKinds: String {
        let unusual = failures.unusualRequests
        let count = unusual.values.reduce(0) { $0 + $1.now }
        func counts(by name: (RequestLabels) -> String) -> [(name: String, count: Int)] {
            var counts: [String: Int] = [:]
            for (series, kind) in unusual where requests.indices.contains(series) {
                counts[name(requests[series]), default: 0] += kind.now
            }
            // Where equally many failed, in the order of their names.
            return counts.map { ($0, $1) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        }
        let kinds = counts(by: VerdictText.kind)
        guard let most = kinds.first else { return "\(count) requests failed" }
        if count == 1 { return "1 request failed (\(most.name))" }
        if most.count == count { return "\(count) requests failed, all of them \(most.name)" }
        let isMost = 2 * most.count >= count
        let named = kinds.prefix(isMost ? 1 : Self.kindsMax)
        let list = "\(most.count) of them \(most.name)" + named.dropFirst().map { ", \($0.count) \($0.name)" }.joined()
        let left = count - named.reduce(0) { $0 + $1.count }
        let verb = counts(by: \.verb)[0]
        // What most of many kinds have in common.
        guard !isMost, left > 0, 5 * verb.count >= 4 * count else { return "\(count) requests failed, \(list)" }
        let verbs = verb.count == count ? "all of them" : "\(verb.count) of them"
        return "\(count) requests failed, \(verbs) \(verb.name) requests: \(list)"
    }

    /// How many kinds of request a sentence names if none accounts for half of the failures.
    private static let kindsMax = 3

    /// What failed besides requests, which doesn't explain them.
    private var otherFailures: String {
        let (etcdCalls, calls) = (failures.etcdCalls.now, failures.calls.now)
        var found: [String] = []
        if etcdCalls > 0 { found.append(VerdictText.counted(etcdCalls, "call to etcd", "calls to etcd")) }
        if calls > 0 { found.append(VerdictText.counted(calls, "other call", "other calls")) }
        guard !found.isEmpty else { return ", and no call that the API server made did" }
        return ", but only \(found.joined(separator: " and ")) of the API server did"
    }

    private var failingEtcd: Verdict {
        let count = failures.etcdAnswered
        // Its callers may have given up.
        let failed =
            failures.etcdAnswers.areOfCaller
            ? "\(count) calls failed while it handled them" : "it answered \(count) calls with an error"
        let isClear = count >= failures.unusualCount && failures.requests.isUnusual
        return Verdict(
            side: .etcd, component: .etcd, certainty: isClear ? .clear : .likely,
            why: "etcd: \(failed)\(failures.etcdAnswers.clause(of: count))\(andRequests)"
        ).mentioning(failedWithEtcdCalls)
    }

    /// Calls to etcd fail before it handles them.
    private var failingConnection: Verdict {
        guard knowsEtcd else {
            return .notClear(
                "\(failedEtcdCalls)\(andRequests), but etcd sends no spans: etcd and the connection to it can't be told "
                    + "apart"
            ).mentioning(failedWithEtcdCalls)
        }
        return Verdict(
            side: .connection, component: .etcdClient, certainty: .likely,
            why: "connection: \(failedEtcdCalls), most of them before it handled them\(andRequests)"
        ).mentioning(failedWithEtcdCalls)
    }

    /// `30 calls to etcd failed ("etcdserver: request timed out")`
    var failedEtcdCalls: String {
        let count = failures.etcdCalls.now
        let calls = VerdictText.counted(count, "call to etcd", "calls to etcd")
        return "\(calls) failed\(failures.etcdMessages.clause(of: count))"
    }

    private func failingCalls(_ component: Component, _ calls: Int) -> Verdict {
        let said = failures.callMessages[component]?.clause(of: calls) ?? ""
        let isHidden = component.isWebhook && !failures.requests.isUnusual
        let failed = "\(failedCalls(component, calls))\(said)\(andRequests)"
        return Verdict(
            side: component.side, component: component, certainty: calls >= failures.unusualCount ? .clear : .likely,
            why: "\(component.side.rawValue): \(failed)" + (isHidden ? ", as with the failurePolicy Ignore" : "")
        ).mentioning(FailureClause(text: failed, isVerdict: true))
    }

    /// `34 calls of validating webhook validate.example.com (configuration example) failed`
    private func failedCalls(_ component: Component, _ calls: Int) -> String {
        guard component.isWebhook else { return "\(calls) calls of aggregated API servers failed" }
        let sort = VerdictText.webhooks(component)
        let most = failures.callsByWebhook[component]?.max { ($0.value, $1.key) < ($1.value, $0.key) }
        guard let most, 2 * most.value >= calls else { return "\(calls) calls of \(sort) failed" }
        return most.value == calls
            ? "\(calls) calls of \(sort.dropLast()) \(most.key.text) failed"
            : "\(calls) calls of \(sort) failed, \(most.value) of them of \(most.key.text)"
    }

    /// The requests that failed with the calls.
    private var andRequests: String {
        // Without what they say: the calls have said it.
        if failures.requests.isUnusual { return ", and \(failedKinds)" }
        return failures.requests.now > 0 ? ", but only \(failedKinds)" : ", but no request failed"
    }
}
