import Foundation
import Rules

/// What one sink has not been told yet, on disk: a file of lines, each of which adds to a queue or takes from it.
///
///     {"alert":{…}}    is put at the end; on disk before anything is sent
///     {"batch":3}      the first three are about to be sent together; after a restart they are so again
///     {"done":3}       the first three need not be sent any more
///
/// A last line that is not whole was never acknowledged, and doesn't count.
struct DeliveryJournal {
    private struct Line: Codable {
        var alert: AlertJSON?
        var batch: Int?
        var done: Int?
    }

    /// Bytes beyond which a file is written anew, with only what still waits.
    private static let rewriteBytes = 4 << 20

    private var path: String
    private var byteCount = 0
    /// Whether the file may end within a line, or lacks some.
    private var isDamaged = false

    init(path: String) {
        self.path = path
    }

    /// What the file holds.
    /// - Returns: the alerts that wait, how many of them were about to be sent together, and whether lines could not be
    ///   read that should.
    mutating func load() -> (alerts: [Alert], batch: Int?, isCorrupt: Bool) {
        guard let contents = FileManager.default.contents(atPath: path) else { return ([], nil, false) }
        byteCount = contents.count
        var alerts: [Alert] = []
        var batch: Int?
        var isCorrupt = false
        let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        isDamaged = lines.last?.isEmpty == false
        for line in lines.dropLast() {
            guard let line = try? JSONDecoder().decode(Line.self, from: line) else {
                isCorrupt = true
                continue
            }
            if let alert = line.alert.flatMap({ Alert($0) }) { alerts.append(alert) }
            if let next = line.batch { batch = max(0, min(next, alerts.count)) }
            if let done = line.done {
                alerts.removeFirst(max(0, min(done, alerts.count)))
                batch = nil
            }
        }
        isDamaged = isDamaged || isCorrupt
        return (alerts, batch, isCorrupt)
    }

    /// Adds to the end. On disk when it returns.
    /// - Parameter waiting: all that wait, with these.
    mutating func append(_ alerts: [Alert], waiting: [Alert]) throws {
        try write(alerts.map { Line(alert: AlertJSON($0)) }, waiting: waiting)
    }

    /// That the first `count` are about to be sent together.
    mutating func begin(_ count: Int, waiting: [Alert]) throws {
        try write([Line(batch: count)], waiting: waiting)
    }

    /// Takes the first `count` off.
    /// - Parameter waiting: what is left.
    mutating func finish(_ count: Int, waiting: [Alert]) throws {
        if waiting.isEmpty || byteCount > Self.rewriteBytes { isDamaged = true }
        try write([Line(done: count)], waiting: waiting)
    }

    /// Gives its name up, for another journal of the same sink.
    mutating func move(to other: String) {
        if unsafe rename(path, other) != 0 { isDamaged = true }
        path = other
    }

    func remove() {
        _ = unsafe unlink(path)
    }

    private mutating func write(_ lines: [Line], waiting: [Alert]) throws {
        let isWhole = !isDamaged
        isDamaged = true
        if isWhole {
            let contents = try Self.encode(lines)
            try DurableFile.append(contents, to: path)
            // A file's name too has to be there.
            if byteCount == 0 { try DurableFile.synchronizeDirectory(of: path) }
            byteCount += contents.count
        } else {
            let contents = try Self.encode(
                waiting.map { Line(alert: AlertJSON($0)) } + lines.filter { $0.batch != nil })
            try DurableFile.replace(path, with: contents)
            byteCount = contents.count
        }
        isDamaged = false
    }

    private static func encode(_ lines: [Line]) throws -> Data {
        Data(try lines.map { try JSONText.encode($0) + "\n" }.joined().utf8)
    }
}
