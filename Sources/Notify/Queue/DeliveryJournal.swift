import Support
import Foundation
import Rules

/// One sink's undelivered alerts on disk: a file of lines, each of which adds to the queue or removes from it.
///
///     {"alert":{…}}    appends an alert; on disk before anything is sent
///     {"sequence":7}   all hand-overs up to this number are in the queue
///     {"batch":3}      the first three are about to be sent together; after a restart they are sent together again
///     {"done":3}       removes the first three
///
/// Each begins with its checksum: `{"checksum":"…","done":3}`.
///
/// An incomplete last line was never acknowledged, and is ignored.
struct DeliveryJournal {
    enum Change: Sendable {
        /// Appends alerts. With them, everything up to a sequence number is in the queue; zero for no number.
        case put([Alert], sequence: Int)
        case begin(Int)
        case done(Int)
        /// Replaces many changes by the resulting content, and the first sequence number among them.
        case replace(Content, first: Int?)
    }

    struct Content: Sendable {
        /// What waits, in order.
        var alerts: [Alert] = []
        /// How many alerts at the front are about to be sent together.
        var batch: Int?
        /// The last sequence number that was put in; it stays after delivery.
        var sequence = 0
    }

    private struct Line: Codable {
        var alert: AlertJSON?
        var sequence: Int?
        var batch: Int?
        var done: Int?
    }

    /// What to say when `load` returns true.
    static let damage = "lines of the queue on disk can't be read and are skipped"

    /// File sizes beyond which the file is rewritten with only what still waits: if nothing waits, and otherwise.
    private static let rewriteBytes = (empty: 64 << 10, other: 4 << 20)
    /// No daemon gets this far: a larger number means that the file is damaged.
    private static let sequenceMax = 1 << 53

    /// The file's content, or what it will be after the next successful write.
    private(set) var content = Content()
    private var path: String
    private let files: DurableFiles
    private var byteCount = 0
    private var byteCountWhenNew = 0
    /// Whether the file may end within a line, or lack lines.
    private var isDamaged = false

    init(path: String, files: DurableFiles) {
        self.path = path
        self.files = files
    }

    /// Reads the file.
    /// - Returns: whether complete lines were unreadable, alone or run together; they are skipped.
    mutating func load() -> Bool {
        let contents: Data
        do {
            guard let found = try DurableFiles.read(path) else { return false }
            contents = found
        } catch {
            isDamaged = true
            return true
        }
        byteCount = contents.count
        var isCorrupt = false
        let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let rest = lines.last {
            isDamaged = !rest.isEmpty
            isCorrupt = !CheckedJSON.isBeginning(rest)
        }
        for line in lines.dropLast() {
            guard CheckedJSON.isIntact(line), let line = try? JSONDecoder().decode(Line.self, from: line),
                (0...Self.sequenceMax).contains(line.sequence ?? 0)
            else {
                isCorrupt = true
                continue
            }
            if let alert = line.alert.flatMap({ Alert($0) }) { content.apply(.put([alert], sequence: 0)) }
            if let sequence = line.sequence { content.apply(.put([], sequence: sequence)) }
            if let count = line.batch { content.apply(.begin(count)) }
            if let count = line.done { content.apply(.done(count)) }
        }
        isDamaged = isDamaged || isCorrupt
        return isCorrupt
    }

    /// On disk when it returns. If it throws, the next write includes these changes.
    mutating func write(_ changes: [Change]) throws {
        guard !changes.isEmpty else { return }
        for change in changes {
            if case .replace = change { isDamaged = true }
            content.apply(change)
        }
        let isWhole = !isDamaged && !isLong
        isDamaged = true
        if isWhole {
            let contents = try Self.encode(changes.flatMap(Self.lines))
            try files.append(contents, to: path)
            // The file's name must survive a crash too.
            if byteCount == 0 { try files.synchronizeDirectory(of: path) }
            byteCount += contents.count
        } else {
            let contents = try Self.encode(content.changes.flatMap(Self.lines))
            try files.replace(path, with: contents)
            byteCount = contents.count
            byteCountWhenNew = contents.count
        }
        isDamaged = false
    }

    /// At least twice its size after the last rewrite, so that a long queue isn't rewritten with each change.
    private var isLong: Bool {
        byteCount
            > max(content.alerts.isEmpty ? Self.rewriteBytes.empty : Self.rewriteBytes.other, 2 * byteCountWhenNew)
    }

    /// Renames the file, which frees its name for another journal of the same sink.
    mutating func move(to other: String) {
        if unsafe rename(path, other) != 0 { isDamaged = true }
        path = other
    }

    func remove() {
        _ = unsafe unlink(path)
    }

    private static func lines(_ change: Change) -> [Line] {
        switch change {
        case .put(let alerts, let sequence):
            alerts.map { Line(alert: AlertJSON($0)) } + (sequence > 0 ? [Line(sequence: sequence)] : [])
        case .begin(let count): [Line(batch: count)]
        case .done(let count): [Line(done: count)]
        case .replace(let content, _): content.changes.flatMap(lines)
        }
    }

    private static func encode(_ lines: [Line]) throws -> Data {
        Data(try lines.map { CheckedJSON.sealed(try JSONText.encode($0)) + "\n" }.joined().utf8)
    }
}

extension DeliveryJournal.Content {
    fileprivate mutating func apply(_ change: DeliveryJournal.Change) {
        switch change {
        case .put(let more, let sequence):
            alerts += more
            self.sequence = max(self.sequence, sequence)
        case .begin(let count):
            batch = max(0, min(count, alerts.count))
        case .done(let count):
            alerts.removeFirst(max(0, min(count, alerts.count)))
            batch = nil
        case .replace(let content, _):
            self = content
        }
    }

    /// The changes that turn an empty queue into this one.
    fileprivate var changes: [DeliveryJournal.Change] {
        [.put(alerts, sequence: sequence)] + (batch.map { [.begin($0)] } ?? [])
    }
}
