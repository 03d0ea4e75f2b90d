import TestSupport
import Testing

@testable import Engine

/// Names that come and go in a daemon's window, against a count by name: a number that has stood for several names must
/// never credit one name's spans to another.
@Suite struct `Names that come and go` {
    private static let start: Int64 = 1_767_225_600 * second

    @Test(arguments: 0..<10) func `every span counts under its own name, whatever its number stood for before`(
        seed: UInt64
    ) {
        var churn = NameChurn(seed: seed, operationsMax: 24)
        for _ in 0..<150 {
            churn.step()
            churn.check()
        }
        #expect(churn.window.operations.forgotten > 200, "seed \(seed)")
        #expect(churn.window.requests.forgotten > 200, "seed \(seed)")
        #expect(churn.totalsOfReusedNumbers > 50, "seed \(seed)")
        #expect(churn.requestsChecked > 50, "seed \(seed)")
    }

    @Test func `spans count for the component of their name, also in an older view`() {
        var limits = WindowLimits(duration: minute, operationsMax: 1, history: HistoryLimits(duration: minute))
        limits.isEndless = true
        limits.history.keepsSum = false
        var window = Window(limits: limits)
        var mappings = ComponentMappings()
        var views: [(view: WindowView, component: Component)] = []
        for (round, (service, component)) in [
            ("etcd", Component.etcd), ("apiserver", .apiServer), ("etcd", .etcd), ("kube-apiserver", .apiServer),
        ].enumerated() {
            // The first name's spans leave as time goes on, and the name with the next pass.
            for minutes in Int64(0)..<2 {
                let time = Self.start + Int64(round) * 3 * hour + minutes * minute
                var builder = BatchBuilder(firstID: UInt64(round * 10) + UInt64(minutes) + 1)
                builder.add(service: service, operation: "round \(round)", end: time)
                _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
                window.foldEvicted()
            }
            views.append((window.view(), component))
        }
        for (view, component) in views + views.reversed() + [views[3], views[0], views[2]] {
            mappings.extend(view, ComponentTable())
            #expect(view.operations.count == 2)
            #expect(mappings.mappings.map(\.component).dropFirst() == [component.number])
            #expect(mappings.components.dropFirst() == [component.number])
        }
    }

    @Test func `names get places again once others have left window and history`() {
        var churn = NameChurn(seed: 1, operationsMax: 100)
        churn.append((0..<10_000).map { "junk \($0)" }, service: "junk")
        #expect(churn.window.view().operations.count <= 101)
        #expect(churn.window.operations.overflow != nil)
        let overflowed = churn.window.operations.overflowed
        #expect(overflowed > 9_000)
        churn.append(["too early"], service: "checkout")
        #expect(churn.count("too early") == 0)

        // Earlier spans leave as time goes on, and their names with the next pass.
        churn.time += 3 * hour
        churn.append(["tick"], service: "etcd")
        churn.time += 10 * second
        churn.append(["in time"], service: "checkout")
        #expect(churn.count("in time") == 1)
        #expect(churn.window.operations.overflowed <= overflowed + 2)
        // Counters of forgotten names are gone, and start at zero if the names come back.
        #expect(churn.window.totals.operations.count { $0.count > 0 } <= 3)
        churn.append(["junk 0"], service: "junk")
        #expect(churn.count("junk 0") == 1)
    }

    @Test func `without a history names go with the window, within the hour`() {
        var limits = WindowLimits(duration: 10 * second, operationsMax: 100, history: HistoryLimits(duration: 0))
        limits.isEndless = true
        limits.history.keepsSum = false
        var window = Window(limits: limits)
        func append(_ names: [String], at time: Int64, firstID: UInt64) {
            var builder = BatchBuilder(firstID: firstID)
            for name in names { builder.add(service: "junk", operation: name, end: time) }
            _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
            window.foldEvicted()
        }
        append((0..<1_000).map { "junk \($0)" }, at: Self.start, firstID: 1)
        for (number, seconds) in [Int64(20), 26, 32].enumerated() {
            append(["late \(number)"], at: Self.start + seconds * second, firstID: UInt64(10_000 + number))
        }
        #expect(window.operations.forgotten > 0)
        #expect(window.view().operations.contains { $0.operation == "late 2" })
    }

    @Test func `names that a batch remembers but none of its spans has are not revived`() {
        var limits = WindowLimits(duration: minute, operationsMax: 4, history: HistoryLimits(duration: minute))
        limits.isEndless = true
        limits.history.keepsSum = false
        var window = Window(limits: limits)
        var builder = BatchBuilder()
        for operation in ["a", "b", "c", "d", "e"] { builder.add(operation: operation, end: Self.start) }
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        window.foldEvicted()
        // A batch that is cleared for the next request keeps its names.
        for hours in Int64(1)...6 {
            var time = Self.start + 3 * hours * hour
            for operation in ["tick", "only \(hours)"] {
                builder.batch.removeAll()
                builder.add(operation: operation, end: time)
                _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
                window.foldEvicted()
                time += 10 * second
            }
            let names = Set(window.view().operationSummaries().map(\.labels.operation)).subtracting(["tick", "_other"])
            #expect(names == ["only \(hours)"])
        }
    }

    @Test func `a replay's window forgets nothing`() {
        var window = Window(limits: WindowLimits(duration: minute, operationsMax: 2))
        for (number, operation) in ["a", "b", "c"].enumerated() {
            var builder = BatchBuilder(firstID: UInt64(number + 1))
            let time = Self.start + Int64(number) * 200 * hour
            builder.add(operation: operation, end: time)
            _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
            window.foldEvicted()
        }
        #expect(window.view().operationSummaries().map(\.labels.operation).sorted() == ["_other", "a", "b"])
    }
}

/// Appends spans whose ids and durations identify their names, and checks what a window says about them.
private struct NameChurn: ~Copyable {
    var window: Window
    var time: Int64 = 1_767_225_600 * second
    private var attributor = Attributor(settle: 0)
    private var random: SeededGenerator
    private let seed: UInt64
    private var nextID: UInt64 = 1
    /// Reused for each request, as a receiver does: the batch remembers names, and the window their translations.
    private var builder = BatchBuilder()
    private var steps = 0
    private var nameOfSpan: [UInt64: String] = [:]
    /// Component sums seen under the second or a later name of a number.
    private(set) var totalsOfReusedNumbers = 0
    private(set) var requestsChecked = 0

    init(seed: UInt64, operationsMax: Int) {
        var limits = WindowLimits(
            duration: minute, operationsMax: operationsMax, requestsMax: operationsMax,
            history: HistoryLimits(duration: minute))
        limits.isEndless = true
        limits.history.keepsSum = false
        window = Window(limits: limits)
        random = SeededGenerator(seed: seed)
        self.seed = seed
    }

    /// All spans of a name take the same time, and no other name's do.
    private static func duration(_ name: String) -> Int64 {
        1_000_000 + Int64(name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) % 99_999_989 })
    }

    mutating func append(_ names: [String], service: String) {
        builder.batch.removeAll()
        for name in names {
            builder.add(service: service, operation: name, end: time, duration: Self.duration(name), id: nextID)
            nameOfSpan[nextID] = name
            nextID += 1
        }
        append()
    }

    private mutating func append() {
        _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
        window.foldEvicted()
    }

    func count(_ name: String) -> Int {
        window.view().operationSummaries().first { $0.labels.operation == name }?.count ?? 0
    }

    /// Appends, some minutes later, some new names, some known ones, and always those of etcd.
    mutating func step() {
        time += Int64.random(in: 5...30, using: &random) * minute
        steps += 1
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let names = (0..<4).map { _ in "operation \(number())" }
            append(names, service: "service \(steps % 5)")
            append(["etcdserverpb.KV/Range"], service: "etcd")
            appendRequests()
            time += Int64.random(in: 0...3, using: &random) * second
        }
        let settled = attributor.settle(window.view(), at: time + hour)
        for slot in settled { window.attach(slot) }
    }

    private mutating func appendRequests() {
        builder.batch.removeAll()
        for _ in 0..<3 {
            let resource = "thing\(number())"
            builder.addRequest(
                method: "GET", target: "/apis/example.com/v1/\(resource)", end: time, duration: Self.duration(resource))
            nameOfSpan[nextID] = "GET"
            nextID += 1
        }
        append()
    }

    /// The number of a name that is new, was used lately, or long ago.
    private mutating func number() -> Int {
        Int.random(in: 0..<4, using: &random) == 0
            ? Int.random(in: 0...steps * 3, using: &random) : steps * 3 + Int.random(in: 0..<9, using: &random)
    }

    mutating func check() {
        let view = window.view()
        for slot in view.slots {
            for number in 0..<slot.count {
                let row = slot.row(number)
                let name = view.operations[Int(row.operation)].operation
                #expect(name == nameOfSpan[row.spanID] || row.operation == OperationTable.overflow, "seed \(seed)")
                guard row.request > RequestTable.overflow + 1 else { continue }
                let resource = view.requests[Int(row.request) - 1].resource
                #expect(row.duration == Self.duration(resource), "seed \(seed)")
                requestsChecked += 1
            }
        }
        for row in view.operationSummaries() where row.series > 0 && row.labels.operation != "GET" {
            expectPure(row.sum, row.count, row.labels.operation)
        }
        for row in view.requestSummaries() where row.series > 0 { expectPure(row.sum, row.count, row.labels.resource) }
        for (labels, totals) in zip(view.operations, window.totals.operations).dropFirst()
        where labels.operation != "GET" {
            expectPure(Int128(totals.sum), totals.count, labels.operation)
        }
        for (part, sum) in attributor.totals.sums.enumerated() where sum > 0 {
            let request = part / ComponentTable.countMax
            guard request > 0, attributor.totals.isOf(request, in: view) else { continue }
            if view.requestBirths[request] > 1 { totalsOfReusedNumbers += 1 }
            let resource = view.requests[request].resource
            #expect(sum % Int128(Self.duration(resource)) == 0, "seed \(seed): \(resource)")
        }
    }

    private func expectPure(_ sum: Int128, _ count: Int, _ name: String) {
        #expect(sum == Int128(count) * Int128(Self.duration(name)), "seed \(seed): \(name)")
    }
}
