import Foundation
import Support
import Testing

@testable import Recording

@Suite struct `The directory of recordings` {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "recordings-\(UUID().uuidString)")
    private static let now: Int64 = 1_795_407_346_345_284_061

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String) throws {
        try Data().write(to: folder.appendingPathComponent(name))
    }

    @Test(arguments: [
        "spans-22620411T234716.854775807Z.otlp.lz4", "spans-99991231T235959.999999999Z.otlp.lz4",
        "spans-16770921T001244.000000000Z.otlp.lz4", "spans-21160220T235338.427387904Z.otlp.lz4",
        "spans-20260101T000000.9223372036854775807Z.otlp.lz4", "spans-T.Z.otlp.lz4",
    ])
    func `an impossible time in the name of a file doesn't prevent the next one`(name: String) throws {
        try write(name)
        let directory = try ArchiveDirectory(folder.path)
        let next = directory.nextTime(Self.now)
        #expect(next >= Self.now)
        let made = try directory.makeFile(next)
        let isThere = made.hasName
        #expect(isThere)
        #expect(directory.nextTime(Self.now) >= Self.now)
    }

    @Test func `a file is named after the last one if the clock was set back`() throws {
        try write(ArchiveDirectory.name(Self.now))
        let directory = try ArchiveDirectory(folder.path)
        #expect(directory.nextTime(Self.now - 3_600_000_000_000) == Self.now + 1)
        #expect(directory.nextTime(Self.now + 1) == Self.now + 1)
    }

    @Test func `the oldest files beyond the retention are removed, never the current one nor those of others`() throws {
        let files = (0..<5).map { ArchiveDirectory.name(Self.now + $0) }
        for file in files { try Data(repeating: 0, count: 1000).write(to: folder.appendingPathComponent(file)) }
        try write("notes.txt")
        var settings = RecordingSettings()
        settings.retainBytes = 4000
        let directory = try ArchiveDirectory(folder.path)
        // A quarter of what is retained stays free for the current file, which doesn't count.
        let current = "\(folder.path)/\(files[0])"
        #expect(directory.retain(settings, now: 0, current: current).removed.map(\.name) == [files[1]])
        #expect(directory.files().map(\.name) == [files[0]] + files[2...])
        #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("notes.txt").path))
    }

    @Test(arguments: [1, TimeLimits.longest]) func `any age can be retained at any time`(age: Int64) throws {
        try write(ArchiveDirectory.name(Self.now))
        var settings = RecordingSettings()
        settings.retainAge = age
        let directory = try ArchiveDirectory(folder.path)
        #expect(directory.retain(settings, now: 0, current: nil).removed == [])
        #expect(directory.retain(settings, now: TimeLimits.latest, current: nil).removed.count == 1)
    }
}
