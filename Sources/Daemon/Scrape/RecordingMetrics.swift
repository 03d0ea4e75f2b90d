import Scrape
import Recording

/// What the scrape says about the archive.
struct RecordingMetrics {
    let recorder: ArchiveRecorder

    func write(to exposition: inout Exposition) {
        let counts = recorder.current
        exposition.family(
            "faultline_archive_failed", .gauge, help: "Whether recording has stopped for a fault, which the log says.")
        exposition.gauge(counts.isFailed ? 1 : 0)
        counter("faultline_archive_written_bytes", counts.bytesWritten, "Bytes written to archives.", &exposition)
        counter("faultline_archive_frames", counts.groups, "Frames written to archives.", &exposition)
        counter("faultline_archive_requests", counts.requests, "Export requests recorded.", &exposition)
        counter(
            "faultline_archive_dropped_requests", counts.requestsDropped,
            "Export requests that were taken but not recorded.", &exposition)
        counter("faultline_archive_syncs", counts.syncs, "Times that archives were brought to disk.", &exposition)
        exposition.family(
            "faultline_archive_queue_bytes", .gauge, unit: "bytes",
            help: "Bytes of export requests that wait to be recorded.")
        exposition.gauge(Double(recorder.queueBytes))
        exposition.family("faultline_archive_files", .gauge, help: "Archives in the directory.")
        exposition.gauge(Double(counts.files))
        exposition.family(
            "faultline_archive_directory_bytes", .gauge, unit: "bytes", help: "Bytes of the archives in the directory.")
        exposition.gauge(Double(counts.directoryBytes))
    }

    private func counter(_ name: String, _ value: Int, _ help: String, _ exposition: inout Exposition) {
        exposition.family(name, .counter, help: help)
        exposition.counter(Double(value))
    }
}
