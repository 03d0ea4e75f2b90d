import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

@main
struct FaultlineLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline-load",
        abstract: "Sends captured traces to an OTLP receiver repeatedly, and reports what became of them.",
        discussion: """
            Times are shifted so that spans end as they are sent. Spans that ended in the same second of the capture, and \
            those of a trace, are shifted alike; the newest ends when the first of their requests is sent. Only traces \
            longer than three seconds are shifted in parts. Below the capture's own rate spans of one trace are sent \
            further apart than they were, so that some are late; with --requests they end when they are prepared. Ids \
            change from round to round.

            Exits with 1 if anything was refused, lost or missed, or acknowledged but not counted.
            """)

    @Argument(help: "Archives to send: length-delimited OTLP, plain or in lz4 frames.")
    var archives: [String]

    @Option(help: "The receiver, host:port.")
    var to = "127.0.0.1:4317"

    @Option(name: .customLong("protocol"), help: "grpc, http, or plain: a length and the bytes, for comparison.")
    var kind = WireKind.grpc

    @Option(help: "Connections.")
    var connections = 4

    @Option(help: "Concurrent requests on each connection; over HTTP always 1. Default: 8, or 100 in an open loop.")
    var window: Int?

    @Option(help: "Spans a second over all connections; default: as fast as they are answered.")
    var rate: Double?

    @Flag(
        help: """
            Send by the schedule that --rate gives, however long answers take. Latency counts from the time for which a \
            request was scheduled; one that can't be sent within a second of it is missed.
            """)
    var openLoop = false

    @Option(help: "Seconds of sending.")
    var duration = 10.0

    @Option(help: "Send this many requests, all prepared in advance, instead of sending for a time.")
    var requests: Int?

    @Option(help: "Cut the capture into requests of about this many bytes, instead of the recorded ones.")
    var requestBytes: Int?

    @Flag(help: "Compress requests.")
    var gzip = false

    @Option(help: "1, cheap enough to compress while sending, to 12; exporters use 6.")
    var gzipLevel = 1

    @Option(help: "Payload of an HTTP/2 DATA frame; Go's clients send 16384.")
    var frameBytes = 16_384

    @Option(help: "Sending threads.")
    var threads = 1

    @Option(help: "Compare with the daemon's counters and watch its memory: http://host:port/metrics.")
    var metrics: String?

    @Option(help: "Seconds between scrapes of the metrics.")
    var every = 60.0

    @Option(
        help: "Compare memory with its value after this many seconds; default: once spans leave the window.")
    var settled: Double?

    @Option(help: "Measure the CPU time of this process.")
    var serverPID: Int32?

    @Flag(help: "Report as JSON.")
    var json = false

    func validate() throws {
        try Self.check("--connections", connections, in: 1...10_000)
        try Self.check("--window", window, in: 1...1_000_000)
        try Self.check("--threads", threads, in: 1...1_000)
        try Self.check("--requests", requests, in: 1...100_000_000)
        try Self.check("--request-bytes", requestBytes, in: 1...67_108_864)
        try Self.check("--gzip-level", gzipLevel, in: 1...12)
        try Self.check("--frame-bytes", frameBytes, in: 1...16_777_215)
        try Self.check("--rate", rate, in: 0.001...1_000_000_000)
        try Self.check("--duration", duration, in: 0.001...Self.secondsMax)
        try Self.check("--every", every, in: 0.001...Self.secondsMax)
        try Self.check("--settled", settled, in: 0...Self.secondsMax)
        guard !openLoop || rate != nil else { throw ValidationError("--open-loop needs a --rate") }
        _ = try settings()
    }

    /// A year; in nanoseconds it is far from the largest number.
    static let secondsMax = 31_536_000.0

    private static func check<Number>(_ name: String, _ value: Number?, in range: ClosedRange<Number>) throws {
        guard let value, !range.contains(value) else { return }
        let ends = [range.lowerBound, range.upperBound].map { "\($0)".replacing(/\.0$/, with: "") }
        throw ValidationError("\(name) is a number from \(ends[0]) to \(ends[1])")
    }

    func run() async throws {
        let report = try await LoadSession(self, settings: settings()).run()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(report.text)
        }
        if !report.isClean { throw ExitCode.failure }
    }

    private func settings() throws -> LoadSettings {
        guard let match = to.wholeMatch(of: /(.+):(\d+)/), let port = Int(match.2), 1...65_535 ~= port else {
            throw ValidationError("--to is an address such as 127.0.0.1:4317")
        }
        var settings = LoadSettings()
        settings.kind = kind
        settings.host = String(match.1)
        settings.port = port
        settings.connections = connections
        settings.window = window ?? (openLoop ? 100 : 8)
        settings.spansPerSecond = rate
        settings.isOpenLoop = openLoop
        settings.duration = requests == nil ? .nanoseconds(Int64(duration * 1e9)) : nil
        settings.gzipLevel = gzip ? gzipLevel : nil
        settings.frameBytes = frameBytes
        return settings
    }
}

extension WireKind: ExpressibleByArgument {}

/// The settings of one run.
struct LoadSettings: Sendable {
    var kind = WireKind.grpc
    var host = "127.0.0.1"
    var port = 4317
    var connections = 4
    /// Concurrent requests on one connection.
    var window = 8
    /// Over all connections; nil for as fast as they are answered.
    var spansPerSecond: Double?
    /// Whether requests have a time at which they are sent, however long answers take.
    var isOpenLoop = false
    /// nil to send until the requests run out.
    var duration: TimeAmount?
    var gzipLevel: Int?
    /// Payload of a DATA frame. Go's gRPC, used by API servers and etcd, never sends more than 16 KiB.
    var frameBytes = 16_384
    /// How long to wait for outstanding answers at the end.
    var patience = TimeAmount.seconds(30)
}
