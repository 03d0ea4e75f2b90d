/// The limits of a receiver: on every queue, body and wait.
package struct ReceiverLimits: Sendable {
    /// Compressed bytes of one body: half the wire limit. Gzip makes spans 4 to 30 times smaller, and every megabyte of
    /// a hostile deflate stream takes up to 0.07 s, whatever it decompresses to.
    var compressedBytes: Int { max(wireBytes / 2, 1 << 20) }

    /// Maximum compression ratio beyond the first megabyte. Spans reach 30, a batch of identical spans 100; DEFLATE's
    /// best is 1,032.
    var compressionRatio = 256

    /// Bodies with more decompressed bytes are decoded off the event loops: a megabyte of the costliest body takes 15
    /// ms, and other connections wait meanwhile.
    package var inlineBytes = 1 << 20

    /// Bodies with more compressed bytes are inflated off the event loops: these take at most 5 ms, and usual ones, of
    /// 200 KB when inflated, would pay 20 µs for the change of threads.
    package var inlineCompressedBytes = 64 << 10

    /// Bytes of `bytesInFlight` that one connection may hold: a quarter, but at least one body of maximum size.
    var connectionBytesInFlight: Int { max(bytesInFlight / 4, min(wireBytes, bytesInFlight)) }

    /// Decompressed bytes of one body. The OTLP specification recommends 64 MiB, which is about 100,000 spans.
    package var bodyBytes = 64 << 20

    /// Bytes of one body on the wire, compressed or not. Gzip never makes spans larger, so a larger body either exceeds
    /// `bodyBytes` too or is meant to exhaust memory.
    package var wireBytes = 64 << 20

    /// Bytes of bodies in flight, over all connections and both receivers: four bodies of maximum size, or 1,300 of the
    /// 200 KB that exporters usually send. Above it, clients are told to retry.
    package var bytesInFlight = 256 << 20

    /// Open connections of each receiver. A cluster has a few collectors, or an exporter in each control-plane process.
    /// If the limit of open files allows fewer, `DescriptorBudget` lowers this.
    package var connections = 400

    /// Concurrent Export calls of one HTTP/2 connection. RFC 9113 (section 6.5.2) recommends at least 100.
    package var streams = 100

    /// Bytes of a request's header list as HTTP/2 counts them (RFC 9113, section 6.5.2), or of HTTP/1's fields. OTLP
    /// needs fewer than 500; tokens and trace contexts may take a few thousand.
    var headerBytes = 16 << 10

    /// Header fields of an HTTP/1 request.
    var headerFields = 128

    /// Seconds from the start of a connection, or from the first byte of a request, to the end of its header.
    package var headerSeconds = 10

    /// Seconds from the end of a request's header to the end of its body. 64 MiB in 30 s is 18 Mbit/s.
    package var bodySeconds = 30

    /// Seconds from the end of a request, or from a part of the reply, to the next part of the reply.
    package var replySeconds = 10

    /// Seconds for a client to read a part of a reply, at most 64 KiB.
    var writeSeconds = 10

    /// Seconds to keep reading after the last reply, so that a client that is still sending receives the reply instead
    /// of a connection reset.
    var lingerSeconds = 1

    /// Seconds that a connection may stay idle. More than the 90 s after which Go's HTTP client drops an idle
    /// connection, so that no request hits a connection that is being closed.
    package var idleSeconds = 120

    /// Seconds for open requests when the receiver stops. The daemon has 20 s in total.
    package var graceSeconds = 10

    /// Seconds for the calls that a client begins before it learns that its connection is making room.
    var makeRoomSeconds = 3

    /// Seconds after which a client should retry. Exporters queue minutes of spans, so one second costs them nothing.
    var retrySeconds = 1

    /// HTTP/2 receive window of one stream, bytes. With a round trip of 1 ms, 1 MiB allows 1 GB/s.
    var streamWindowBytes = 1 << 20

    /// HTTP/2 receive window of one connection, bytes: four streams at full speed.
    var connectionWindowBytes = 4 << 20

    /// Payload of one HTTP/2 frame, bytes. DATA frames are passed on as they arrive; other frames are buffered first.
    /// So this is what each hostile connection can make us hold, 25 MiB in total.
    var frameBytes = 64 << 10

    /// Bytes read from a socket in one system call. A 200 KB request takes two or three.
    var receiveBufferBytes = 128 << 10

    /// RST_STREAM frames and stream errors of one connection in 30 s. A client whose deadlines all expire resets a
    /// stream for every call: a hundred concurrent calls with deadlines of 10 s make 300.
    package var resetsPer30Seconds = 400

    /// Frames without content of one connection per second: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, small DATA
    /// (`FrameBudget`). Go's gRPC client sends one PING per reply to measure bandwidth, so this limits the rate of
    /// calls too. Each frame costs about a microsecond.
    package var controlFramesPerSecond = 2_000

    package init() {}
}
