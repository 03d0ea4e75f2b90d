import Archive
import Engine

/// The archives of a replay, merged by time. Files of one recording are merged by the order of events: with several
/// threads, what a daemon did next may have an earlier time. Only a few are open at a time.
struct ReplayInputs {
    private struct Waiting {
        var archive: ReplayArchive
        /// The time of its first record, or of an earlier one in a later file of the same recording, in Unix
        /// nanoseconds.
        var time: Int64
        var recordedPosition: RecordedPosition?
    }

    /// Whether all of them are recordings, with arrivals.
    let areRecordings: Bool
    private var open: [ReplayInput] = []
    /// Archives that begin later, the latest first.
    private var waiting: [Waiting] = []
    private var endedProblems: [String] = []
    /// Bytes of files that aren't open: read so far, and in total.
    private var closed: (read: Int, size: Int?) = (0, 0)

    /// More are opened when their time comes; beyond this number without reading ahead, which takes a thread and two
    /// chunks each.
    private static let openMax = 8

    /// - Throws: `ArchiveError` for an archive that can't be read at all.
    init(_ archives: [ReplayArchive]) throws(ArchiveError) {
        var areRecordings = true
        for archive in archives {
            if archives.count <= Self.openMax {
                let input = try ReplayInput(archive, readsAhead: true)
                areRecordings = areRecordings && (input.isRecorded || input.head == .end)
                open.append(input)
            } else {
                let (first, size, isRecorded) = try Self.peek(archive)
                areRecordings = areRecordings && isRecorded
                waiting.append(first)
                closed.size = closed.size.flatMap { sum in size.map { sum + $0 } }
            }
        }
        self.areRecordings = areRecordings
        waiting = Self.latestFirst(waiting)
    }

    /// How many archives are open.
    var openCount: Int { open.count }

    /// Whether any of some recordings has events left.
    func haveMore(of recordings: Set<RecordingID>) -> Bool {
        let positions = open.map(\.recordedPosition) + waiting.map(\.recordedPosition)
        return positions.contains { $0.map { recordings.contains($0.recording) } ?? false }
    }

    /// Sorts by time. A file of a recording waits no longer than the files after it.
    private static func latestFirst(_ files: [Waiting]) -> [Waiting] {
        var files = files.sorted { $0.recordedPosition?.sequence ?? 0 > $1.recordedPosition?.sequence ?? 0 }
        var earliest: [RecordingID: Int64] = [:]
        for index in files.indices {
            guard let recording = files[index].recordedPosition?.recording else { continue }
            files[index].time = min(files[index].time, earliest[recording] ?? .max)
            earliest[recording] = files[index].time
        }
        return files.sorted { ($1.time, $1.archive.name) < ($0.time, $0.archive.name) }
    }

    /// The first record of an archive, its size in bytes, and whether it is a recording or empty.
    private static func peek(
        _ archive: ReplayArchive
    ) throws(ArchiveError) -> (first: Waiting, size: Int?, isRecorded: Bool) {
        var decoder = try archive.decoder(readsAhead: false)
        var first = DecodedRecord()
        decoder.next(&first)
        if let refusal = first.refusal { throw refusal }
        let waiting = Waiting(
            archive: archive, time: first.time(after: nil) ?? 0, recordedPosition: first.recordedPosition)
        return (waiting, decoder.fileSize, first.isRecorded || first.isEnd)
    }

    var problems: [String] { endedProblems + open.flatMap(\.problems) }

    /// Bytes of the archives: read so far, and in total; nil if one of them is a pipe.
    var progress: (read: Int, size: Int?) {
        open.reduce(closed) { sum, input in
            let (read, size) = input.progress
            return (sum.read + read, sum.size.flatMap { total in size.map { total + $0 } })
        }
    }

    /// The archive whose next record, or reading of the clock, comes first; nil at the end of all.
    mutating func first() throws(ArchiveError) -> ReplayInput? {
        close()
        while true {
            let first = earliest
            guard let next = waiting.last, next.time <= first?.time ?? .max else { return first }
            waiting.removeLast()
            let input = try ReplayInput(next.archive, readsAhead: open.count < Self.openMax)
            if let size = input.progress.size { closed.size? -= size }
            open.append(input)
            close()
        }
    }

    /// The earliest open archive. All open ones have more to come.
    private var earliest: ReplayInput? {
        guard let first = open.min(by: { ($0.time ?? .max) < ($1.time ?? .max) }) else { return nil }
        return open.reduce(first) { first, input in
            guard let position = input.recordedPosition, let other = first.recordedPosition, position.precedes(other)
            else { return first }
            return input
        }
    }

    /// Closes archives that have been read to their end.
    private mutating func close() {
        guard open.contains(where: { $0.time == nil }) else { return }
        for input in open where input.time == nil {
            endedProblems += input.problems
            let (read, size) = input.progress
            closed = (closed.read + read, closed.size.flatMap { sum in size.map { sum + $0 } })
        }
        open.removeAll { $0.time == nil }
    }
}
