/// What a receiver grants to the outside: every queue, body and wait has an end here.
package struct ReceiverLimits: Sendable {
    /// Compressed bytes of one body, half of what it may be decompressed: gzip makes spans 4 to 30 times smaller, and
    /// every megabyte of a hostile deflate stream takes up to 0.07 s, whatever comes out.
    var compressedBytes: Int { max(wireBytes / 2, 1 << 20) }

    /// How many times larger than its compressed form a body may be, beyond the first megabyte. Spans reach 30, a
    /// batch of equal ones 100; DEFLATE's best is 1,032.
    var compressionRatio = 256

    /// What is larger than this, decompressed, is decoded off the event loops: a megabyte of the costliest body takes
    /// 15 ms, and others wait meanwhile.
    package var inlineBytes = 1 << 20

    /// Compressed bytes that are inflated on the event loop.
    package var inlineCompressedBytes = 16 << 10

    /// Bytes of `bytesInFlight` that one connection may hold: a quarter, but always one body of the largest size.
    var connectionBytesInFlight: Int { max(bytesInFlight / 4, min(wireBytes, bytesInFlight)) }

    /// Decompressed bytes of one body. 64 MiB is what the OTLP specification recommends; it is about 100,000 spans.
    package var bodyBytes = 64 << 20

    /// Bytes of one body on the wire, compressed or not. Gzip makes spans smaller, never larger, so a body
    /// that is over this was either over `bodyBytes` or sent to cost memory.
    package var wireBytes = 64 << 20

    /// Bytes of bodies that have arrived in part, over all connections and both receivers. Four bodies of the
    /// largest size at once, or 1,300 of the 200 KB that exporters send. Beyond it clients are told to retry.
    package var bytesInFlight = 256 << 20

    /// Open connections of each receiver. Clusters have a few collectors, or an exporter in each control-plane
    /// process. Where the limit of open files leaves fewer, `DescriptorBudget` says how many.
    package var connections = 400

    /// Concurrent Export calls of one HTTP/2 connection; RFC 9113 (section 6.5.2) advises against fewer than 100.
    package var streams = 100

    /// Bytes of a request's header list, as HTTP/2 counts them (RFC 9113, section 6.5.2), or of HTTP/1's fields.
    /// OTLP needs under 500; tokens and trace contexts may take a few thousand.
    var headerBytes = 16 << 10

    /// Header fields of an HTTP/1 request.
    var headerFields = 128

    /// Seconds from a connection's start, or from the first byte of a request, to the end of its header.
    package var headerSeconds = 10

    /// Seconds from a request's header to the end of its body. 64 MiB in 30 s is 18 Mbit/s.
    package var bodySeconds = 30

    /// Seconds from a request's end, or from a part of the reply, to the next part of it.
    package var replySeconds = 10

    /// Seconds in which a client has to read a part of a reply, 64 KiB at most.
    var writeSeconds = 10

    /// Seconds for which a client is listened to that has had its last reply, so that it finds that and not a reset
    /// connection where it is still sending.
    var lingerSeconds = 1

    /// Seconds that a connection may stay open unused. Longer than the 90 s after which Go's HTTP client drops an
    /// idle connection by itself, so that no request meets a connection that is being closed under it.
    package var idleSeconds = 120

    /// Seconds that requests under way are given when the receiver stops; the daemon has 20 s in all.
    package var graceSeconds = 10

    /// Seconds that calls are given which were begun before their client read that its connection makes room for another.
    var makeRoomSeconds = 3

    /// Seconds after which a client that was told to retry should do so. Exporters' queues hold
    /// minutes of spans, so a second costs them nothing.
    package var retrySeconds = 1

    /// HTTP/2 receive window of one stream, bytes. At a round trip of 1 ms a window of 1 MiB carries 1 GB/s.
    var streamWindowBytes = 1 << 20

    /// HTTP/2 receive window of one connection, bytes: four streams at full speed.
    var connectionWindowBytes = 4 << 20

    /// Payload of one HTTP/2 frame, bytes. DATA frames are passed on as they arrive, whatever their size; frames
    /// of other kinds are gathered first, so this is what each hostile connection can make us hold, 25 MiB in all.
    package var frameBytes = 64 << 10

    /// Bytes taken from a socket by one system call. A 200 KB request is read in two or three.
    var receiveBufferBytes = 128 << 10

    /// RST_STREAM frames, and stream errors, of one connection within 30 s. A client whose deadlines all expire
    /// resets a stream for each call; a hundred calls at a time with deadlines of 10 s come to 300.
    package var resetsPer30Seconds = 400

    /// Frames of one connection within a second that bring nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, DATA of a
    /// few bytes (`FrameBudget`). Go's gRPC client measures the bandwidth with one PING a reply, so the bound is on the
    /// rate of calls too. Each costs about a microsecond.
    package var controlFramesPerSecond = 2_000

    package init() {}
}
