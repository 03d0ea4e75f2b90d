package import Scrape

/// What the scrape says about the archive.
package enum RecordingMetrics {
    package static let table = MetricTable<ArchiveRecorder>([
        .flag("faultline_archive_failed", help: "Whether recording has stopped for a fault, which the log says.") {
            $0.current.isFailed
        },
        .counter("faultline_archive_written_bytes", help: "Bytes written to archives.") { $0.current.bytesWritten },
        .counter("faultline_archive_frames", help: "Frames written to archives.") { $0.current.groups },
        .counter("faultline_archive_requests", help: "Export requests recorded.") { $0.current.requests },
        .counter("faultline_archive_dropped_requests", help: "Export requests that were taken but not recorded.") {
            $0.current.requestsDropped
        },
        .counter("faultline_archive_syncs", help: "Times that archives were brought to disk.") { $0.current.syncs },
        .gauge(
            "faultline_archive_queue_bytes", unit: "bytes", help: "Bytes of export requests that wait to be recorded."
        ) { $0.queueBytes },
        .gauge("faultline_archive_files", help: "Archives in the directory.") { $0.current.files },
        .gauge(
            "faultline_archive_directory_bytes", unit: "bytes", help: "Bytes of the archives in the directory."
        ) { $0.current.directoryBytes },
    ]).present(if: "spans are recorded")
}
