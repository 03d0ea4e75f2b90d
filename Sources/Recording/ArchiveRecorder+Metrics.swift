package import Scrape

extension ArchiveRecorder {
    package static let metrics = MetricTable<ArchiveRecorder>([
        .flag(
            "faultline_archive_failed", help: "Whether recording has stopped because of an error, which the log names."
        ) {
            $0.current.isFailed
        },
        .counter("faultline_archive_written_bytes", help: "Bytes written to archives.") { $0.current.bytesWritten },
        .counter("faultline_archive_frames", help: "Frames written to archives.") { $0.current.groups },
        .counter("faultline_archive_requests", help: "Export requests recorded.") { $0.current.requests },
        .counter("faultline_archive_dropped_requests", help: "Export requests accepted but not recorded.") {
            $0.current.requestsDropped
        },
        .counter("faultline_archive_syncs", help: "Syncs of archives to disk.") { $0.current.syncs },
        .gauge(
            "faultline_archive_queue_bytes", unit: "bytes", help: "Bytes of export requests waiting to be recorded."
        ) { $0.queueBytes },
        .gauge("faultline_archive_files", help: "Archives in the directory.") { $0.current.files },
        .gauge(
            "faultline_archive_directory_bytes", unit: "bytes", help: "Size of the archives in the directory."
        ) { $0.current.directoryBytes },
    ]).present(if: "spans are recorded")
}
