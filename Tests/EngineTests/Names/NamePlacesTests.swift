@testable import Engine
import TestSupport
import Testing

/// Which names get a place when there are too many.
@Suite struct `Places for names` {
    private static let start: Int64 = 1_767_225_600 * second

    private static func window(_ limit: Int = 1_000) -> Window {
        Window(limits: WindowLimits(duration: nil, operationsMax: limit, requestsMax: limit))
    }

    private static func flood(
        _ window: inout Window, _ services: Int, _ operations: Int, prefix: String = "junk", firstID: UInt64 = 1_000_000
    ) {
        var builder = BatchBuilder(firstID: firstID)
        for service in 0..<services {
            for operation in 0..<operations {
                builder.add(service: "\(prefix)\(service)", operation: "operation \(operation)", end: start)
            }
        }
        _ = window.append(builder.batch, arrival: start, evaluatedUpTo: .min)
    }

    private static func names(_ window: borrowing Window, _ service: String) -> Int {
        window.view().operations.count { $0.service == service }
    }

    @Test func `one service takes a quarter of the places at most, and the overflow says so`() {
        var window = Self.window()
        Self.flood(&window, 1, 10_000)
        #expect(Self.names(window, "junk0") == 250)
        #expect(window.operations.overflow?.reason == .quota)
        #expect(window.operations.overflow?.owner == "junk0")
        #expect(window.operations.overflowed == 9_750)
    }

    @Test func `whatever came before, the API server and etcd have theirs`() {
        var window = Self.window()
        Self.flood(&window, 100, 100)
        #expect(window.operations.overflow?.reason == .limit)
        Self.flood(&window, 1, 125, prefix: "kube-apiserver", firstID: 1)
        Self.flood(&window, 1, 125, prefix: "etcd", firstID: 10_001)
        #expect(Self.names(window, "kube-apiserver0") == 125)
        #expect(Self.names(window, "etcd0") == 125)
    }

    @Test func `a flood in the API server's name leaves etcd's places`() {
        var window = Self.window()
        Self.flood(&window, 100, 100)
        Self.flood(&window, 10, 1_000, prefix: "kube-apiserver", firstID: 1)
        Self.flood(&window, 1, 125, prefix: "etcd", firstID: 100_001)
        #expect(Self.names(window, "etcd0") == 125)
    }

    @Test func `a flood in etcd's own name leaves the places of what rules name`() {
        var window = Self.window()
        var names = SelectedNames()
        names.add(.spans, ["service": "etcd0", "operation": "etcdserverpb.KV/Range"])
        window.select(names)
        Self.flood(&window, 1, 5_000, prefix: "etcd", firstID: 1)
        #expect(Self.names(window, "etcd0") == 500)
        var builder = BatchBuilder(firstID: 10_000)
        builder.add(service: "etcd0", operation: "etcdserverpb.KV/Range", kind: .server, end: Self.start)
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        #expect(window.view().operations.contains { $0.operation == "etcdserverpb.KV/Range" })
    }

    @Test func `a flood in a component's own name leaves the places of what it is known for`() {
        var window = Self.window()
        var builder = BatchBuilder(firstID: 1)
        for service in ["apiserver", "etcd", "kube-apiserver-zz", "etcd-evil"] {
            for number in 0..<3_000 { builder.add(service: service, operation: "junk \(number)", end: Self.start) }
        }
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        let known = [("apiserver", "List"), ("apiserver", "etcdserverpb.KV/Txn"), ("etcd", "etcdserverpb.KV/Txn")]
        builder = BatchBuilder(firstID: 1_000_000)
        for (service, operation) in known { builder.add(service: service, operation: operation, end: Self.start) }
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        let names = window.view().operations
        for (service, operation) in known {
            #expect(names.contains { $0.service == service && $0.operation == operation })
        }
        #expect(window.operations.placesUse.ofLargest > 250)
    }

    @Test func `a rule on an operation of any service takes no places from known names`() {
        var window = Self.window()
        var names = SelectedNames()
        names.add(.spans, ["operation": "List"])
        window.select(names)
        var builder = BatchBuilder(firstID: 1)
        for service in 0..<3_000 { builder.add(service: "junk \(service)", operation: "List", end: Self.start) }
        builder.add(service: "apiserver", operation: "List", end: Self.start)
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        #expect(window.view().operations.contains { $0.service == "apiserver" })
    }

    @Test func `names that rules select have places`() {
        var window = Self.window()
        var names = SelectedNames()
        names.add(.spans, ["service": "checkout", "operation": "pay"])
        names.add(.requests, ["resource": "widgets", "group": "example.com"])
        window.select(names)
        Self.flood(&window, 100, 100)
        var builder = BatchBuilder()
        for number in 0..<2_000 {
            builder.addRequest(method: "GET", target: "/apis/group\(number).com/v1/things", end: Self.start)
        }
        builder.add(service: "checkout", operation: "pay", end: Self.start)
        builder.add(service: "checkout", operation: "look", end: Self.start)
        builder.addRequest(method: "GET", target: "/apis/example.com/v1/widgets", end: Self.start)
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        let view = window.view()
        #expect(view.operations.contains { $0.operation == "pay" })
        #expect(!view.operations.contains { $0.operation == "look" })
        #expect(view.requests.contains { $0.resource == "widgets" })
    }

    @Test func `resources that don't exist leave room for those that do`() {
        var window = Self.window()
        var builder = BatchBuilder()
        for number in 0..<5_000 {
            builder.addRequest(method: "GET", target: "/api/v1/junk\(number)", end: Self.start)
            builder.addRequest(method: "GET", target: "/apis/junk\(number).io/v1/pods", end: Self.start)
            builder.addRequest(method: "GET", target: "/api/v1/namespaces/a/pods/b/junk\(number)", end: Self.start)
        }
        let before = builder.batch.count
        for resource in ["pods", "secrets", "nodes"] {
            builder.addRequest(method: "GET", target: "/api/v1/\(resource)", end: Self.start)
        }
        builder.addRequest(method: "GET", target: "/apis/coordination.k8s.io/v1/leases", end: Self.start)
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        let view = window.view()
        #expect(before == 15_000)
        for resource in ["pods", "secrets", "nodes", "leases"] {
            #expect(view.requests.contains { $0.resource == resource && $0.subresource.isEmpty })
        }
        #expect(window.requests.overflowed > 14_000)
        let others = view.requests.firstIndex { $0.verb == "_other" }
        var attributor = Attributor()
        for slot in attributor.settle(window.view(), at: .max) {
            window.attach(slot)
        }
        #expect(window.totals.requests[others ?? -1].count == window.requests.overflowed)
    }
}
