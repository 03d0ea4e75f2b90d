import Engine
import Foundation
import OTLP
import Receivers
import Rules
import Testing

@testable import Daemon
import YAML

@Suite struct `The memory budget` {
    private typealias Part = MemoryBudget.Part

    private static func sum(_ budget: MemoryBudget) -> Int { Part.allCases.reduce(0) { $0 + budget[$1] } }

    @Test func `the parts of any limit add up to it, but for a few bytes`() throws {
        #expect(Part.allCases.reduce(0) { $0 + $1.share } == 1000)
        for limit in [64 << 20, 256 << 20, 1_000_000_007, 2 << 30, 64 << 30, Int.max] {
            let budget = try MemoryBudget(limit: limit)
            #expect(Self.sum(budget) <= limit)
            #expect(Self.sum(budget) > limit - Part.allCases.count)
            #expect(budget.bodyBytes * 2 <= budget[.ingest])
            #expect(budget.recordingQueueBytes >= budget.bodyBytes)
        }
    }

    @Test func `a part that is set gets its size, and the others share the rest`() throws {
        let budget = try MemoryBudget(limit: 1 << 30, explicit: [.window: 600 << 20])
        #expect(budget[.window] == 600 << 20)
        #expect(Self.sum(budget) <= 1 << 30)
        let usual = try MemoryBudget(limit: 1 << 30)
        #expect(budget[.ingest] < usual[.ingest])
        #expect(budget[.ingest] > usual[.ingest] / 2)
    }

    @Test func `parts that exceed the limit are refused with the arithmetic`() {
        let excess = #expect(throws: MemoryBudget.ExceededError.self) {
            try MemoryBudget(limit: 1 << 30, explicit: [.window: 900 << 20, .ingest: 200 << 20])
        }
        #expect(
            excess?.description
                == "window.max_bytes 900 MiB + limits.max_bytes_in_flight 200 MiB = 1.1 GiB, and everything else needs "
                + "at least 185.1 MiB, but the limit is 1 GiB (limits.memory)")
        for explicit in [[Part.window: Int.max], [.window: .max, .ingest: .max]] {
            #expect(throws: MemoryBudget.ExceededError.self) { try MemoryBudget(limit: 1 << 30, explicit: explicit) }
        }
    }

    @Test func `without a limit it is 70 % of the container's, else 2 GiB, else what the set parts need`()
        throws
    {
        #expect(MemoryBudget.defaultLimit(container: 1000 << 20, explicit: [:]) == 700 << 20)
        #expect(MemoryBudget.defaultLimit(container: nil, explicit: [:]) == 2 << 30)
        let explicit = [Part.window: 8 << 30]
        let limit = MemoryBudget.defaultLimit(container: nil, explicit: explicit)
        #expect(try MemoryBudget(limit: limit, explicit: explicit)[.ingest] >= MemoryBudget.standard[.ingest] - 1)
        #expect(MemoryBudget.defaultLimit(container: nil, explicit: [.window: .max]) == .max)
    }

    @Test func `the daemon follows the parts, a replay the file`() throws {
        var configuration = try Configuration(Array("limits: {memory: 256MiB}".utf8), file: "f")
        #expect(configuration.window.bytesMax == 1 << 30)
        try configuration.fit(container: 64 << 30)
        #expect(configuration.memory?.limit == 256 << 20)
        #expect(configuration.window.bytesMax < 128 << 20)
        #expect(configuration.receivers.bytesInFlight == 216 * 1_048_576 * 128 / 1000)
        #expect(configuration.receivers.bodyBytes == 216 * 1_048_576 * 128 / 1000 / 4)
    }

    @Test(arguments: [
        ("limits: {memory: 1MiB}", "f:1:18: memory must be at least 128 MiB, but found"),
        ("limits: {memory: lots}", "memory must be a size such as"),
        (
            "limits: {memory: 256MiB}\nwindow: {max_bytes: 1GiB}",
            "window.max_bytes 1 GiB, and everything else needs at least 78.8 MiB, but the limit is 256 MiB"
        ),
        (
            "limits: {memory: 256MiB, max_request_bytes: 64MiB}",
            "max_request_bytes 64 MiB is more than the 27.6 MiB for all requests in flight"
        ),
        (
            "limits: {max_bytes_in_flight: 16MiB, max_request_bytes: 64MiB}",
            "max_request_bytes 64 MiB is more than max_bytes_in_flight 16 MiB"
        ),
    ])
    func `a file that contradicts itself is refused`(text: String, problem: String) throws {
        let error = #expect(throws: (any Error).self) { try Configuration(Array(text.utf8), file: "f") }
        #expect("\(error.map { "\($0)" } ?? "")".contains(problem), "\(error.map { "\($0)" } ?? "no error")")
    }
}

@Suite struct `A memory limit and the container's` {
    private static func configuration(_ text: String) throws -> Configuration {
        try Configuration(Array(text.utf8), file: "f")
    }

    @Test func `a limit beyond what the container allows is a warning at its position`() throws {
        let text = "window: {duration: 1h}\nlimits: {memory: 8GiB}"
        let warnings = try Self.configuration(text).warnings(container: 2 << 30)
        #expect(warnings.map(\.position) == [SourcePosition(line: 2, column: 18)])
        #expect(warnings.first?.message.hasPrefix("warning: memory 8 GiB is more than the 2 GiB that") == true)
        #expect(try Self.configuration(text).warnings(container: 8 << 30).isEmpty)
        #expect(try Self.configuration(text).warnings(container: nil).isEmpty)
    }

    @Test(arguments: [
        ("window: {max_bytes: 1GiB}", 21), ("window: {history_bytes: 1GiB}", 25),
        ("limits: {max_bytes_in_flight: 1GiB}", 31),
    ])
    func `a part beyond what the container allows is a warning, and an error for the daemon there, at its position`(
        text: String, column: Int
    ) throws {
        var configuration = try Self.configuration(text)
        let position = SourcePosition(line: 1, column: column)
        #expect(configuration.warnings(container: 512 << 20).map(\.position) == [position])
        #expect(configuration.warnings(container: 64 << 30).isEmpty)
        let fault = #expect(throws: Diagnostics.self) { try configuration.fit(container: 512 << 20) }
        #expect(fault?.all.map(\.position) == [position])
        #expect(throws: Never.self) { try configuration.fit(container: 64 << 30) }
    }
}

@Suite struct `The container's memory` {
    /// - Parameter files: contents by path below the root.
    private static func limit(_ files: [String: String]) throws -> Int? {
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return ContainerMemory.limit(root: root.path + "/")
    }

    @Test func `is the smallest limit of a control group of version 2 and its ancestors`() throws {
        let own = "sys/fs/cgroup/kubepods/pod1/memory.max"
        let group = ["proc/self/cgroup": "0::/kubepods/pod1\n"]
        #expect(try Self.limit(group.merging([own: "536870912\n"]) { $1 }) == 512 << 20)
        #expect(try Self.limit(group.merging([own: "max\n"]) { $1 }) == nil)
        let outer = "sys/fs/cgroup/kubepods/memory.max"
        #expect(try Self.limit(group.merging([own: "max\n", outer: "1048576\n"]) { $1 }) == 1 << 20)
        #expect(try Self.limit(group.merging([own: "4096\n", outer: "1048576\n"]) { $1 }) == 4096)
        // In a cgroup namespace the path starts at the container's own group.
        #expect(
            try Self.limit(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "268435456\n"]) == 256 << 20)
    }

    @Test func `is what version 1 allows`() throws {
        let groups = "5:cpu,cpuacct:/docker/a\n4:memory:/docker/a\n0::/docker/a\n"
        let file = "sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes"
        #expect(try Self.limit(["proc/self/cgroup": groups, file: "1073741824\n"]) == 1 << 30)
        #expect(try Self.limit(["proc/self/cgroup": groups, file: "9223372036854771712\n"]) == nil)
        let mounted = "sys/fs/cgroup/memory/memory.limit_in_bytes"
        #expect(try Self.limit(["proc/self/cgroup": groups, mounted: "2147483648\n"]) == 2 << 30)
    }

    @Test(arguments: ["", "nonsense", "0::", "::::", "0::/../..\n"])
    func `is unknown without a limit`(groups: String) throws {
        #expect(try Self.limit(["proc/self/cgroup": groups]) == nil)
        #expect(try Self.limit([:]) == nil)
    }
}
