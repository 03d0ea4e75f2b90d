import Foundation
import Rules

/// What one sink has not been told yet, on disk: a file of lines, each of which adds to a queue or takes from it.
///
///     {"alert":{…}}    is put at the end; on disk before anything is sent
///     {"sequence":7}   all that was handed over up to this number has been put in
///     {"batch":3}      the first three are about to be sent together; after a restart they are so again
///     {"done":3}       the first three need not be sent any more
///
/// A last line that is not whole was never acknowledged, and doesn't count.
struct DeliveryJournal {
    enum Change: Sendable {
        /// Puts alerts at the end; with them, all up to a sequence number has been put in. Zero is none.
        case put([Alert], sequence: Int)
        case begin(Int)
        case done(Int)
        /// Instead of many changes, all that is left of them; the first sequence number that was among them.
        case replace(Content, first: Int?)
    }

    struct Content: Sendable {
        /// What waits, in order.
        var alerts: [Alert] = []
        /// How many of the first are about to be sent together.
        var batch: Int?
        /// Of what was put in last; it stays when that is done.
        var sequence = 0
    }

    private struct Line: Codable {
        var alert: AlertJSON?
        var sequence: Int?
        var batch: Int?
        var done: Int?
    }

    /// Bytes beyond which a file is written anew with only what still waits: of one where nothing does, and of others.
    private static let rewriteBytes = (empty: 64 << 10, other: 4 << 20)
    /// No daemon counts as far; a file that says so is damaged.
    private static let sequenceMax = 1 << 53

    /// What the file says, or will say with the next change that can be written.
    private(set) var content = Content()
    private var path: String
    private let files: DurableFiles
    private var byteCount = 0
    private var byteCountWhenNew = 0
    /// Whether the file may end within a line, or lacks some.
    private var isDamaged = false

    init(path: String, files: DurableFiles) {
        self.path = path
        self.files = files
    }

    /// Reads what the file holds.
    /// - Returns: whether there were lines that should be readable and are not; they are left out.
    mutating func load() -> Bool {
        guard let contents = FileManager.default.contents(atPath: path) else { return false }
        byteCount = contents.count
        var isCorrupt = false
        let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        isDamaged = lines.last?.isEmpty == false
        for line in lines.dropLast() {
            guard let line = try? JSONDecoder().decode(Line.self, from: line),
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

    /// On disk when it returns. Where it throws, the next change brings this one to disk too.
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
            // A file's name too has to be there.
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

    /// Twice as long as it was at least, so that a long queue isn't written anew with each change.
    private var isLong: Bool {
        byteCount
            > max(content.alerts.isEmpty ? Self.rewriteBytes.empty : Self.rewriteBytes.other, 2 * byteCountWhenNew)
    }

    /// Gives its name up, for another journal of the same sink.
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
        Data(try lines.map { try JSONText.encode($0) + "\n" }.joined().utf8)
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

    /// The changes that make an empty queue this one.
    fileprivate var changes: [DeliveryJournal.Change] {
        [.put(alerts, sequence: sequence)] + (batch.map { [.begin($0)] } ?? [])
    }
}
